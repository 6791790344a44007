import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, test } from 'vitest';
import { SeededRandom } from '../core/random.ts';
import type { Target } from '../protocol/data-spec.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import { meanLoss } from './losses.ts';
import { backward, downloadWeights, forward, planNetwork, uploadWeights } from './network.ts';
import { gradientError } from './self-test.ts';

const INPUT_WIDTH = 5;
const LAYERS = [
  { units: 7, activation: 'relu' },
  { units: 6, activation: 'tanh' },
  { units: 5, activation: 'sigmoid' },
  { units: 4, activation: 'linear' },
  { units: 1, activation: 'sigmoid' },
] as const;
const TARGET: Target = { kind: 'binary', names: ['no', 'yes'] };
const USE: ModelUse = {
  model: { layers: LAYERS.map((layer) => ({ kind: 'dense', ...layer })) },
  shape: [INPUT_WIDTH],
  target: TARGET,
};

beforeAll(() => tf.setBackend('cpu'));

test('weights come back as they went', async () => {
  const network = planNetwork(USE);
  const flat = Float32Array.from({ length: network.weightCount }, (_, i) => i / 7);
  const tensors = uploadWeights(network, flat);
  expect(await downloadWeights(network, tensors)).toEqual(flat);
  tf.dispose(tensors);
});

describe('against tfjs-layers and its gradient tape', () => {
  test('loss and gradient agree to 1e-5', async () => {
    const network = planNetwork(USE);
    const random = new SeededRandom(new Uint8Array(12).fill(5));
    const flat = Float32Array.from({ length: network.weightCount }, () => 1.6 * random.uniform() - 0.8);
    const rows = 9;
    const features = tf.tensor2d(
      Float32Array.from({ length: rows * INPUT_WIDTH }, () => 2 * random.uniform() - 1),
      [rows, INPUT_WIDTH],
    );
    const labelValues = Float32Array.from({ length: rows }, (_, i) => (i % 3 === 0 ? 1 : 0));
    const labels = tf.tensor2d(labelValues, [rows, 1]);

    const oracle = tf.sequential({
      layers: LAYERS.map(({ units, activation }, i) =>
        tf.layers.dense({
          units,
          activation: i === LAYERS.length - 1 ? 'linear' : activation,
          ...(i === 0 ? { inputShape: [INPUT_WIDTH] } : {}),
        }),
      ),
    });
    const tensors = uploadWeights(network, flat);
    oracle.setWeights(tensors);
    const { value, grads } = tf.variableGrads(
      () => tf.losses.sigmoidCrossEntropy(labels, oracle.apply(features) as tf.Tensor2D) as tf.Scalar,
    );
    const expected = oracle.trainableWeights.map((weight) => grads[weight.name]?.dataSync());

    const { gradients, logits } = tf.tidy(() => {
      const pass = forward(network, tensors, features);
      return { gradients: backward(network, tensors, pass, labels, tf.scalar(1 / rows)), logits: pass.logits };
    });
    expect(meanLoss(TARGET, logits.dataSync<'float32'>(), labelValues)).toBeCloseTo(
      value.dataSync()[0] ?? Number.NaN,
      6,
    );
    const actual = gradients.map((gradient) => gradient.dataSync<'float32'>());
    for (const [i, reference] of expected.entries()) {
      const size = Math.max(...(reference ?? []).map(Math.abs));
      reference?.forEach((x, j) => expect(Math.abs(x - (actual[i]?.[j] ?? Number.NaN)) / size).toBeLessThan(1e-5));
    }
  });
});

describe('the self-test', () => {
  test('passes a right backend and leaves no tensor', async () => {
    const before = tf.memory().numTensors;
    expect(await gradientError(USE, planNetwork(USE))).toBeLessThan(1e-5);
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
      expect(await gradientError(USE, planNetwork(USE))).toBeGreaterThan(1e-3);
    } finally {
      tf.unregisterKernel(name, 'cpu');
      tf.registerKernel(kernel);
    }
  });
});

test('cross-entropy is exact where a naive formula overflows', () => {
  expect(meanLoss(TARGET, [1000, -1000, 0, 1000], [1, 0, 1, 0])).toBeCloseTo((0 + 0 + Math.LN2 + 1000) / 4, 12);
});
