/**
 * Losses by target, on the device as the error at the network's output, on the host as a mean over rows:
 * - binary: cross-entropy of sigmoid(logit); labels 0 or 1
 * - classes: cross-entropy of softmax(logits); labels are class numbers
 * - value: half the squared error, whose gradient is the error itself
 * - next: cross-entropy of softmax at every step, a mean over the steps of a row; steps whose label is PADDING count nothing
 */
import {
  type Tensor,
  cast,
  div,
  maximum,
  mul,
  notEqual,
  oneHot,
  reshape,
  sigmoid,
  softmax,
  sub,
  sum,
} from '@tensorflow/tfjs-core';
import { PADDING, type Target } from '../protocol/data-spec.ts';

/**
 * Gradient of each row's loss with respect to its logits. Call within tidy.
 * @param logits [rows, outputs] or [rows, steps, characters] @param labels [rows, 1] or [rows, steps]
 */
export function outputError(target: Target, logits: Tensor, labels: Tensor): Tensor {
  switch (target.kind) {
    case 'binary':
      return sub(sigmoid(logits), labels);
    case 'value':
      return sub(logits, labels);
    case 'classes':
      return sub(softmax(logits), hot(reshape(labels, [-1]), target.names.length));
    case 'next': {
      const steps = cast(notEqual(labels, PADDING), 'float32');
      const share = div(steps, maximum(sum(steps, 1, true), 1));
      return mul(sub(softmax(logits), hot(labels, target.characters)), reshape(share, [...share.shape, 1]));
    }
  }
}

function hot(labels: Tensor, classes: number): Tensor {
  return cast(oneHot(cast(labels, 'int32'), classes), 'float32');
}

/**
 * Mean loss over rows, in float64 and safe from overflow.
 * @param logits rows x outputs, flat @param labels rows x labelWidth, flat
 */
export function meanLoss(target: Target, logits: ArrayLike<number>, labels: ArrayLike<number>): number {
  switch (target.kind) {
    case 'binary':
      return meanOf(logits.length, (row) => {
        const z = logits[row] as number;
        return Math.max(z, 0) - z * (labels[row] as number) + Math.log1p(Math.exp(-Math.abs(z)));
      });
    case 'value':
      return meanOf(logits.length, (row) => ((logits[row] as number) - (labels[row] as number)) ** 2 / 2);
    case 'classes': {
      const outputs = target.names.length;
      return meanOf(labels.length, (row) => crossEntropy(logits, row * outputs, outputs, labels[row] as number));
    }
    case 'next': {
      const { characters, steps } = target;
      return meanOf(labels.length / steps, (row) => {
        let [total, counted] = [0, 0];
        for (let step = row * steps; step < (row + 1) * steps; step++) {
          const label = labels[step] as number;
          if (label === PADDING) continue;
          total += crossEntropy(logits, step * characters, characters, label);
          counted++;
        }
        return total / Math.max(counted, 1);
      });
    }
  }
}

/** −ln of the softmax of one entry. */
function crossEntropy(logits: ArrayLike<number>, from: number, outputs: number, label: number): number {
  let largest = -Infinity;
  for (let i = from; i < from + outputs; i++) largest = Math.max(largest, logits[i] as number);
  let total = 0;
  for (let i = from; i < from + outputs; i++) total += Math.exp((logits[i] as number) - largest);
  return Math.log(total) + largest - (logits[from + label] as number);
}

function meanOf(rows: number, loss: (row: number) => number): number {
  let total = 0;
  for (let row = 0; row < rows; row++) total += loss(row);
  return total / rows;
}
