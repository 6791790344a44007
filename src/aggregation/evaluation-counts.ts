/**
 * The counts by which sites say together how good a model is on their held-out rows, and the metrics that follow from their sum: one
 * file a kind of target. All are non-negative integers in 48 bits (docs/protocol.md, section 7), so a site's errors and losses are
 * summed in float64 and rounded once. With MAX_ROWS < 2^20 rows a site and 128 sites every sum stays below 2^47 (each file says how).
 */
import { check } from '../core/errors.ts';
import { type Target, targetOf } from '../protocol/target.ts';
import type { Segment } from '../protocol/layout.ts';
import type { RoundMetrics } from '../protocol/metrics.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { binaryLength, binaryMetrics } from './binary-counts.ts';
import { classesLength, classesMetrics } from './classes-counts.ts';
import { consistent } from './consistent.ts';
import { nextLength, nextMetrics } from './next-counts.ts';
import { valueLength, valueMetrics } from './value-counts.ts';

/** Coordinates of the evaluation vector. */
export function evaluationLength(target: Target, bins: number): number {
  switch (target.kind) {
    case 'binary':
      return binaryLength(bins);
    case 'classes':
      return classesLength(target.names.length, bins);
    case 'value':
      return valueLength;
    case 'next':
      return nextLength;
  }
}

/** The evaluation segment. */
export function evaluationSegment(spec: TaskSpec): Segment {
  const length = evaluationLength(targetOf(spec.data), spec.evaluation.bins);
  return { purpose: 'evaluation', length, width: 48, encoding: { kind: 'count' } };
}

/**
 * The metrics of a summed evaluation vector.
 * @returns undefined when nobody had a held-out row
 * @throws MurmurError void when no set of rows can have given the counts, bad-input for a vector of another target
 */
export function metricsFromCounts(target: Target, sum: Float64Array): RoundMetrics | undefined {
  const fits = target.kind === 'value' ? valueLength : target.kind === 'next' ? nextLength : sum.length;
  check(sum.length === fits, `${sum.length} counts are no evaluation vector of this task`);
  consistent(
    sum.every((count) => Number.isSafeInteger(count) && count >= 0),
    'a count is negative or not whole',
  );
  switch (target.kind) {
    case 'binary':
      return binaryMetrics(target.names, sum);
    case 'classes':
      return classesMetrics(target.names, sum);
    case 'value':
      return valueMetrics(target, sum);
    case 'next':
      return nextMetrics(sum);
  }
}
