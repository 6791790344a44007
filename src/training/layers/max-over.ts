/** Largest of each channel over all places; the first of equals gets the gradient. */
import { type Tensor, cumsum, max, mul, step, sub } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../protocol/model-shapes.ts';
import { type PlanOf, type TrainingLayer, shaped } from './layer.ts';

export function maxOver({ input }: PlanOf<'max-over'>): TrainingLayer {
  const channels = input.at(-1) as number;
  const places = sizeOf(input) / channels;
  return {
    forward(x) {
      const values = shaped<Tensor>(x, [x.shape[0] as number, places, channels]);
      const y = max<Tensor>(values, 1);
      return { y, saved: [values, y] };
    },
    backward(dy, [values, y], _weights, needsInput) {
      if (!needsInput) return { dx: undefined, gradients: [] };
      const examples = dy.shape[0] as number;
      const each = (x: Tensor): Tensor => shaped(x, [examples, 1, channels]);
      // 1 where a difference is 0. Comparing with a smaller shape would say the same, but on wasm it took longer than all else.
      const isZero = (difference: Tensor): Tensor => sub(1, step(difference));
      const largest = isZero(sub(each(y as Tensor), values as Tensor));
      // How many of them lie before: none at the first.
      const first = mul(largest, isZero(sub(cumsum(largest, 1), largest)));
      return { dx: shaped(mul(first, each(dy)), [examples, ...input]), gradients: [] };
    },
  };
}
