import * as tf from '@tensorflow/tfjs';
import '@tensorflow/tfjs-backend-wasm';
import { beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../../core/random.ts';
import { installWasmKernels } from './index.ts';

const random = new SeededRandom(new Uint8Array(12).fill(3));
const values = (size: number, shift = 0): Float32Array =>
  Float32Array.from({ length: size }, () => 2 * random.uniform() - 1 + shift);
const pick = <T>(...of: readonly T[]): T => of[random.below(of.length)] as T;

interface Input {
  readonly values: Float32Array | Int32Array;
  readonly shape: number[];
}
const input = (shape: number[], shift = 0): Input => ({ shape, values: values(tf.util.sizeFromShape(shape), shift) });

async function on(
  backend: string,
  inputs: readonly Input[],
  compute: (tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
): Promise<Float32Array[]> {
  await tf.setBackend(backend);
  const before = tf.memory().numTensors;
  const outputs = tf.tidy(() => {
    const tensors = inputs.map(({ values: v, shape }) =>
      tf.tensor(v, shape, v instanceof Int32Array ? 'int32' : 'float32'),
    );
    return [compute(tensors)].flat();
  });
  const read = await Promise.all(outputs.map((tensor) => tensor.data<'float32'>()));
  tf.dispose(outputs);
  expect(tf.memory().numTensors).toBe(before);
  return read;
}

/** Both backends on the same numbers: largest difference over largest value at most 1e-5, and nothing leaked. */
async function agree(
  inputs: readonly Input[],
  compute: (tensors: tf.Tensor[]) => tf.Tensor | tf.Tensor[],
): Promise<void> {
  const expected = await on('cpu', inputs, compute);
  const actual = await on('wasm', inputs, compute);
  expect(actual.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
  for (const [i, reference] of expected.entries()) {
    const size = reference.reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
    const difference = reference.reduce(
      (most, x, j) => Math.max(most, Math.abs(x - (actual[i]?.[j] ?? Number.NaN))),
      0,
    );
    expect(difference / size).toBeLessThanOrEqual(1e-5);
  }
}

/** Gradients of sum(f(inputs) * random weights) with respect to all inputs. */
const gradients =
  (f: (...tensors: tf.Tensor[]) => tf.Tensor, seed: number) =>
  (tensors: tf.Tensor[]): tf.Tensor[] =>
    tf.grads((...of: tf.Tensor[]) => {
      const out = f(...of);
      const weights = new SeededRandom(new Uint8Array(12).fill(seed));
      return tf.sum(
        tf.mul(
          out,
          tf.tensor(
            Float32Array.from({ length: out.size }, () => weights.uniform() - 0.5),
            out.shape,
          ),
        ),
      );
    })(tensors);

describe('dense family', () => {
  beforeAll(() => installWasmKernels('dense'));

  test('takes the wrong kernels away', async () => {
    await tf.setBackend('wasm');
    expect(() =>
      tf.tidy(() => gradients((x) => tf.maxPool3d(x as tf.Tensor5D, 2, 2, 'valid'), 1)([tf.ones([1, 4, 4, 4, 1])])),
    ).toThrow(/MaxPool3DGrad/);
  });

  test('matrix products with any transposition', async () => {
    for (let round = 0; round < 12; round++) {
      const [m, k, n] = [1 + random.below(40), 1 + random.below(40), 1 + random.below(40)];
      const [flipA, flipB] = [pick(true, false), pick(true, false)];
      await agree([input(flipA ? [k, m] : [m, k]), input(flipB ? [n, k] : [k, n])], ([a, b]) =>
        tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, flipA, flipB),
      );
    }
    await agree([input([3, 4, 5]), input([3, 4, 6])], ([a, b]) =>
      tf.matMul(a as tf.Tensor3D, b as tf.Tensor3D, true, false),
    );
  });

  test('products of few rows with large weights, which are turned', async () => {
    const weights = input([260, 300]);
    for (const activation of ['linear', 'relu', 'sigmoid'] as const) {
      for (const bias of [[input([300])], []]) {
        await agree([input([7, 260]), weights, ...bias], ([a, b, c]) =>
          tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, activation, ...(c && { bias: c }) }),
        );
      }
    }
    await agree([input([7, 300]), weights], ([a, b]) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, false, true));
  });

  // Numeric padding only for square filters and strides: core computes the size of the output from the height alone.
  test('convolution and its gradients', async () => {
    for (let round = 0; round < 40; round++) {
      const [height, width, channels, filters] = [
        5 + random.below(8),
        5 + random.below(8),
        1 + random.below(4),
        1 + random.below(5),
      ];
      const pad = pick<'same' | 'valid' | 1 | [[0, 0], [number, number], [number, number], [0, 0]]>(
        'same',
        'valid',
        1,
        [
          [0, 0],
          [1, 0],
          [0, 2],
          [0, 0],
        ],
      );
      const side = 1 + random.below(4);
      const stride = 1 + random.below(3);
      const filter: [number, number] = pad === 1 ? [side, side] : [side, 1 + random.below(4)];
      const strides: [number, number] = pad === 1 ? [stride, stride] : [stride, 1 + random.below(3)];
      const rounding = typeof pad === 'string' ? undefined : 'floor';
      const convolve = (x: tf.Tensor, w: tf.Tensor): tf.Tensor =>
        tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, strides, pad, 'NHWC', 1, rounding);
      await agree(
        [input([1 + random.below(3), height, width, channels]), input([...filter, channels, filters])],
        ([x, w]) => [
          convolve(x as tf.Tensor, w as tf.Tensor),
          ...gradients(convolve, round + 1)([x as tf.Tensor, w as tf.Tensor]),
        ],
      );
    }
  });

  test('depthwise convolution with a stride above the filter', async () => {
    await agree([input([2, 8, 5, 2]), input([1, 2, 2, 2])], ([x, w]) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 3, 'same'),
    );
  });
});

describe('all families', () => {
  beforeAll(() => installWasmKernels('all'));

  test('max pool in 2 and 3 dimensions, with maxima that are all negative', async () => {
    for (const shift of [0, -3, 3]) {
      for (let round = 0; round < 6; round++) {
        const [size, stride] = [2 + random.below(2), 1 + random.below(3)];
        const pad = pick<'same' | 'valid'>('same', 'valid');
        await agree(
          [input([2, 7, 6, 3], shift)],
          gradients((x) => tf.maxPool(x as tf.Tensor4D, size, stride, pad), round + 1),
        );
        await agree(
          [input([2, 5, 6, 4, 2], shift)],
          gradients((x) => tf.maxPool3d(x as tf.Tensor5D, size, stride, pad), round + 1),
        );
      }
    }
  });

  test('depthwise convolution', async () => {
    for (const stride of [1, 2]) {
      for (const pad of ['same', 'valid'] as const) {
        await agree(
          [input([2, 7, 6, 3]), input([3, 2, 3, 2])],
          gradients((x, w) => tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, stride, pad), 5),
        );
      }
    }
  });

  test('3-D convolution', async () => {
    for (const stride of [1, 2]) {
      await agree(
        [input([2, 5, 6, 5, 2]), input([2, 3, 2, 2, 3])],
        gradients((x, w) => tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, stride, 'same'), 6),
      );
    }
  });

  test('embedding look-up', async () => {
    const rows: Input = { shape: [8], values: Int32Array.of(0, 3, 3, 1, 4, 0, 3, 2) };
    await agree([input([5, 4]), rows], ([table, index]) =>
      tf.grad((t) => tf.sum(tf.square(tf.gather(t, index as tf.Tensor1D))))(table as tf.Tensor),
    );
  });

  test('einsum', async () => {
    await agree([input([2, 3, 4]), input([2, 4, 5])], ([a, b]) =>
      tf.einsum('bij,bjk->bik', a as tf.Tensor, b as tf.Tensor),
    );
    await agree([input([3, 4]), input([4])], ([a, b]) => tf.einsum('ij,j->i', a as tf.Tensor, b as tf.Tensor));
  });
});
