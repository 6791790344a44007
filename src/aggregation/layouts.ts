/**
 * What a participant uploads in each step: the layout of the masked vector (docs/protocol.md, section 7) and the values of its segments.
 *
 * statistics: statistics. training: weight ‖ update ‖ evaluation. evaluation: evaluation.
 * Where a task releases no evaluation, the training step has no such segment, and the last step carries a weight alone, so that
 * it settles like any other.
 */
import { check } from '../core/errors.ts';
import type { EncodedRows } from '../dataset/split.ts';
import { statisticsSegment, statisticsVector } from '../dataset/statistics.ts';
import { weightLayout } from '../model/spec.ts';
import { type Layout, type Segment, checkLayout } from '../protocol/layout.ts';
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

/** Share in [0, 1] with which a participant of that many training rows counts: min(rows, cap) / cap. */
export function participantWeight(spec: TaskSpec, rows: number): number {
  return Math.min(rows, spec.masking.rowCap) / spec.masking.rowCap;
}

/** Parts of the statistics step. */
export function statisticsParts(spec: TaskSpec, trainRows: EncodedRows): Parts {
  return [statisticsVector(spec, trainRows)];
}

/**
 * Parts of a training step: the weight w, the update w · delta clipped AFTER weighting, and the evaluation of the model received.
 * Clipping leaves room for the rounding of fixed point, so that the norm of what is sent, too, is at most clipNorm.
 * @param delta trained weights − received weights, flat
 * @param rows training rows, at least 1
 * @param evaluation vector of `evaluate`; ignored where the task releases none
 * @returns the parts, whether the update was clipped, and its norm before
 * @throws MurmurError bad-input when a length does not fit or the update is not finite (training diverged)
 */
export function trainingParts({
  spec,
  delta,
  rows,
  evaluation,
}: {
  readonly spec: TaskSpec;
  readonly delta: Float32Array;
  readonly rows: number;
  readonly evaluation: Float64Array;
}): { readonly parts: Parts; readonly clipped: boolean; readonly norm: number } {
  const { length } = weightLayout(spec);
  check(delta.length === length, `expected an update of ${length} weights, got ${delta.length}`);
  check(Number.isInteger(rows) && rows >= 1, 'a participant without training rows cannot train');
  const weight = participantWeight(spec, rows);
  const update = new Float64Array(length);
  let squares = 0;
  for (let i = 0; i < length; i++) {
    const value = (delta[i] as number) * weight;
    update[i] = value;
    squares += value * value;
  }
  const norm = Math.sqrt(squares);
  check(Number.isFinite(norm), 'the update is not finite: training diverged', 'Lower the learning rate of the task.');
  const limit = clipLimit(spec, length);
  const clipped = norm > limit;
  if (clipped) {
    const factor = limit / norm;
    for (let i = 0; i < length; i++) update[i] = (update[i] as number) * factor;
  }
  const base: Parts = [Float64Array.of(weight), update];
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
  if (kind === 'statistics') return [statisticsSegment(spec)];
  const evaluation = spec.evaluation.release === 'off' ? [] : [evaluationSegment(spec.evaluation.bins)];
  if (kind === 'evaluation') return evaluation.length > 0 ? evaluation : [WEIGHT_SEGMENT];
  const { clipNorm, updateWidth, updateFractionBits } = spec.masking;
  const update: Segment = {
    purpose: 'update',
    length: weightLayout(spec).length,
    width: updateWidth,
    encoding: { kind: 'fixed', fractionBits: updateFractionBits, limit: clipNorm },
  };
  return [WEIGHT_SEGMENT, update, ...evaluation];
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
