/** Mean over all places of each channel. */
import { type Tensor, div, mean, ones, mul } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../protocol/model-shapes.ts';
import { type PlanOf, type TrainingLayer, shaped } from './layer.ts';

export function meanPool({ input }: PlanOf<'mean-pool'>): TrainingLayer {
  const channels = input.at(-1) as number;
  const places = sizeOf(input) / channels;
  return {
    forward: (x) => ({ y: mean(shaped(x, [x.shape[0] as number, places, channels]), 1), saved: [] }),
    backward(dy, _saved, _weights, needsInput) {
      if (!needsInput) return { dx: undefined, gradients: [] };
      const examples = dy.shape[0] as number;
      const each: Tensor = div(shaped(dy, [examples, 1, channels]), places);
      return { dx: shaped(mul(ones([examples, places, 1]), each), [examples, ...input]), gradients: [] };
    },
  };
}
