/** Largest of each window of size x size, without overlap; what does not fill a window at the edge is left out. */
import { type Tensor, type Tensor4D, engine, maxPool as pool } from '@tensorflow/tfjs-core';
import type { PlanOf, TrainingLayer } from './layer.ts';

export function maxPool({ layer: { size } }: PlanOf<'max-pool'>): TrainingLayer {
  return {
    forward(x) {
      const y = pool(x as Tensor4D, size, size, 'valid');
      return { y, saved: [x, y] };
    },
    backward(dy, [input, output], _weights, needsInput) {
      if (!needsInput) return { dx: undefined, gradients: [] };
      const inputs = { dy, input: input as Tensor, output: output as Tensor };
      const attributes = { filterSize: size, strides: size, pad: 'valid' as const };
      return { dx: engine().runKernel('MaxPoolGrad', inputs, attributes), gradients: [] };
    },
  };
}
