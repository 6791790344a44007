/**
 * How good scores are: the vector of counts that goes under the mask (its layout and the metrics of its sum are in
 * src/aggregation/evaluation-counts.ts, because the fold reads them), and exact figures for local use.
 */
import { MurmurError, check } from '../core/errors.ts';
import {
  COUNT,
  LOG_LOSS_FRACTION_BITS,
  type RoundMetrics,
  SINGLE_COUNTS,
  evaluationLength,
  metricsFromCounts,
} from '../aggregation/evaluation-counts.ts';
import { MAX_ROWS } from '../protocol/task-spec.ts';

export { type RoundMetrics, metricsFromCounts } from '../aggregation/evaluation-counts.ts';

/** Scores are kept this far from 0 and 1 in the log-loss, so that one sure mistake costs at most 23 · ln 2 nats. */
const SCORE_MARGIN = 2 ** -23;

/** The same figures as from the masked counts, but with the exact AUC and log-loss; for rows that are at hand. */
export function exactMetrics(scores: Float32Array, labels: Uint8Array): RoundMetrics | undefined {
  const metrics = metricsFromCounts(evaluate(scores, labels, 2));
  if (metrics === undefined) return undefined;
  const losses = perRowLogLoss(scores, labels);
  return {
    ...metrics,
    auc: exactAuc(scores, labels),
    logLoss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length,
  };
}

/**
 * One site's evaluation vector over its held-out rows; zero rows give zeros.
 * @param scores probability of label 1, in [0, 1], one a row
 * @param labels 0 or 1, one a row
 * @param bins even number of equal score bins
 * @returns non-negative integers, {@link evaluationLength} of them
 * @throws MurmurError bad-input for a score outside [0, 1] or NaN, too-large past MAX_ROWS rows
 */
export function evaluate(scores: Float32Array, labels: Uint8Array, bins: number): Float64Array {
  check(scores.length === labels.length, `${scores.length} scores for ${labels.length} labels`);
  check(Number.isInteger(bins) && bins >= 2 && bins % 2 === 0, 'bins must be an even number');
  if (scores.length > MAX_ROWS) throw new MurmurError('too-large', `a site evaluates at most ${MAX_ROWS} rows`);
  const out = new Float64Array(evaluationLength(bins));
  const count = (index: number): void => {
    out[index] = (out[index] as number) + 1;
  };
  for (const [row, score] of scores.entries()) {
    check(score >= 0 && score <= 1, `the score of row ${row + 1} is outside [0, 1]`);
    const positive = labels[row] === 1;
    const bin = Math.min(Math.floor(score * bins), bins - 1);
    // The same comparison as the histogram's edge: bin >= bins / 2 exactly when score >= 0.5.
    if (bin >= bins / 2) count(positive ? COUNT.truePositives : COUNT.falsePositives);
    else count(positive ? COUNT.falseNegatives : COUNT.trueNegatives);
    count(COUNT.rows);
    count(positive ? COUNT.positives : COUNT.negatives);
    count(SINGLE_COUNTS + (positive ? bins : 0) + bin);
  }
  const loss = perRowLogLoss(scores, labels).reduce((sum, value) => sum + value, 0);
  out[COUNT.logLoss] = Math.round(loss * 2 ** LOG_LOSS_FRACTION_BITS);
  return out;
}

/** Log-loss of each row in nats: −ln of the probability given to the true label. */
export function perRowLogLoss(scores: Float32Array, labels: Uint8Array): Float64Array {
  check(scores.length === labels.length, `${scores.length} scores for ${labels.length} labels`);
  return Float64Array.from(scores, (score, row) => {
    const kept = Math.min(Math.max(score, SCORE_MARGIN), 1 - SCORE_MARGIN);
    return -Math.log(labels[row] === 1 ? kept : 1 - kept);
  });
}

/**
 * Exact area under the ROC curve (Mann and Whitney's U over n0 · n1, ties half); undefined when a class is absent.
 * Source: Hanley and McNeil, Radiology 143 (1982) 29-36.
 */
export function exactAuc(scores: Float32Array, labels: Uint8Array): number | undefined {
  check(scores.length === labels.length, `${scores.length} scores for ${labels.length} labels`);
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => (scores[a] as number) - (scores[b] as number));
  let [below, positives, area] = [0, 0, 0];
  for (let i = 0; i < order.length;) {
    const score = scores[order[i] as number];
    let [tiedNegatives, tiedPositives] = [0, 0];
    for (; i < order.length && scores[order[i] as number] === score; i++) {
      if (labels[order[i] as number] === 1) tiedPositives++;
      else tiedNegatives++;
    }
    area += tiedPositives * (below + tiedNegatives / 2);
    below += tiedNegatives;
    positives += tiedPositives;
  }
  return below > 0 && positives > 0 ? area / (below * positives) : undefined;
}
