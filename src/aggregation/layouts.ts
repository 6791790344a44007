/**
 * What a participant uploads in each step: the layout of the masked vector (docs/protocol.md, section 7) and the values of its segments.
 *
 * statistics: statistics. training: weight ‖ update ‖ evaluation. evaluation: evaluation.
 * Where a task releases no evaluation, the training step has no such segment, and the last step carries a weight alone, so that
 * it settles like any other. A task with privacy takes no statistics either, and all its weights are 1.
 */
import { check } from '../core/errors.ts';
import type { RandomBytes } from '../core/random.ts';
import type { EncodedRows } from '../dataset/split.ts';
import { statisticsSegment, statisticsVector } from '../dataset/statistics.ts';
import { weightLayout } from '../model/spec.ts';
import { clipToNorm } from '../privacy/clip.ts';
import { noisyUpdate } from '../privacy/noisy-update.ts';
import { type Layout, type Segment, checkLayout } from '../protocol/layout.ts';
import { type NoisePlan, noisePlan } from '../protocol/noise-plan.ts';
import { stepKind } from '../protocol/phases.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { evaluationLength, evaluationSegment } from './evaluation-counts.ts';

/** Values of a layout's segments in order, before encoding; each has its segment's length. */
export type Parts = readonly Float64Array[];

const WEIGHT_SEGMENT: Segment = {
  purpose: 'weight',
  length: 1,
  width: 48,
  encoding: { kind: 'fixed', fractionBits: 32, limit: 1 },
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

/** Parts of the statistics step. */
export function statisticsParts(spec: TaskSpec, trainRows: EncodedRows): Parts {
  if (spec.privacy !== undefined) return [Float64Array.of(1)];
  return [statisticsVector(spec, trainRows)];
}

/**
 * Parts of a training step: the weight w, the update w · delta clipped AFTER weighting, and the evaluation of the model received.
 * Clipping leaves room for the rounding of fixed point, so that the norm of what is sent, too, is at most clipNorm. With user-level
 * privacy the update is rotated and noisy, in whole steps of the grid; every call draws fresh noise.
 * @param delta trained weights − received weights, flat
 * @param rows training rows, at least 1
 * @param evaluation vector of `evaluate`; ignored where the task releases none
 * @param step of the task
 * @param random secure bytes for the noise of a task with user-level privacy
 * @returns the parts, whether the update was clipped, and its norm before
 * @throws MurmurError bad-input when a length does not fit or the update is not finite (training diverged)
 */
export function trainingParts({
  spec,
  delta,
  rows,
  evaluation,
  step,
  random,
}: {
  readonly spec: TaskSpec;
  readonly delta: Float32Array;
  readonly rows: number;
  readonly evaluation: Float64Array;
  readonly step: number;
  readonly random: RandomBytes;
}): { readonly parts: Parts; readonly clipped: boolean; readonly norm: number } {
  const { length } = weightLayout(spec);
  check(delta.length === length, `expected an update of ${length} weights, got ${delta.length}`);
  check(Number.isInteger(rows) && rows >= 1, 'a participant without training rows cannot train');
  const weight = participantWeight(spec, rows);
  const plan = updateNoise(spec);
  const update = Float64Array.from(delta, (value) => value * weight);
  const { clipped, norm } = clipToNorm(update, plan === undefined ? clipLimit(spec, length) : spec.masking.clipNorm);
  check(Number.isFinite(norm), 'the update is not finite: training diverged', 'Lower the learning rate of the task.');
  const stepsPerUnit = 2 ** spec.masking.updateFractionBits;
  const sent =
    plan === undefined
      ? update
      : noisyUpdate(update, { plan, stepsPerUnit, step, random }).map((steps) => steps / stepsPerUnit);
  const base: Parts = [Float64Array.of(weight), sent];
  return {
    parts: spec.evaluation.release === 'off' ? base : [...base, checkedEvaluation(spec, evaluation)],
    clipped,
    norm,
  };
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
  const evaluation = spec.evaluation.release === 'off' ? [] : [evaluationSegment(spec.evaluation.bins)];
  if (kind === 'evaluation') return evaluation.length > 0 ? evaluation : [WEIGHT_SEGMENT];
  return [WEIGHT_SEGMENT, updateSegment(spec), ...evaluation];
}

function updateSegment(spec: TaskSpec): Segment {
  const { clipNorm, updateWidth: width, updateFractionBits: fractionBits } = spec.masking;
  const plan = updateNoise(spec);
  if (plan !== undefined) {
    const encoding = { kind: 'noisy', fractionBits, bound: plan.bound * 2 ** -fractionBits } as const;
    return { purpose: 'update', length: plan.length, width, encoding };
  }
  const { length } = weightLayout(spec);
  return { purpose: 'update', length, width, encoding: { kind: 'fixed', fractionBits, limit: clipNorm } };
}

/** How the members' noise lies in the update's ring; undefined where there is none. */
export function updateNoise(spec: TaskSpec): NoisePlan | undefined {
  if (spec.privacy?.kind !== 'user') return undefined;
  return noisePlan(weightLayout(spec).length, spec.masking, spec.privacy);
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
  const length = evaluationLength(spec.evaluation.bins);
  check(evaluation.length === length, `expected ${length} evaluation counts, got ${evaluation.length}`);
  return evaluation;
}
