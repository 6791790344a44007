/** Largest of each channel over all places; the first of equals gets the gradient. */
import { type Tensor, cast, cumsum, equal, max, mul, sub } from '@tensorflow/tfjs-core';
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
      const largest = cast(equal(values as Tensor, each(y as Tensor)), 'float32');
      // How many of them lie before: none at the first.
      const before = sub(cumsum(largest, 1), largest);
      const first = mul(largest, cast(equal(before, 0), 'float32'));
      return { dx: shaped(mul(first, each(dy)), [examples, ...input]), gradients: [] };
    },
  };
}
