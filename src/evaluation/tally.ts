/**
 * A site's evaluation vector, added up over blocks of predictions, so that a text's chances (rows x steps x characters) are never there
 * for more than a block of rows. What the counts mean, and what bounds them, is written where their sum is read: src/aggregation.
 */
import { COUNT, LOG_LOSS_FRACTION_BITS, SINGLE_COUNTS } from '../aggregation/binary-counts.ts';
import { CLASSES_UNITS, classesPlaces } from '../aggregation/classes-counts.ts';
import { evaluationLength } from '../aggregation/evaluation-counts.ts';
import { NEXT_COUNT, NEXT_LOSS_UNIT } from '../aggregation/next-counts.ts';
import { VALUE_COUNT, VALUE_UNIT } from '../aggregation/value-counts.ts';
import { MurmurError, check } from '../core/errors.ts';
import { PADDING, type Target } from '../protocol/target.ts';
import { MAX_ROWS } from '../protocol/limits.ts';
import { type Labels, likeliest, nats, placed, rowLosses, rowsOf, share } from './losses.ts';

/** Counts over the rows so far. */
export interface Tally {
  /**
   * Adds a block of rows.
   * @param predictions outputWidth(target) numbers a label, row-major: chances, or the place in the public range
   * @param labels labelWidth(target) a row
   * @throws MurmurError bad-input for a chance outside [0, 1] or NaN, too-large past MAX_ROWS rows
   */
  accumulate(predictions: Float32Array, labels: Labels): void;
  /** @returns non-negative integers, evaluationLength(target, bins) of them; zero rows give zeros */
  counts(): Float64Array;
}

/**
 * @param bins equal bins of scores or confidence; an even number, so that one half is an edge
 */
export function createTally(target: Target, bins: number): Tally {
  check(Number.isInteger(bins) && bins >= 2 && bins % 2 === 0, 'bins must be an even number');
  // Whole counts, and sums that are rounded to whole ones at the end.
  const sums = new Float64Array(evaluationLength(target, bins));
  const add = (place: number, value: number): void => {
    sums[place] = (sums[place] as number) + value;
  };
  let rows = 0;
  return {
    accumulate(predictions, labels) {
      rows += rowsOf(target, predictions, labels);
      if (rows > MAX_ROWS) throw new MurmurError('too-large', `a site evaluates at most ${MAX_ROWS} rows`);
      switch (target.kind) {
        case 'binary':
          return addBinary(add, bins, target, predictions, labels);
        case 'classes':
          return addClasses(add, bins, target, predictions, labels);
        case 'value':
          return addValues(add, predictions, labels);
        case 'next':
          return addNext(add, target, predictions, labels);
      }
    },
    counts: () => sums.map((sum) => Math.round(sum)),
  };
}

type Add = (place: number, value: number) => void;
type Kind<K extends Target['kind']> = Extract<Target, { kind: K }>;

function addBinary(add: Add, bins: number, target: Kind<'binary'>, scores: Float32Array, labels: Labels): void {
  const losses = rowLosses(target, scores, labels);
  for (const [row, score] of scores.entries()) {
    const positive = labels[row] === 1;
    const bin = binOf(score, bins);
    // The same comparison as the histogram's edge: bin >= bins / 2 exactly when score >= 0.5.
    if (bin >= bins / 2) add(positive ? COUNT.truePositives : COUNT.falsePositives, 1);
    else add(positive ? COUNT.falseNegatives : COUNT.trueNegatives, 1);
    add(COUNT.rows, 1);
    add(positive ? COUNT.positives : COUNT.negatives, 1);
    add(SINGLE_COUNTS + (positive ? bins : 0) + bin, 1);
    add(COUNT.logLoss, (losses[row] as number) * 2 ** LOG_LOSS_FRACTION_BITS);
  }
}

function addClasses(add: Add, bins: number, target: Kind<'classes'>, chances: Float32Array, labels: Labels): void {
  const k = target.names.length;
  const place = classesPlaces(k, bins);
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    add(place.logLoss, nats(chances, row * k, k, label, row) * CLASSES_UNITS.logLoss);
    const said = likeliest(chances, row * k, k);
    const confidence = share(chances, row * k + said, row);
    const bin = binOf(confidence, bins);
    add(label * k + said, 1);
    add(place.rows, 1);
    add((said === label ? place.right : place.wrong) + bin, 1);
    add(place.confidence + bin, confidence * CLASSES_UNITS.confidence);
  }
}

function addValues(add: Add, predictions: Float32Array, labels: Labels): void {
  for (let row = 0; row < labels.length; row++) {
    const label = labels[row] as number;
    check(label >= 0 && label <= 1, `the label of row ${row + 1} is outside [0, 1]`);
    const error = placed(predictions[row] as number, row) - label;
    add(VALUE_COUNT.rows, 1);
    add(VALUE_COUNT.absolute, Math.abs(error) * VALUE_UNIT);
    add(VALUE_COUNT.squared, error ** 2 * VALUE_UNIT);
    add(VALUE_COUNT.labels, label * VALUE_UNIT);
    add(VALUE_COUNT.labelSquares, label ** 2 * VALUE_UNIT);
  }
}

function addNext(add: Add, { characters, steps }: Kind<'next'>, chances: Float32Array, labels: Labels): void {
  for (const [place, label] of labels.entries()) {
    if (label === PADDING) continue;
    const row = Math.floor(place / steps);
    add(NEXT_COUNT.logLoss, nats(chances, place * characters, characters, label, row) * NEXT_LOSS_UNIT);
    add(NEXT_COUNT.characters, 1);
    if (likeliest(chances, place * characters, characters) === label) add(NEXT_COUNT.right, 1);
  }
}

function binOf(value: number, bins: number): number {
  return Math.min(Math.floor(value * bins), bins - 1);
}
