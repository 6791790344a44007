/**
 * What each row costs under a model: the loss by which a voter compares two models, and what a mistake is ordered by.
 * binary, classes: −ln of the chance given to the true label, in nats; value: squared error in places of the public range;
 * next: mean nats a character, padding left out (0 for a text without one).
 */
import { check } from '../core/errors.ts';
import { PADDING, type Target, labelWidth, outputWidth } from '../protocol/target.ts';

/** Labels as EncodedRows has them: class numbers and codes, or places in a public range. */
export type Labels = Uint8Array | Float32Array;

/** A chance is kept this far from 0 in the log-loss, so that one sure mistake costs at most 23 · ln 2 nats. */
const MARGIN = 2 ** -23;
/** By which a softmax on a graphics chip may be past 1. */
const SOFTMAX_TOLERANCE = 2 ** -16;

/** Numbers that a model says of one row. */
export function predictionWidth(target: Target): number {
  return outputWidth(target) * labelWidth(target);
}

/**
 * Rows of a block.
 * @throws MurmurError bad-input when predictions and labels do not fit the target and each other
 */
export function rowsOf(target: Target, predictions: Float32Array, labels: Labels): number {
  const rows = labels.length / labelWidth(target);
  check(
    Number.isInteger(rows) && predictions.length === rows * predictionWidth(target),
    `${predictions.length} predictions for ${labels.length} labels`,
  );
  return rows;
}

/**
 * Loss of each row.
 * @throws MurmurError bad-input for a chance outside [0, 1] or NaN, or a label that the target does not have
 */
export function rowLosses(target: Target, predictions: Float32Array, labels: Labels): Float64Array {
  const rows = rowsOf(target, predictions, labels);
  const losses = new Float64Array(rows);
  for (let row = 0; row < rows; row++) losses[row] = lossOf(target, predictions, labels, row);
  return losses;
}

function lossOf(target: Target, predictions: Float32Array, labels: Labels, row: number): number {
  switch (target.kind) {
    case 'binary': {
      const score = chance(predictions[row] as number, row, 0);
      const kept = Math.min(Math.max(score, MARGIN), 1 - MARGIN);
      return -Math.log(labels[row] === 1 ? kept : 1 - kept);
    }
    case 'classes':
      return nats(predictions, row * target.names.length, target.names.length, labels[row] as number, row);
    case 'value':
      return (placed(predictions[row] as number, row) - (labels[row] as number)) ** 2;
    case 'next': {
      const { steps, characters } = target;
      let [sum, count] = [0, 0];
      for (let place = row * steps; place < (row + 1) * steps; place++) {
        const label = labels[place] as number;
        if (label === PADDING) continue;
        sum += nats(predictions, place * characters, characters, label, row);
        count++;
      }
      return count === 0 ? 0 : sum / count;
    }
  }
}

/** −ln of the chance that the distribution at `from` gives to `label`. */
export function nats(predictions: Float32Array, from: number, width: number, label: number, row: number): number {
  check(Number.isInteger(label) && label >= 0 && label < width, `the label of row ${row + 1} is none of ${width}`);
  return -Math.log(Math.max(chance(predictions[from + label] as number, row, SOFTMAX_TOLERANCE), MARGIN));
}

/** The likeliest of `width` outputs; the first of those that tie. */
export function likeliest(predictions: Float32Array, from: number, width: number): number {
  let best = 0;
  for (let i = 1; i < width; i++) {
    if ((predictions[from + i] as number) > (predictions[from + best] as number)) best = i;
  }
  return best;
}

/** A chance of a distribution, at most 1. */
export function share(predictions: Float32Array, place: number, row: number): number {
  return chance(predictions[place] as number, row, SOFTMAX_TOLERANCE);
}

/** A predicted place in the public range: outside, the nearer end. */
export function placed(prediction: number, row: number): number {
  check(Number.isFinite(prediction), `the prediction of row ${row + 1} is no number`);
  return Math.min(Math.max(prediction, 0), 1);
}

function chance(value: number, row: number, tolerance: number): number {
  check(value >= 0 && value <= 1 + tolerance, `the score of row ${row + 1} is outside [0, 1]`);
  return Math.min(value, 1);
}
