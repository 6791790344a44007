/**
 * The row of each code, plus the row of its place in the text. The gradient of the table is a product with the codes as 0 and 1, which is
 * fast on every backend; tfjs's own way, UnsortedSegmentSum, is missing on wasm.
 */
import {
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  add,
  cast,
  gather,
  matMul,
  oneHot,
  sum,
} from '@tensorflow/tfjs-core';
import { type PlanOf, type TrainingLayer, shaped } from './layer.ts';

export function embedding({ layer, output }: PlanOf<'embedding'>): TrainingLayer {
  const { codes, units } = layer;
  return {
    forward(x, [table, places]) {
      const index = cast(shaped(x, [x.size]), 'int32') as Tensor1D;
      const rows = shaped(gather(table as Tensor2D, index), [x.shape[0] as number, ...output]);
      return { y: add(rows, places as Tensor), saved: [index] };
    },
    backward(dy, [index]) {
      const rows = shaped<Tensor2D>(dy, [dy.size / units, units]);
      const chosen = cast(oneHot(index as Tensor1D, codes), 'float32') as Tensor2D;
      return { dx: undefined, gradients: [matMul(chosen, rows, true, false), sum(dy, 0)] };
    },
  };
}
