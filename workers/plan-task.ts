/**
 * From a creator's choices to the task that they make: the model of a preset or of own layers with its parts and start, the numbers of the masking, what a step and a
 * round cost, what the whole task costs in privacy, and the spec with its hash. Pure.
 *
 * Guarantees: a spec that is given passes checkTaskSpec, and the sum of a whole cohort cannot wrap (docs/protocol.md, section 7).
 */
import { roundLayout } from '../src/aggregation/layouts.ts';
import { toHex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { modelCost } from '../src/model/cost.ts';
import { presetModel, presetsFor } from '../src/model/presets.ts';
import { type StartContents, startFor } from '../src/model/start.ts';
import { roundedSensitivity } from '../src/privacy/quantisation.ts';
import type { DataSpec } from '../src/protocol/data-spec.ts';
import { layoutBytes } from '../src/protocol/layout.ts';
import { MAX_SPEC_BYTES } from '../src/protocol/limits.ts';
import { type ModelPlan, planModel, sizeOf } from '../src/protocol/model-shapes.ts';
import type { LayerSpec, ModelSpec, StartSpec } from '../src/protocol/model-spec.ts';
import { largestFractionBits, noisePlan } from '../src/protocol/noise-plan.ts';
import type { PrivacySpec, UserPrivacySpec } from '../src/protocol/privacy-spec.ts';
import { characterCodes, outputWidth, targetOf } from '../src/protocol/target.ts';
import { CORRUPT_BPS, taskParameters } from '../src/protocol/task-parameters.ts';
import { checkTaskSpec, type TaskSpec, taskSpecBytes, taskSpecHash } from '../src/protocol/task-spec.ts';
import { fewestHonest } from '../src/protocol/threshold.ts';
import { localSteps, roundSteps } from '../src/protocol/training-spec.ts';
import type { ModelChoice, PlannedLayer, PlanTrouble, TaskPlan, TaskWish } from './api/create.ts';
import { inspectStartFile } from './start-file.ts';
import { privacyOf } from './task-privacy-view.ts';

type Masking = TaskSpec['masking'];

/** Bits a weight without noise; 4 bytes are enough for the largest cohort and the largest norm below. */
const UPDATE_WIDTH = 32;
const LARGEST_CLIP_NORM = 64;
const LARGEST_FRACTION_BITS = 44;
/** Bits a weight with noise that are tried, fewest first: a round's bytes are proportional to them. */
const NOISY_WIDTHS = [16, 18, 20, 24, 32] as const;
/** How much rounding to whole steps may lengthen an update, which costs as much more privacy. */
const MOST_ROUNDING = 1.01;

/** What to do about a file that is none of weights. */
const ANY_START = 'Choose a safetensors file of F32 tensors whose numbers are all finite.';

/**
 * What follows from a wish, as far as it goes.
 * @param start the file that the model is to start from
 * @param inspect says what is in it
 */
export async function planTask(wish: TaskWish, start?: Blob, inspect = inspectStartFile): Promise<TaskPlan> {
  const presets = presetsFor(wish.data);
  const chosen = modelOf(wish.model, wish.data);
  const { plan, layers, trouble } = planLayers(chosen, wish.data);
  if (plan === undefined) return { presets, layers, ...(trouble && { trouble }) };
  const privacy = privacySpec(wish);
  const masking = maskingOf(wish, plan.sharedCount, privacy);
  const described = start && (await startOf(chosen, wish.data, inspect(start)));
  const model: ModelSpec = { ...chosen, ...(described?.spec && { start: described.spec }) };
  const spec = specOf(wish, model, masking, privacy);
  const figures = {
    presets,
    layers,
    masking,
    cost: costOf(model, wish, privacy),
  };
  try {
    const roundBytes = layoutBytes(roundLayout(spec, 1));
    const { minCohort, joinSeconds, phaseSeconds } = wish;
    const choices = { minCohort, joinSeconds, phaseSeconds, beaconSeconds: phaseSeconds, stake: 0n, pool: 0n };
    const costs = { ...figures, roundBytes, privacy: privacyOf(spec, taskParameters(spec, choices)) };
    const found = described?.trouble ?? specTrouble(spec);
    if (found !== undefined) return { ...costs, trouble: found };
    return { ...costs, spec, specHash: toHex(await taskSpecHash(spec)) };
  } catch (error) {
    return { ...figures, trouble: troubleOf(error) };
  }
}

function costOf(
  model: ModelSpec,
  { data, training, rowCap }: TaskWish,
  privacy: PrivacySpec | undefined,
): NonNullable<TaskPlan['cost']> {
  const batchSize =
    privacy?.kind === 'records' ? Math.ceil(privacy.samplingRate * rowCap) : Math.min(training.batchSize, rowCap);
  return { ...modelCost({ model, data }, batchSize), steps: roundSteps({ training, privacy }, rowCap) };
}

/** The layers that were chosen, and the last one, which the task decides; with what of them is learnt together. */
function modelOf(choice: ModelChoice, data: DataSpec): ModelSpec {
  const layers = layersOf(choice, data);
  const places = new Set(choice.private?.map((place) => (place === 'last' ? layers.length - 1 : place)));
  return {
    layers,
    ...(choice.adapter && { adapter: choice.adapter }),
    ...(places.size > 0 && { private: [...places].sort((a, b) => a - b) }),
  };
}

function layersOf(choice: ModelChoice, data: DataSpec): LayerSpec[] {
  if (choice.kind === 'preset') return presetModel(choice.preset, data).layers;
  const body = choice.layers.map((layer): LayerSpec =>
    layer.kind === 'embedding' && data.kind === 'texts' ? { ...layer, codes: characterCodes(data) } : layer,
  );
  return [...body, lastLayer(data)];
}

/** What the spec says of the file, or why it does not fit the model. */
async function startOf(
  model: ModelSpec,
  data: DataSpec,
  contents: Promise<StartContents>,
): Promise<{ readonly spec?: StartSpec; readonly trouble?: PlanTrouble }> {
  try {
    return { spec: startFor({ model, data }, await contents) };
  } catch (error) {
    const { message } = troubleOf(error);
    const hint = error instanceof MurmurError && error.hint !== '' ? error.hint : ANY_START;
    return { trouble: { path: 'model.start', message, hint } };
  }
}

function lastLayer(data: DataSpec): LayerSpec {
  const target = targetOf(data);
  return { kind: 'dense', units: outputWidth(target), activation: target.kind === 'binary' ? 'sigmoid' : 'linear' };
}

/** Shapes of all layers, or of those before the one that does not fit; no plan where layers or parts do not fit. */
function planLayers(
  model: ModelSpec,
  data: DataSpec,
): { readonly plan?: ModelPlan; readonly layers: readonly PlannedLayer[]; readonly trouble?: PlanTrouble } {
  let layers: readonly PlannedLayer[] | undefined;
  try {
    // Layers have shapes whichever of them are adapted or private.
    layers = plannedLayers(planModel({ model: { layers: model.layers }, data }), model.layers);
    return { plan: planModel({ model, data }), layers };
  } catch (error) {
    const trouble = troubleOf(error);
    if (layers !== undefined) return { layers, trouble };
    const fitting = Number(/^model\.layers\.(\d+)$/u.exec(trouble.path)?.[1] ?? 0);
    return { layers: plannedLayers(planOfFirst(model, fitting, data), model.layers, fitting), trouble };
  }
}

/** The first layers, which fit each other, as a model with an end of its own. */
function planOfFirst({ layers }: ModelSpec, count: number, data: DataSpec): ModelPlan | undefined {
  const end: readonly LayerSpec[] = targetOf(data).kind === 'next' ? [] : [{ kind: 'flatten' }];
  try {
    return planModel({ model: { layers: [...layers.slice(0, count), ...end, lastLayer(data)] }, data });
  } catch (error) {
    // Throws what is no trouble of the layers.
    troubleOf(error);
    return undefined;
  }
}

/** @param count layers of the plan that are the model's own */
function plannedLayers(
  plan: ModelPlan | undefined,
  layers: readonly LayerSpec[],
  count = layers.length,
): readonly PlannedLayer[] {
  return layers.map((layer, i) => {
    const planned = i < count ? plan?.layers[i] : undefined;
    if (planned === undefined) return { layer };
    const weights = planned.parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    return { layer, output: planned.output, weights };
  });
}

function privacySpec({ noise, minCohort, maxCohort }: TaskWish): PrivacySpec | undefined {
  if (noise?.kind !== 'user') return noise;
  const { kind, noiseMultiplier, delta } = noise;
  const honest = fewestHonest({ minCohort, maxCohort, corruptBps: CORRUPT_BPS, survivorFloor: minCohort });
  return { kind, noiseMultiplier, delta, honest };
}

function specOf(wish: TaskWish, model: ModelSpec, masking: Masking, privacy: PrivacySpec | undefined): TaskSpec {
  const { title, description, data, heldOut, training, server, retry, release } = wish;
  return {
    version: 1,
    ...{ title, description, data, heldOut, model, training, server, masking, retry },
    evaluation: { bins: 20, release },
    minDiff: 2,
    ...(privacy && { privacy }),
  };
}

function maskingOf(wish: TaskWish, weights: number, privacy: PrivacySpec | undefined): Masking {
  const { noise, training, rowCap, maxCohort } = wish;
  if (noise?.kind === 'user' && privacy?.kind === 'user')
    return noisyMasking({ clipNorm: noise.clipNorm, maxCohort, rowCap }, weights, privacy);
  return plainMasking(training, rowCap, maxCohort);
}

/**
 * An honest update is about as long as its steps are many and large. Twice that, as a power of two, leaves honest updates whole and
 * keeps a broken one from drowning the others.
 */
function plainMasking(training: TaskSpec['training'], rowCap: number, maxCohort: number): Masking {
  const length = 2 * training.learningRate * localSteps(training, rowCap);
  const clipNorm = Math.min(LARGEST_CLIP_NORM, 2 ** Math.max(0, Math.ceil(Math.log2(length))));
  return {
    clipNorm,
    updateWidth: UPDATE_WIDTH,
    updateFractionBits: fractionBits(clipNorm, maxCohort),
    rowCap,
    maxCohort,
  };
}

/** The finest rounding under which that many updates of that norm fit. */
function fractionBits(clipNorm: number, maxCohort: number): number {
  let bits = 0;
  while (bits < LARGEST_FRACTION_BITS && maxCohort * clipNorm * 2 ** (bits + 1) < 2 ** (UPDATE_WIDTH - 1)) bits++;
  return bits;
}

/** The narrowest ring in which rounding costs next to no privacy; the widest where it always does. */
function noisyMasking(
  ring: Pick<Masking, 'clipNorm' | 'maxCohort' | 'rowCap'>,
  weights: number,
  privacy: UserPrivacySpec,
): Masking {
  for (const updateWidth of NOISY_WIDTHS) {
    const updateFractionBits = largestFractionBits(weights, ring, updateWidth, privacy);
    if (updateFractionBits === undefined) continue;
    const { clipSteps, length } = noisePlan(weights, { ...ring, updateFractionBits }, privacy);
    const isFine = roundedSensitivity(clipSteps, length).l2 <= MOST_ROUNDING * clipSteps;
    if (isFine || updateWidth === UPDATE_WIDTH) return { ...ring, updateWidth, updateFractionBits };
  }
  // No ring holds it: the check of the spec says so.
  return { ...ring, updateWidth: UPDATE_WIDTH, updateFractionBits: 0 };
}

/** What only the spec as a whole shows. */
function specTrouble(spec: TaskSpec): PlanTrouble | undefined {
  try {
    const { length } = taskSpecBytes(checkTaskSpec(spec));
    if (length <= MAX_SPEC_BYTES) return undefined;
    return { path: 'data', message: `the description has ${length} bytes, more than ${MAX_SPEC_BYTES}` };
  } catch (error) {
    return troubleOf(error);
  }
}

function troubleOf(error: unknown): PlanTrouble {
  if (!(error instanceof MurmurError) || error.code === 'internal') throw error;
  return { path: String(error.details['path'] ?? ''), message: error.message };
}
