/**
 * Largest of each window of size x size, without overlap. The gradient goes to the largest value; where several are the largest, to
 * each an equal share (a blank picture makes such ties everywhere). Written with element-wise ops, because MaxPoolGrad is wrong on
 * wasm and slow on cpu.
 */
import {
  type Tensor,
  type Tensor4D,
  avgPool,
  cast,
  div,
  equal,
  image,
  mul,
  pad,
  maxPool as pool,
  slice,
} from '@tensorflow/tfjs-core';
import type { PlanOf, TrainingLayer } from './layer.ts';

export function maxPool({ layer, input, output }: PlanOf<'max-pool'>): TrainingLayer {
  const { size } = layer;
  const [height, width, channels] = input as [number, number, number];
  const [rows, columns] = output as [number, number, number];
  const inner: [number, number] = [rows * size, columns * size];
  const whole = inner[0] === height && inner[1] === width;
  const spread = (x: Tensor): Tensor4D => image.resizeNearestNeighbor(x as Tensor4D, inner);
  return {
    forward(x) {
      const y = pool(x as Tensor4D, size, size, 'valid');
      return { y, saved: [x, y] };
    },
    backward(dy, [x, y], _weights, needsInput) {
      if (!needsInput) return { dx: undefined, gradients: [] };
      const seen = whole ? (x as Tensor) : slice(x as Tensor, 0, [dy.shape[0] as number, ...inner, channels]);
      const isLargest = cast(equal(seen, spread(y as Tensor)), 'float32') as Tensor4D;
      const howMany = mul(avgPool(isLargest, size, size, 'valid'), size ** 2);
      const shared = mul(isLargest, spread(div(dy, howMany)));
      const dx = whole
        ? shared
        : pad(shared, [
            [0, 0],
            [0, height - inner[0]],
            [0, width - inner[1]],
            [0, 0],
          ]);
      return { dx, gradients: [] };
    },
  };
}
