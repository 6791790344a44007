/**
 * Codes to vectors, with a learnt place added to each. As products with one-hot rows: the gradient of a look-up is a scatter, which wasm does
 * not have, and an alphabet is small.
 */
import { type Tensor, type Tensor2D, add, cast, matMul, oneHot, reshape, sum } from '@tensorflow/tfjs-core';
import { type Layer, entry } from './layer.ts';

export function embedding(codes: number, units: number): Layer {
  return {
    forward(x, weights) {
      const [rows, steps] = x.shape as [number, number];
      const hot = cast(oneHot(cast(reshape(x, [-1]), 'int32'), codes), 'float32') as Tensor2D;
      const values = reshape(matMul(hot, entry(weights, 0) as Tensor2D), [rows, steps, units]);
      return { y: add(values, entry(weights, 1)), saved: [hot] };
    },
    backward(dy, [hot]) {
      const flat = reshape(dy, [-1, units]) as Tensor2D;
      return { dx: undefined, gradients: [matMul(hot as Tensor2D, flat, true, false), sum(dy as Tensor, 0)] };
    },
  };
}
