/**
 * The counts by which sites say together how good a model is on their held-out rows, and the metrics that follow from their sum.
 * All are non-negative integers in 48 bits (docs/protocol.md, section 7). With MAX_ROWS = 2^20 rows a site and 128 sites every sum
 * stays below 2^48: the largest is the log-loss, 2^20 rows · 16 · 2^16 · 2^7 sites = 2^47.
 *
 * Vector: TP ‖ FP ‖ TN ‖ FN ‖ rows ‖ negatives ‖ positives ‖ log-loss ‖ histogram of scores of negatives[bins] ‖ of positives[bins].
 */
import { MurmurError, check } from '../core/errors.ts';
import type { Segment } from '../protocol/layout.ts';

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
/** No row costs more than this many nats: the score is kept 2^-23 away from 0 and 1, and 23 · ln 2 < 16. */
export const MAX_ROW_LOSS = 16;

export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** How good a model is over the held-out rows of a cohort. Undefined where the rows do not say. */
export interface RoundMetrics {
  readonly rows: number;
  readonly accuracy: number;
  /** mean of the hit rates of both classes; undefined when one class is absent */
  readonly balancedAccuracy: number | undefined;
  /** area under the ROC curve of the binned scores, ties half; undefined when one class is absent */
  readonly auc: number | undefined;
  /** mean nats a row */
  readonly logLoss: number;
  readonly confusion: Confusion;
}

/** Coordinates of the evaluation vector. */
export function evaluationLength(bins: number): number {
  return SINGLE_COUNTS + 2 * bins;
}

/** The evaluation segment. */
export function evaluationSegment(bins: number): Segment {
  return { purpose: 'evaluation', length: evaluationLength(bins), width: 48, encoding: { kind: 'count' } };
}

/**
 * The metrics of a summed evaluation vector.
 * @returns undefined when nobody had a held-out row
 * @throws MurmurError void when no set of rows can have given the counts
 */
export function metricsFromCounts(sum: Float64Array): RoundMetrics | undefined {
  const bins = (sum.length - SINGLE_COUNTS) / 2;
  check(Number.isInteger(bins) && bins >= 2 && bins % 2 === 0, `${sum.length} counts are no evaluation vector`);
  const at = (i: number): number => sum[i] as number;
  const negativesBin = (bin: number): number => at(SINGLE_COUNTS + bin);
  const positivesBin = (bin: number): number => at(SINGLE_COUNTS + bins + bin);
  consistent(
    sum.every((count) => Number.isSafeInteger(count) && count >= 0),
    'a count is negative or not whole',
  );
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
  return {
    rows,
    accuracy: (truePositives + trueNegatives) / rows,
    balancedAccuracy: both ? (truePositives / positives + trueNegatives / negatives) / 2 : undefined,
    auc: both ? area / (negatives * positives) : undefined,
    logLoss: at(COUNT.logLoss) / 2 ** LOG_LOSS_FRACTION_BITS / rows,
    confusion: { truePositives, falsePositives, trueNegatives, falseNegatives },
  };
}

function consistent(condition: boolean, what: string): void {
  if (!condition) throw new MurmurError('void', `evaluation: ${what}`, { hint: 'The round is tried again.' });
}
