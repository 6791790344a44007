/**
 * Counts of a target of two classes. Vector:
 * TP ‖ FP ‖ TN ‖ FN ‖ rows ‖ negatives ‖ positives ‖ log-loss ‖ histogram of scores of negatives[bins] ‖ of positives[bins].
 *
 * Bound: the largest is the log-loss, 2^20 rows · 16 nats · 2^16 units · 2^7 sites = 2^47.
 */
import { check } from '../core/errors.ts';
import type { BinaryMetrics } from '../protocol/metrics.ts';
import { MAX_ROW_LOSS, consistent } from './consistent.ts';

/** Places of the single counts in the vector; the histograms follow. */
export const COUNT = {
  truePositives: 0,
  falsePositives: 1,
  trueNegatives: 2,
  falseNegatives: 3,
  rows: 4,
  negatives: 5,
  positives: 6,
  logLoss: 7,
} as const;
export const SINGLE_COUNTS = 8;

/** The log-loss sum counts units of 2^-16 nats. */
export const LOG_LOSS_FRACTION_BITS = 16;

export function binaryLength(bins: number): number {
  return SINGLE_COUNTS + 2 * bins;
}

/** @throws MurmurError void, bad-input */
export function binaryMetrics(names: readonly [string, string], sum: Float64Array): BinaryMetrics | undefined {
  const bins = (sum.length - SINGLE_COUNTS) / 2;
  check(Number.isInteger(bins) && bins >= 2 && bins % 2 === 0, `${sum.length} counts are no evaluation vector`);
  const at = (i: number): number => sum[i] as number;
  const negativesBin = (bin: number): number => at(SINGLE_COUNTS + bin);
  const positivesBin = (bin: number): number => at(SINGLE_COUNTS + bins + bin);
  const [truePositives, falsePositives] = [at(COUNT.truePositives), at(COUNT.falsePositives)];
  const [trueNegatives, falseNegatives] = [at(COUNT.trueNegatives), at(COUNT.falseNegatives)];
  const [rows, negatives, positives] = [at(COUNT.rows), at(COUNT.negatives), at(COUNT.positives)];
  consistent(negatives + positives === rows, 'the classes do not add up to the rows');
  consistent(
    truePositives + falseNegatives === positives && trueNegatives + falsePositives === negatives,
    'the confusion counts do not add up to the classes',
  );
  consistent(
    at(COUNT.logLoss) <= rows * MAX_ROW_LOSS * 2 ** LOG_LOSS_FRACTION_BITS,
    'the log-loss is larger than the rows allow',
  );
  // The threshold 0.5 is a bin's edge, so the histogram repeats the confusion counts.
  let [below, belowPositives, area] = [0, 0, 0];
  for (let bin = 0; bin < bins; bin++) {
    if (bin === bins / 2)
      consistent(
        below === trueNegatives && belowPositives === falseNegatives,
        'the histogram contradicts the confusion counts',
      );
    area += positivesBin(bin) * (below + negativesBin(bin) / 2);
    below += negativesBin(bin);
    belowPositives += positivesBin(bin);
  }
  consistent(below === negatives && belowPositives === positives, 'the histogram does not add up to the rows');
  if (rows === 0) return undefined;
  const both = negatives > 0 && positives > 0;
  const saidOrSo = 2 * truePositives + falsePositives + falseNegatives;
  return {
    kind: 'binary',
    names,
    rows,
    accuracy: (truePositives + trueNegatives) / rows,
    balancedAccuracy: both ? (truePositives / positives + trueNegatives / negatives) / 2 : undefined,
    f1: saidOrSo > 0 ? (2 * truePositives) / saidOrSo : undefined,
    auc: both ? area / (negatives * positives) : undefined,
    logLoss: at(COUNT.logLoss) / 2 ** LOG_LOSS_FRACTION_BITS / rows,
    confusion: { truePositives, falsePositives, trueNegatives, falseNegatives },
  };
}
