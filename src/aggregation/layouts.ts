/**
 * What a participant uploads in each step: the layout of the masked vector (docs/protocol.md, section 7) and the values of its segments.
 *
 * statistics: statistics. training: weight ‖ update ‖ evaluation, with SCAFFOLD weight ‖ update ‖ control ‖ evaluation.
 * evaluation: evaluation. FedNova's weight segment has a second value, the steps.
 * Where a task releases no evaluation, the training step has no such segment, and the last step carries a weight alone, so that
 * it settles like any other. A task with privacy takes no statistics either, and all its weights are 1.
 * Update and control are of the model's shared weights alone: what is frozen or private is in no segment.
 */
import { check } from '../core/errors.ts';
import type { RandomBytes } from '../core/random.ts';
import { type Rows, sourceOf } from '../dataset/row-sources.ts';
import { statisticsOf, statisticsSegment } from '../dataset/statistics.ts';
import { weightLayout } from '../model/spec.ts';
import { clipToNorm } from '../privacy/clip.ts';
import { noisyUpdate } from '../privacy/noisy-update.ts';
import { type Layout, type Segment, checkLayout } from '../protocol/layout.ts';
import { type NoisePlan, noisePlan } from '../protocol/noise-plan.ts';
import { stepKind } from '../protocol/phases.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { evaluationSegment } from './evaluation-counts.ts';
import { MOST_STEP_RATIO, referenceSteps, stepRatio } from './local/fednova.ts';
import { changedControl, controlChange, type ControlStep } from './local/scaffold.ts';

/** Values of a layout's segments in order, before encoding; each has its segment's length. */
export type Parts = readonly Float64Array[];

/** What the noise of an update is drawn with: the step of the task fixes the rotation. */
export interface NoiseSource {
  readonly step: number;
  /** secure bytes */
  readonly random: RandomBytes;
}

const WEIGHT_SEGMENT: Segment = {
  purpose: 'weight',
  length: 1,
  width: 48,
  encoding: { kind: 'fixed', fractionBits: 32, limit: 1 },
};

/** FedNova: the weight and the weighted steps. */
const WEIGHT_AND_STEPS_SEGMENT: Segment = {
  ...WEIGHT_SEGMENT,
  length: 2,
  encoding: { kind: 'fixed', fractionBits: 32, limit: MOST_STEP_RATIO },
};

/**
 * The layout of a step of the task; a pure function of the spec, so that everybody has the same.
 * @throws MurmurError bad-input for a step that the task does not have
 */
export function roundLayout(spec: TaskSpec, step: number): Layout {
  const layout = segments(spec, step);
  checkLayout(layout, spec.masking.maxCohort);
  return layout;
}

/** Share in [0, 1] with which a participant of that many training rows counts: min(rows, cap) / cap; 1 where rows are nobody's business. */
export function participantWeight(spec: TaskSpec, rows: number): number {
  if (spec.privacy !== undefined) return 1;
  return Math.min(rows, spec.masking.rowCap) / spec.masking.rowCap;
}

/** Parts of the statistics step; the rows are looked at only where the task takes statistics. */
export async function statisticsParts(spec: TaskSpec, train: Rows): Promise<Parts> {
  if (spec.privacy !== undefined) return [Float64Array.of(1)];
  return [await statisticsOf(spec, sourceOf(train))];
}

/** By what the server divides a sum of control variates: K η of a site at the row cap, without a schedule. */
export function controlScale(spec: TaskSpec): number {
  return referenceSteps(spec) * spec.training.learningRate;
}

/**
 * Parts of a training step: the weight w, the update w · delta clipped AFTER weighting, and the evaluation of the model received.
 * Clipping leaves room for the rounding of fixed point, so that the norm of what is sent, too, is at most clipNorm. With user-level
 * privacy the update is rotated and noisy, in whole steps of the grid; every call draws fresh noise.
 * @param delta trained weights − received weights, of the shared part (src/model/parts.ts)
 * @param rows training rows, at least 1
 * @param evaluation vector of `evaluate`; ignored where the task releases none
 * @param noise step of the task and secure bytes; needed with user-level privacy
 * @param steps local steps made; needed by FedNova
 * @param control needed by SCAFFOLD
 * @returns the parts, whether the update was clipped, its norm before, and with SCAFFOLD the site's control variate once the sum that
 * holds these parts has been accepted
 * @throws MurmurError bad-input when a length does not fit or the update is not finite (training diverged)
 */
export function trainingParts({
  spec,
  delta,
  rows,
  evaluation,
  noise,
  steps,
  control,
}: {
  readonly spec: TaskSpec;
  readonly delta: Float32Array;
  readonly rows: number;
  readonly evaluation: Float64Array;
  readonly noise?: NoiseSource | undefined;
  readonly steps?: number | undefined;
  readonly control?: ControlStep | undefined;
}): {
  readonly parts: Parts;
  readonly clipped: boolean;
  readonly norm: number;
  readonly control?: Float32Array;
} {
  const { sharedLength: length } = weightLayout(spec);
  check(delta.length === length, `expected an update of ${length} weights, got ${delta.length}`);
  check(Number.isInteger(rows) && rows >= 1, 'a participant without training rows cannot train');
  const algorithm = spec.training.algorithm?.kind;
  const weight = participantWeight(spec, rows);
  const ratio = algorithm === 'fednova' ? stepRatio(spec, steps ?? 0) : 1;
  const update = Float64Array.from(delta, (value) => (value * weight) / ratio);
  const plan = updateNoise(spec);
  const { norm, factor } = clip(update, plan === undefined ? clipLimit(spec, length) : spec.masking.clipNorm);
  const parts: Float64Array[] = [
    algorithm === 'fednova' ? Float64Array.of(weight, weight * ratio) : Float64Array.of(weight),
    plan === undefined ? update : noisyPart(spec, plan, update, noise),
  ];
  const controls = algorithm === 'scaffold' ? controlPart(spec, weight, control) : undefined;
  if (controls !== undefined) parts.push(controls.part);
  if (spec.evaluation.release !== 'off') parts.push(checkedEvaluation(spec, evaluation));
  return { parts, clipped: factor < 1, norm, ...(controls && { control: controls.next }) };
}

/** A clipped update with its noise, in multiples of the grid's step. */
function noisyPart(
  { masking }: TaskSpec,
  plan: NoisePlan,
  update: Float64Array,
  noise: NoiseSource | undefined,
): Float64Array {
  check(noise !== undefined, 'a task with privacy needs randomness for its noise');
  const stepsPerUnit = 2 ** masking.updateFractionBits;
  return noisyUpdate(update, { plan, stepsPerUnit, ...noise }).map((steps) => steps / stepsPerUnit);
}

/** SCAFFOLD's segment, clipped like the update, and the site's control variate after it. */
function controlPart(
  spec: TaskSpec,
  weight: number,
  control: ControlStep | undefined,
): { readonly part: Float64Array; readonly next: Float32Array } {
  check(control !== undefined, 'SCAFFOLD needs the control variates of site and server');
  const { length } = control.delta;
  check(control.server.length === length, `expected ${length} control variates, got ${control.server.length}`);
  const change = controlChange(control);
  const scale = weight * controlScale(spec);
  const part = change.map((value) => value * scale);
  const { factor } = clip(part, clipLimit(spec, length));
  return {
    part,
    next: changedControl(
      control.own,
      change.map((value) => value * factor),
    ),
  };
}

/** Parts of a training step of a task that has stopped early: nothing but how good the model is. */
export function idleParts(spec: TaskSpec, step: number, rows: number, evaluation: Float64Array): Parts {
  return roundLayout(spec, step).map(({ purpose, length }) => {
    if (purpose === 'evaluation') return checkedEvaluation(spec, evaluation);
    return new Float64Array(length).fill(purpose === 'weight' ? participantWeight(spec, rows) : 0);
  });
}

/** Parts of the evaluation step. */
export function evaluationParts(spec: TaskSpec, evaluation: Float64Array): Parts {
  return spec.evaluation.release === 'off' ? [Float64Array.of(1)] : [checkedEvaluation(spec, evaluation)];
}

function segments(spec: TaskSpec, step: number): Layout {
  const { rounds } = spec.training;
  check(Number.isInteger(step) && step >= 0 && step <= rounds + 1, `this task has no step ${step}`);
  const kind = stepKind(step, rounds);
  if (kind === 'statistics') return [spec.privacy === undefined ? statisticsSegment(spec) : WEIGHT_SEGMENT];
  const evaluation = spec.evaluation.release === 'off' ? [] : [evaluationSegment(spec)];
  if (kind === 'evaluation') return evaluation.length > 0 ? evaluation : [WEIGHT_SEGMENT];
  const update = updateSegment(spec);
  const algorithm = spec.training.algorithm?.kind;
  return [
    algorithm === 'fednova' ? WEIGHT_AND_STEPS_SEGMENT : WEIGHT_SEGMENT,
    update,
    ...(algorithm === 'scaffold' ? [{ ...update, purpose: 'control' } as const] : []),
    ...evaluation,
  ];
}

function updateSegment(spec: TaskSpec): Segment {
  const { clipNorm, updateWidth: width, updateFractionBits: fractionBits } = spec.masking;
  const plan = updateNoise(spec);
  if (plan !== undefined) {
    const encoding = { kind: 'noisy', fractionBits, bound: plan.bound * 2 ** -fractionBits } as const;
    return { purpose: 'update', length: plan.length, width, encoding };
  }
  const { sharedLength: length } = weightLayout(spec);
  return { purpose: 'update', length, width, encoding: { kind: 'fixed', fractionBits, limit: clipNorm } };
}

/** How the members' noise lies in the update's ring; undefined where there is none. */
export function updateNoise(spec: TaskSpec): NoisePlan | undefined {
  if (spec.privacy?.kind !== 'user') return undefined;
  return noisePlan(weightLayout(spec).sharedLength, spec.masking, spec.privacy);
}

/** Clips in place. @returns the norm before, and the factor, 1 where nothing was to be done */
function clip(values: Float64Array, limit: number): { readonly norm: number; readonly factor: number } {
  const { norm, clipped } = clipToNorm(values, limit);
  check(Number.isFinite(norm), 'the update is not finite: training diverged', 'Lower the learning rate of the task.');
  return { norm, factor: clipped ? limit / norm : 1 };
}

/** clipNorm less the norm that rounding to 2^-fractionBits can add to a vector of that length. */
function clipLimit(spec: TaskSpec, length: number): number {
  const { clipNorm, updateFractionBits } = spec.masking;
  const limit = clipNorm - Math.sqrt(length) * 2 ** -(updateFractionBits + 1);
  check(
    limit > 0,
    "the task's update is rounded more coarsely than its clip norm",
    'Raise updateFractionBits or clipNorm.',
  );
  return limit;
}

function checkedEvaluation(spec: TaskSpec, evaluation: Float64Array): Float64Array {
  const { length } = evaluationSegment(spec);
  check(evaluation.length === length, `expected ${length} evaluation counts, got ${evaluation.length}`);
  return evaluation;
}
