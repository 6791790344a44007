/** Rows as the device takes them. */
import { type Tensor, type Tensor2D, tensor, tensor2d } from '@tensorflow/tfjs-core';
import type { Labels } from './losses.ts';
import type { Network } from './network.ts';

export interface Batch {
  /** Copies the rows at the named places to the batch's places from `at` on. */
  fill(rows: { readonly features: Float32Array; readonly labels: Labels }, picked: Uint32Array, at?: number): void;
  /** Labels of the first rows. */
  values(count: number): Float32Array;
  /** Tensors of the first rows. Call within tidy. */
  tensors(count: number): { readonly x: Tensor; readonly labels: Tensor2D };
}

/**
 * Gathers rows into device tensors. One pair of arrays serves all batches: by the time of the next one, the backend has copied
 * it or its tensor was disposed.
 */
export function createBatch({ input, inputWidth, labelWidth }: Network, batchSize: number): Batch {
  const rowsOfFeatures = new Float32Array(batchSize * inputWidth);
  const values = new Float32Array(batchSize * labelWidth);
  return {
    fill({ features, labels }, picked, at = 0) {
      for (let i = 0; i < picked.length; i++) {
        const row = picked[i] as number;
        const from = row * inputWidth;
        const to = (at + i) * inputWidth;
        for (let j = 0; j < inputWidth; j++) rowsOfFeatures[to + j] = features[from + j] as number;
        for (let j = 0; j < labelWidth; j++) values[(at + i) * labelWidth + j] = labels[row * labelWidth + j] as number;
      }
    },
    values: (count) => values.subarray(0, count * labelWidth),
    tensors(count) {
      const targets = count * labelWidth;
      return {
        x: tensor(rowsOfFeatures.subarray(0, count * inputWidth), [count, ...input], 'float32'),
        labels: tensor2d(values.subarray(0, targets), [targets, 1]),
      };
    },
  };
}
