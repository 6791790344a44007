/** Layers without weights: pooling and flattening. */
import {
  type Tensor,
  type Tensor4D,
  engine,
  max,
  maxPool,
  mean,
  mul,
  reshape,
  tile,
  equal,
  cast,
  cumsum,
  sub,
} from '@tensorflow/tfjs-core';
import type { Layer } from './layer.ts';

/** Largest of each window of size x size; what does not fill a window at the edge is left out. */
export function maxPool2d(size: number): Layer {
  return {
    forward(x) {
      const y = maxPool(x as Tensor4D, size, size, 'valid');
      return { y, saved: [x, y] };
    },
    backward(dy, saved) {
      const [input, output] = saved as [Tensor4D, Tensor4D];
      const attributes = { filterSize: size, strides: size, pad: 'valid' as const };
      return {
        dx: engine().runKernel('MaxPoolGrad', { dy: dy as Tensor4D, input, output }, attributes),
        gradients: [],
      };
    },
  };
}

/** Mean over all places. */
export function meanPool(): Layer {
  return {
    forward: (x) => ({ y: mean(flatPlaces(x), 1), saved: [x] }),
    backward(dy, [x]) {
      const { shape } = flatPlaces(x as Tensor);
      const [rows, places, channels] = shape as [number, number, number];
      const share = reshape(mul(dy, 1 / places), [rows, 1, channels]);
      return { dx: reshape(tile(share, [1, places, 1]), (x as Tensor).shape), gradients: [] };
    },
  };
}

/** Largest over all places, channel by channel; the first of equals gets the gradient. */
export function maxOver(): Layer {
  return {
    forward(x) {
      const y = max(flatPlaces(x), 1);
      return { y, saved: [x, y] };
    },
    backward(dy, saved) {
      const [x, y] = saved as [Tensor, Tensor];
      const values = flatPlaces(x);
      const [rows, , channels] = values.shape as [number, number, number];
      const largest = cast(equal(values, reshape(y, [rows, 1, channels])), 'float32');
      // 1 at the first largest place: where the running count of them is 1 and it is one of them.
      const before = sub(cumsum(largest, 1), largest);
      const first = mul(largest, cast(equal(before, 0), 'float32'));
      return { dx: reshape(mul(first, reshape(dy, [rows, 1, channels])), x.shape), gradients: [] };
    },
  };
}

export function flatten(): Layer {
  return {
    forward: (x) => ({ y: reshape(x, [x.shape[0] as number, -1]), saved: [x] }),
    backward: (dy, [x]) => ({ dx: reshape(dy, (x as Tensor).shape), gradients: [] }),
  };
}

/** [rows, places, channels] */
function flatPlaces(x: Tensor): Tensor {
  return reshape(x, [x.shape[0] as number, -1, x.shape.at(-1) as number]);
}
