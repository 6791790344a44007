import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../core/random.ts';
import { weightLayout } from '../model/spec.ts';
import { BINARY } from '../protocol/target.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import { meanLoss } from './losses.ts';
import { backward, download, forward, planNetwork, uploadWeights } from './network.ts';
import { exampleFeatures, gradientError } from './self-test.ts';

const INPUT_WIDTH = 5;
const SPEC: ModelUse = {
  model: {
    layers: [
      { kind: 'dense', units: 7, activation: 'relu' },
      { kind: 'dense', units: 6, activation: 'tanh' },
      { kind: 'dense', units: 5, activation: 'sigmoid' },
      { kind: 'dense', units: 4, activation: 'linear' },
      { kind: 'dense', units: 1, activation: 'sigmoid' },
    ],
  },
  shape: [INPUT_WIDTH],
  target: BINARY,
};

beforeAll(() => tf.setBackend('cpu'));

test('weights come back as they went', async () => {
  const network = planNetwork(SPEC);
  const flat = Float32Array.from({ length: network.weightCount }, (_, i) => i / 7);
  const tensors = uploadWeights(network, flat);
  expect(tensors.map(({ shape }) => shape)).toEqual(weightLayout(SPEC).tensors.map(({ shape }) => shape));
  expect(await download(network, tensors, new Float32Array(network.weightCount))).toEqual(flat);
  tf.dispose(tensors);
});

/**
 * The same model written with tfjs's layers, given the same weights: its tape is an oracle that shares neither the layers nor the
 * reference. tfjs has no group norm and no attention: those are tested in layers.test.ts.
 */
interface Oracle {
  readonly use: ModelUse;
  readonly layers: () => tf.layers.Layer[];
}
const dense = (units: number, activation: 'relu' | 'tanh' | 'sigmoid' | 'linear', more = {}): tf.layers.Layer =>
  tf.layers.dense({ units, activation, ...more });
const ORACLES: Readonly<Record<string, Oracle>> = {
  dense: {
    use: SPEC,
    layers: () => [
      dense(7, 'relu', { inputShape: [INPUT_WIDTH] }),
      dense(6, 'tanh'),
      dense(5, 'sigmoid'),
      dense(4, 'linear'),
      dense(1, 'linear'),
    ],
  },
  convolution: {
    use: {
      model: {
        layers: [
          { kind: 'conv2d', filters: 4, size: 3, stride: 1, padding: 'same', activation: 'relu' },
          { kind: 'max-pool', size: 2 },
          { kind: 'conv2d', filters: 5, size: 2, stride: 2, padding: 'valid', activation: 'tanh' },
          { kind: 'flatten' },
          { kind: 'dense', units: 1, activation: 'sigmoid' },
        ],
      },
      shape: [9, 8, 2],
      target: BINARY,
    },
    layers: () => [
      tf.layers.conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu', inputShape: [9, 8, 2] }),
      tf.layers.maxPooling2d({ poolSize: 2 }),
      tf.layers.conv2d({ filters: 5, kernelSize: 2, strides: 2, activation: 'tanh' }),
      tf.layers.flatten(),
      dense(1, 'linear'),
    ],
  },
  gru: {
    use: {
      model: {
        layers: [
          { kind: 'gru', units: 4, sequences: true },
          { kind: 'gru', units: 3, sequences: false },
          { kind: 'dense', units: 1, activation: 'sigmoid' },
        ],
      },
      shape: [6, 3],
      target: BINARY,
    },
    layers: () => {
      const more = { recurrentActivation: 'sigmoid', recurrentInitializer: 'glorotUniform' } as const;
      return [
        tf.layers.gru({ units: 4, returnSequences: true, inputShape: [6, 3], ...more }),
        tf.layers.gru({ units: 3, ...more }),
        dense(1, 'linear'),
      ];
    },
  },
};

describe('against tfjs-layers and its gradient tape', () => {
  test.each(Object.keys(ORACLES))('loss and gradient of %s agree to 1e-5', async (name) => {
    const { use, layers } = ORACLES[name] as Oracle;
    const network = planNetwork(use);
    const random = new SeededRandom(new Uint8Array(12).fill(5));
    const flat = Float32Array.from({ length: network.weightCount }, () => 1.6 * random.uniform() - 0.8);
    const rows = 9;
    const features = tf.tensor(exampleFeatures(network, rows, random), [rows, ...network.input]);
    const labelValues = Float32Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const labels = tf.tensor2d(labelValues, [rows, 1]);

    const oracle = tf.sequential({ layers: layers() });
    const tensors = uploadWeights(network, flat);
    oracle.setWeights(tensors);
    const { value, grads } = tf.variableGrads(
      () => tf.losses.sigmoidCrossEntropy(labels, oracle.apply(features) as tf.Tensor2D) as tf.Scalar,
    );
    const expected = oracle.trainableWeights.map((weight) => grads[weight.name]?.dataSync());

    const { gradients, logits } = tf.tidy(() => {
      const pass = forward(network, tensors, features);
      const error = tf.mul(tf.sub(tf.sigmoid(pass.logits), labels), 1 / rows);
      return { gradients: backward(network, tensors, pass, error), logits: pass.logits };
    });
    expect(meanLoss(BINARY, logits.dataSync(), labelValues)).toBeCloseTo(value.dataSync()[0] ?? Number.NaN, 6);
    const actual = gradients.map((gradient) => gradient.dataSync());
    for (const [i, reference] of expected.entries()) {
      const size = Math.max(...(reference ?? []).map(Math.abs));
      reference?.forEach((x, j) => expect(Math.abs(x - (actual[i]?.[j] ?? Number.NaN)) / size).toBeLessThan(1e-5));
    }
  });
});

describe('the self-test', () => {
  test('passes a right backend and leaves no tensor', async () => {
    const before = tf.memory().numTensors;
    expect(await gradientError(planNetwork(SPEC))).toBeLessThan(1e-5);
    expect(tf.memory().numTensors).toBe(before);
  });

  test.each(['_FusedMatMul', 'BatchMatMul', 'Sum', 'Step'])('catches a %s that is wrong', async (name) => {
    const kernel = tf.getKernel(name, 'cpu');
    tf.unregisterKernel(name, 'cpu');
    tf.registerKernel({
      ...kernel,
      kernelFunc: (params) => {
        const out = kernel.kernelFunc(params) as tf.TensorInfo;
        const { data } = params.backend as { data: { get(id: object): { values: Float32Array } } };
        const { values } = data.get(out.dataId);
        for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * 1.01;
        return out;
      },
    });
    try {
      expect(await gradientError(planNetwork(SPEC))).toBeGreaterThan(1e-3);
    } finally {
      tf.unregisterKernel(name, 'cpu');
      tf.registerKernel(kernel);
    }
  });
});

test('cross-entropy is exact where a naive formula overflows', () => {
  expect(meanLoss(BINARY, [1000, -1000, 0, 1000], Uint8Array.of(1, 0, 1, 0))).toBeCloseTo(
    (0 + 0 + Math.LN2 + 1000) / 4,
    12,
  );
});
