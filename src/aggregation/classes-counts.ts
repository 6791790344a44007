/**
 * Counts of a target of k classes. The model's word is its likeliest class, and its confidence the chance that it gives to that one. Vector:
 * confusion[k · k], true class by said class ‖ rows ‖ log-loss ‖ by bins of confidence: right[bins] ‖ wrong[bins] ‖ sum of confidence[bins].
 *
 * Bounds: log-loss 2^20 rows · 16 nats · 2^16 units · 2^7 sites = 2^47; confidence 2^20 rows · 2^20 units · 2^7 sites = 2^47.
 */
import { check } from '../core/errors.ts';
import { type ClassFigures, type ClassesMetrics, MOST_SQUARE_CLASSES } from '../protocol/metrics.ts';
import { MAX_ROW_LOSS, ROUNDING, consistent } from './consistent.ts';

/** The log-loss sum counts units of 2^-16 nats, the sums of confidence units of 2^-20. */
export const CLASSES_UNITS = { logLoss: 2 ** 16, confidence: 2 ** 20 } as const;

export function classesLength(classes: number, bins: number): number {
  return classesPlaces(classes, bins).length;
}

/** Where each part of the vector begins. */
export function classesPlaces(classes: number, bins: number) {
  const rows = classes * classes;
  const right = rows + 2;
  return {
    rows,
    logLoss: rows + 1,
    right,
    wrong: right + bins,
    confidence: right + 2 * bins,
    length: right + 3 * bins,
  } as const;
}

/** @throws MurmurError void, bad-input */
export function classesMetrics(names: readonly string[], sum: Float64Array): ClassesMetrics | undefined {
  const k = names.length;
  const bins = (sum.length - k * k - 2) / 3;
  check(Number.isInteger(bins) && bins >= 1, `${sum.length} counts are no evaluation vector of ${k} classes`);
  const place = classesPlaces(k, bins);
  const at = (i: number): number => sum[i] as number;
  const [rows, logLoss] = [at(place.rows), at(place.logLoss)];

  const [actual, said] = [new Float64Array(k), new Float64Array(k)];
  let right = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const count = at(i * k + j);
      actual[i] = (actual[i] as number) + count;
      said[j] = (said[j] as number) + count;
    }
    right += at(i * k + i);
  }
  consistent(actual.reduce(plus, 0) === rows, 'the confusion counts do not add up to the rows');
  consistent(logLoss <= rows * MAX_ROW_LOSS * CLASSES_UNITS.logLoss, 'the log-loss is larger than the rows allow');

  let [binnedRight, binned, distance] = [0, 0, 0];
  for (let bin = 0; bin < bins; bin++) {
    const rightHere = at(place.right + bin);
    const here = rightHere + at(place.wrong + bin);
    const confidence = at(place.confidence + bin);
    const low = (here * bin * CLASSES_UNITS.confidence) / bins - ROUNDING;
    const high = (here * (bin + 1) * CLASSES_UNITS.confidence) / bins + ROUNDING;
    consistent(
      here === 0 ? confidence === 0 : low <= confidence && confidence <= high,
      'the confidence of a bin lies outside it',
    );
    binnedRight += rightHere;
    binned += here;
    distance += Math.abs(rightHere - confidence / CLASSES_UNITS.confidence);
  }
  consistent(binned === rows && binnedRight === right, 'the histogram contradicts the confusion counts');
  if (rows === 0) return undefined;

  const classes = names.map((name, i): ClassFigures => {
    const [hits, so, called] = [at(i * k + i), actual[i] as number, said[i] as number];
    return {
      name,
      rows: so,
      precision: called > 0 ? hits / called : undefined,
      recall: so > 0 ? hits / so : undefined,
      f1: so + called > 0 ? (2 * hits) / (so + called) : undefined,
    };
  });
  const square = k <= MOST_SQUARE_CLASSES;
  return {
    kind: 'classes',
    rows,
    accuracy: right / rows,
    balancedAccuracy: mean(classes.map(({ recall }) => recall)),
    f1: mean(classes.map(({ f1 }) => f1)),
    logLoss: logLoss / CLASSES_UNITS.logLoss / rows,
    calibrationError: distance / rows,
    classes,
    confusion: square ? names.map((_, i) => Array.from(sum.subarray(i * k, (i + 1) * k))) : [],
  };
}

function plus(a: number, b: number): number {
  return a + b;
}

/** Of what is known; there is at least one, because there are rows. */
function mean(values: readonly (number | undefined)[]): number {
  const known = values.filter((value) => value !== undefined);
  return known.reduce(plus, 0) / known.length;
}
