/**
 * The task spec: everything that all participants of a task must agree on, as one canonical JSON text whose SHA-256 (Q) stands
 * in the contract (docs/protocol.md, section 1). Every size is bounded here, so that nothing downstream meets a spec that it cannot
 * hold, and unknown keys are refused, so that two readers of one text never see two tasks.
 */
import * as v from 'valibot';
import { type Bytes, utf8 } from '../core/bytes.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { MurmurError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { dataTrouble } from './data-check.ts';
import { DataSchema, type DataSpec, type TableSpec } from './data-spec.ts';
import { featureWidth } from './target.ts';
import { type ModelUse, planModel } from './model-shapes.ts';
import { ModelSchema } from './model-spec.ts';
import { largestFractionBits } from './noise-plan.ts';
import { PrivacySchema } from './privacy-spec.ts';
import { ServerSchema } from './server-spec.ts';
import { MAX_COHORT, MAX_FEATURES, MAX_ROWS, MAX_SPEC_BYTES, MIN_COHORT } from './limits.ts';
import { canonicalCell } from './cell-text.ts';
import { range, text, whole } from './spec-parts.ts';
import { TrainingSchema, trainingTrouble } from './training-spec.ts';

export type { ColumnSpec, TableSpec } from './data-spec.ts';

const TaskSpecSchema = v.strictObject({
  version: v.literal(1),
  title: text(120),
  description: v.pipe(v.string(), v.maxLength(4000)),
  data: DataSchema,
  /** share of each participant's rows that never trains and only judges; the seed fixes which */
  heldOut: v.strictObject({ fraction: range(0, 0.9), seed: text(120) }),
  model: ModelSchema,
  training: TrainingSchema,
  server: ServerSchema,
  masking: v.strictObject({
    /** largest Euclidean norm of one participant's weighted update */
    clipNorm: range(1e-6, 1e6),
    /** bits a coordinate of the update segment */
    updateWidth: whole(2, 48),
    updateFractionBits: whole(0, 44),
    /** rows at which a participant's weight reaches 1 */
    rowCap: whole(1, MAX_ROWS),
    maxCohort: whole(MIN_COHORT, MAX_COHORT),
  }),
  evaluation: v.strictObject({
    /** bins of the score histogram; even, so that the threshold 0.5 is a bin's edge */
    bins: v.pipe(whole(2, 4096), v.multipleOf(2)),
    release: v.picklist(['exact', 'off']),
  }),
  /** after a void round: the same survivors again or nobody ('strict'), or whoever comes ('accept') */
  retry: v.picklist(['strict', 'accept']),
  /** fewest sites by which two survivor sets of one model may differ */
  minDiff: whole(1, MAX_COHORT),
  /** absent: nothing that is released has noise */
  privacy: v.optional(PrivacySchema),
});

export type TaskSpec = v.InferOutput<typeof TaskSpecSchema>;
/** A task over tables. */
export type TableTask = TaskSpec & { readonly data: TableSpec };
export type HeldOutSpec = TaskSpec['heldOut'];

/**
 * Number of weights of a model.
 * @throws MurmurError bad-input for layers that do not fit each other, the examples or the target
 */
export function weightCount(use: ModelUse): number {
  return planModel(use).weightCount;
}

/** Number of the weights that all sites learn together: the length of an update. @throws as {@link weightCount} */
export function sharedCount(use: ModelUse): number {
  return planModel(use).sharedCount;
}

/**
 * Checks a spec that came as an object, e.g. from a form.
 * @throws MurmurError bad-input naming the path of what is wrong
 */
export function checkTaskSpec(value: unknown): TaskSpec {
  const result = v.safeParse(TaskSpecSchema, value);
  if (!result.success) {
    const [issue] = result.issues;
    const path = v.getDotPath(issue) ?? '(top level)';
    throw specError(path, issue.message);
  }
  const spec = result.output;
  if (spec.data.kind === 'table') checkColumns(spec.data);
  else checkExamples(spec.data);
  checkModel(spec);
  checkTraining(spec);
  checkMasking(spec);
  return spec;
}

/**
 * Reads a spec from its JSON text in UTF-8; the text need not be canonical, its hash is taken from the canonical one.
 * @throws MurmurError bad-input naming the path of what is wrong, too-large past {@link MAX_SPEC_BYTES}
 */
export function parseTaskSpec(bytes: Uint8Array): TaskSpec {
  if (bytes.length > MAX_SPEC_BYTES) {
    throw new MurmurError('too-large', `a task spec has at most ${MAX_SPEC_BYTES} bytes, this one has ${bytes.length}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new MurmurError('bad-input', 'the task spec is not JSON in UTF-8', { cause });
  }
  return checkTaskSpec(value);
}

/** The spec's canonical JSON (RFC 8785) in UTF-8. */
export function taskSpecBytes(spec: TaskSpec): Bytes {
  return utf8(canonicalJson(spec));
}

/** Q: SHA-256 of {@link taskSpecBytes}. */
export function taskSpecHash(spec: TaskSpec): Promise<Bytes> {
  return sha256(taskSpecBytes(spec));
}

function specError(path: string, message: string): MurmurError {
  return new MurmurError('bad-input', `task spec, ${path}: ${message}`, {
    hint: 'Correct this entry of the task spec and try again.',
    details: { path },
  });
}

function checkExamples(data: DataSpec): void {
  const [path, message] = dataTrouble(data) ?? [];
  if (path !== undefined) throw specError(path === '' ? 'data' : `data.${path}`, message ?? '');
}

function checkColumns(data: TableSpec): void {
  const names = new Set<string>();
  const positions = new Set<number>();
  const all = [
    ...data.columns.map((column, i) => ({ ...column, path: `data.columns.${i}` })),
    { ...data.label, path: 'data.label' },
  ];
  for (const { name, path, position: place } of all) {
    if (names.has(name)) throw specError(`${path}.name`, `the name ${name} is taken`);
    names.add(name);
    if (data.header !== (place === undefined)) {
      throw specError(
        `${path}.position`,
        data.header ? 'a file with a header line has no positions' : 'missing, and the file has no header line',
      );
    }
    if (place === undefined) continue;
    if (positions.has(place)) throw specError(`${path}.position`, `position ${place} is taken`);
    positions.add(place);
  }
  for (const [i, column] of data.columns.entries()) {
    if (column.kind === 'number' && column.minimum >= column.maximum) {
      throw specError(`data.columns.${i}.maximum`, 'must be above the minimum');
    }
    if (column.kind === 'category' && new Set(column.categories.map(canonicalCell)).size < column.categories.length) {
      throw specError(`data.columns.${i}.categories`, 'two categories are the same');
    }
  }
  const width = featureWidth(data);
  if (width > MAX_FEATURES) throw specError('data.columns', `${width} features are more than ${MAX_FEATURES}`);
}

function checkModel(spec: TaskSpec): void {
  try {
    planModel(spec);
  } catch (error) {
    if (!(error instanceof MurmurError)) throw error;
    throw specError(String(error.details['path']), error.message);
  }
  const { adapter, start } = spec.model;
  // Layers that stay as the beacon's dice left them are no model that anybody would adapt.
  if (adapter !== undefined && start === undefined)
    throw specError('model.start', 'an adapter needs a model to adapt: weights to start from');
}

function checkTraining({ training, evaluation, privacy }: TaskSpec): void {
  const trouble = trainingTrouble(training);
  if (trouble !== undefined) throw specError(`training.${trouble[0]}`, trouble[1]);
  const { algorithm } = training;
  if (privacy !== undefined && (algorithm?.kind === 'scaffold' || algorithm?.kind === 'fednova'))
    throw specError('training.algorithm', `${algorithm.kind} releases more than updates, without noise`);
  if (training.earlyStop !== undefined && evaluation.release === 'off')
    throw specError('training.earlyStop', 'a task that releases no evaluation cannot see that it has learnt enough');
}

/** The sum of a whole cohort must not wrap around its ring (docs/protocol.md, section 7). */
function checkMasking(spec: TaskSpec): void {
  const { masking, privacy } = spec;
  if (privacy?.kind === 'user') {
    if (privacy.honest > masking.maxCohort) {
      throw specError('privacy.honest', `a round has at most ${masking.maxCohort} members`);
    }
    const most = largestFractionBits(sharedCount(spec), masking, masking.updateWidth, privacy);
    if (most === undefined || masking.updateFractionBits > most) {
      throw specError(
        'masking.updateFractionBits',
        `the noisy sum of ${masking.maxCohort} updates of norm ${masking.clipNorm} fits ${masking.updateWidth} bits with ${most === undefined ? 'no' : `at most ${most}`} fraction bits`,
      );
    }
    return;
  }
  const largest = Math.ceil(masking.clipNorm * 2 ** masking.updateFractionBits);
  if (masking.maxCohort * largest >= 2 ** (masking.updateWidth - 1)) {
    throw specError(
      'masking.updateWidth',
      `the sum of ${masking.maxCohort} updates of norm ${masking.clipNorm} could wrap in ${masking.updateWidth} bits`,
    );
  }
}
