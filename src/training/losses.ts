/**
 * What training makes small, by target, over the examples of a batch:
 * - binary: mean cross-entropy of sigmoid(logit); classes: of softmax(logits); value: mean squared error;
 * - next: mean cross-entropy of softmax(logits) over all characters of the batch that follow, without the padding.
 */
import {
  type Tensor,
  cast,
  mul,
  notEqual,
  oneHot,
  sigmoid,
  softmax,
  sub,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core';
import { PADDING, type Target, labelWidth, outputWidth } from '../protocol/target.ts';
import { shaped } from './layers/layer.ts';

/** Labels as the loss wants them, one after the other. */
export type Labels = Uint8Array | Float32Array;

/** How many predictions the mean is over: examples, or characters that are no padding. */
export function countTargets(target: Target, labels: Labels): number {
  if (target.kind !== 'next') return labels.length;
  let count = 0;
  for (const label of labels) if (label !== PADDING) count++;
  return count;
}

/**
 * Gradient of the loss, summed and not averaged, at the logits. Call within tidy.
 * @param logits examples x the model's outputs @param labels [examples · labelWidth, 1], float32
 */
export function lossGradient(target: Target, logits: Tensor, labels: Tensor2D): Tensor {
  switch (target.kind) {
    case 'binary':
      return sub(sigmoid(logits), labels);
    case 'value':
      return mul(sub(logits, labels), 2);
    case 'classes':
      return sub(softmax(logits), chosen(labels, outputWidth(target)));
    case 'next': {
      const rows = shaped<Tensor2D>(logits, [labels.shape[0], target.characters]);
      const error = sub(softmax(rows), chosen(labels, target.characters));
      return shaped(mul(error, cast(notEqual(labels, PADDING), 'float32')), logits.shape);
    }
  }
}

function chosen(labels: Tensor2D, width: number): Tensor {
  return cast(oneHot(cast(shaped<Tensor1D>(labels, [labels.size]), 'int32') as Tensor1D, width), 'float32');
}

/**
 * The mean loss in float64, safe from overflow.
 * @param logits examples x the model's outputs @param labels examples x labelWidth; at least one that counts
 */
export function meanLoss(target: Target, logits: ArrayLike<number>, labels: Labels): number {
  const width = outputWidth(target);
  let total = 0;
  for (let i = 0; i < labels.length; i++) total += lossAt(target, logits, i * width, labels[i] as number, width);
  return total / countTargets(target, labels);
}

function lossAt(target: Target, logits: ArrayLike<number>, start: number, label: number, width: number): number {
  const z = logits[start] as number;
  if (target.kind === 'binary') return Math.max(z, 0) - z * label + Math.log1p(Math.exp(-Math.abs(z)));
  if (target.kind === 'value') return (z - label) ** 2;
  if (target.kind === 'next' && label === PADDING) return 0;
  let largest = -Infinity;
  for (let i = start; i < start + width; i++) largest = Math.max(largest, logits[i] as number);
  let sum = 0;
  for (let i = start; i < start + width; i++) sum += Math.exp((logits[i] as number) - largest);
  return Math.log(sum) + largest - (logits[start + label] as number);
}

/** Whether every label is one of the target's. */
export function labelsFit(target: Target, labels: Labels, examples: number): boolean {
  if (labels.length !== examples * labelWidth(target)) return false;
  if (target.kind === 'value') return labels.every(Number.isFinite);
  const codes = target.kind === 'binary' ? 2 : outputWidth(target);
  return labels.every((label) => Number.isInteger(label) && label >= 0 && label < codes);
}
