/**
 * How scores separate two classes, and whether they mean what they say: the curves of the result page.
 *
 * - ROC: Fawcett, "An introduction to ROC analysis", Pattern Recognition Letters 27 (2006) 861-874, algorithm 1: one point a
 *   distinct score, so that ties become a slope.
 * - Precision and recall: Davis and Goadrich, "The Relationship Between Precision-Recall and ROC Curves", ICML 2006: steps, because a
 *   straight line between two thresholds promises too much. Average precision is the area under the steps.
 * - Calibration: the reliability diagram of equal score bins; DeGroot and Fienberg, The Statistician 32 (1983) 12-22.
 *
 * Guarantees: the ROC curve begins at (0, 0), ends at (1, 1), never falls, and its area is that of exactAuc up to rounding, also
 * when it was thinned; the area under the steps is the average precision, also when thinned. Not: intervals; with few rows both curves are rough, and a bin of three rows says little.
 */
import { check } from '../core/errors.ts';
import type { Labels } from './losses.ts';

export interface RocPoint {
  readonly falsePositiveRate: number;
  readonly truePositiveRate: number;
}

/** One step of a precision-recall curve: over the recalls since the step before, up to `recall`. */
export interface PrecisionStep {
  readonly recall: number;
  /** at the thresholds of this stretch; their mean where the curve was thinned */
  readonly precision: number;
}

/** Rows whose scores lie in one of the equal bins. */
export interface CalibrationBin {
  /** mean score of its rows */
  readonly predicted: number;
  /** mean label of its rows: with labels 0 and 1 the share of 1 */
  readonly observed: number;
  readonly rows: number;
}

/** More corners than these are thinned: a picture shows no more. */
const MOST_POINTS = 200;
/** Each becomes at most two lines. */
const PIECES = 99;

/**
 * The ROC curve as its corners, at most {@link MOST_POINTS} of them, from (0, 0) to (1, 1).
 * @param scores finite, larger means more likely 1
 * @param labels 0 or 1, one a score
 * @returns empty when a class is absent
 */
export function rocCurve(scores: Float32Array, labels: Uint8Array): readonly RocPoint[] {
  const positives = positivesIn(scores, labels);
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) return [];
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  // In whole rows, so that "on one line" is exact.
  const corners: Corner[] = [{ x: 0, y: 0 }];
  let [x, y] = [0, 0];
  for (let i = 0; i < order.length;) {
    const score = scores[order[i] as number];
    for (; i < order.length && scores[order[i] as number] === score; i++) {
      if (labels[order[i] as number] === 1) y++;
      else x++;
    }
    addCorner(corners, { x, y });
  }
  return thinned(corners).map((corner) => ({
    falsePositiveRate: corner.x / negatives,
    truePositiveRate: corner.y / positives,
  }));
}

/**
 * The precision-recall curve as steps, at most {@link MOST_POINTS} of them, by rising recall; the last one has recall 1.
 * @param scores finite, larger means more likely 1
 * @param labels 0 or 1, one a score
 * @returns empty when no label is 1
 */
export function precisionRecallCurve(scores: Float32Array, labels: Uint8Array): readonly PrecisionStep[] {
  const positives = positivesIn(scores, labels);
  const order = Uint32Array.from(scores, (_, i) => i).sort((a, b) => (scores[b] as number) - (scores[a] as number));
  // One step a threshold at which more positives are found: how many by then, and the area under the curve so far in rows.
  const steps: { readonly found: number; readonly area: number }[] = [];
  let [found, area] = [0, 0];
  for (let i = 0; i < order.length;) {
    const score = scores[order[i] as number];
    const before = found;
    for (; i < order.length && scores[order[i] as number] === score; i++) found += labels[order[i] as number] as number;
    if (found === before) continue;
    area += ((found - before) * found) / i;
    steps.push({ found, area });
  }
  const pieces = Math.min(steps.length, MOST_POINTS);
  let last = { found: 0, area: 0 };
  return Array.from({ length: pieces }, (_, piece) => {
    const step = steps[Math.ceil(((piece + 1) * steps.length) / pieces) - 1] as (typeof steps)[number];
    const precision = (step.area - last.area) / (step.found - last.found);
    last = step;
    return { recall: step.found / positives, precision };
  });
}

/** Average precision: the area under the steps of {@link precisionRecallCurve}; undefined without any. */
export function averagePrecision(steps: readonly PrecisionStep[]): number | undefined {
  if (steps.length === 0) return undefined;
  let [area, before] = [0, 0];
  for (const { recall, precision } of steps) {
    area += (recall - before) * precision;
    before = recall;
  }
  return area;
}

/**
 * The reliability diagram: what was predicted against what was so.
 * @param scores probability of label 1, in [0, 1]
 * @param labels 0 or 1, one a score
 * @param bins number of equal bins of [0, 1]; those without a row are left out
 * @returns by rising score
 * @throws MurmurError bad-input for a score outside [0, 1] or NaN
 */
export function calibrationBins(scores: Float32Array, labels: Labels, bins: number): readonly CalibrationBin[] {
  check(scores.length === labels.length, `${scores.length} scores for ${labels.length} labels`);
  check(Number.isInteger(bins) && bins >= 1 && bins <= 1000, 'bins must be in 1..1000');
  const sums = Array.from({ length: bins }, () => ({ rows: 0, scores: 0, labels: 0 }));
  for (const [row, score] of scores.entries()) {
    check(score >= 0 && score <= 1, `the score of row ${row + 1} is outside [0, 1]`);
    const sum = sums[Math.min(Math.floor(score * bins), bins - 1)] as (typeof sums)[number];
    sum.rows++;
    sum.scores += score;
    sum.labels += labels[row] as number;
  }
  return sums
    .filter(({ rows }) => rows > 0)
    .map(({ rows, scores: sum, labels: labelSum }) => ({ predicted: sum / rows, observed: labelSum / rows, rows }));
}

function positivesIn(scores: Float32Array, labels: Uint8Array): number {
  check(scores.length === labels.length, `${scores.length} scores for ${labels.length} labels`);
  return labels.reduce((sum, label) => sum + label, 0);
}

interface Corner {
  readonly x: number;
  readonly y: number;
}

/** A point that lies on the line through its neighbours is none. */
function addCorner(corners: Corner[], next: Corner): void {
  const [before, last] = corners.slice(-2);
  if (before !== undefined && last !== undefined && cross(before, last, next) === 0) corners.pop();
  corners.push(next);
}

/**
 * Replaces each stretch of the curve by two lines that enclose the same area over its chord. The corner between them lies on a
 * diagonal of the stretch's own rectangle, so the curve still rises.
 */
function thinned(corners: readonly Corner[]): readonly Corner[] {
  if (corners.length <= MOST_POINTS) return corners;
  const last = corners.length - 1;
  const kept: Corner[] = [corners[0] as Corner];
  for (let piece = 0; piece < PIECES; piece++) {
    const from = Math.floor((piece * last) / PIECES);
    const to = Math.floor(((piece + 1) * last) / PIECES);
    const [start, end] = [corners[from] as Corner, corners[to] as Corner];
    // Twice the area between path and chord, positive above it.
    let area = 0;
    for (let i = from; i < to; i++) area -= cross(start, corners[i] as Corner, corners[i + 1] as Corner);
    const whole = (end.x - start.x) * (end.y - start.y);
    if (area !== 0 && whole > 0) {
      const share = Math.abs(area) / whole;
      const middle = { x: (start.x + end.x) / 2, y: (start.y + end.y) / 2 };
      const edge = area > 0 ? { x: start.x, y: end.y } : { x: end.x, y: start.y };
      kept.push({ x: middle.x + share * (edge.x - middle.x), y: middle.y + share * (edge.y - middle.y) });
    }
    kept.push(end);
  }
  return kept;
}

/** Twice the signed area of a triangle; negative when it turns right. */
function cross(a: Corner, b: Corner, c: Corner): number {
  return (b.x - a.x) * (c.y - a.y) - (b.y - a.y) * (c.x - a.x);
}
