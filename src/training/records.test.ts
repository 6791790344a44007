import * as tf from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import { type RandomBytes, SeededRandom } from '../core/random.ts';
import { initialWeights } from '../model/initialise.ts';
import { BINARY } from '../protocol/target.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import type { TrainerJob } from '../protocol/ports.ts';
import { startBackend } from './backends.ts';
import { lossGradient } from './losses.ts';
import { backward, forward, planNetwork, trainedOf, uploadWeights } from './network.ts';
import { clippedGradients, clipsTogether, sampleRecords } from './records.ts';
import { exampleFeatures, exampleLabels } from './self-test.ts';
import { type Trainer, createTrainer } from './trainer.ts';

const random: RandomBytes = (() => {
  const seeded = new SeededRandom(new Uint8Array(12).fill(8));
  return (length: number) => Uint8Array.from({ length }, () => seeded.below(256));
})();

const DENSE: ModelUse = {
  model: {
    layers: [
      { kind: 'dense', units: 6, activation: 'tanh' },
      { kind: 'dense', units: 1, activation: 'sigmoid' },
    ],
  },
  shape: [4],
  target: BINARY,
};
/** Dense layers over steps, where the norm comes from Gram matrices. */
const STEPS: ModelUse = {
  model: {
    layers: [
      { kind: 'dense', units: 5, activation: 'tanh' },
      { kind: 'dense', units: 3, activation: 'relu' },
      { kind: 'mean-pool' },
      { kind: 'dense', units: 4, activation: 'linear' },
    ],
  },
  shape: [6, 4],
  target: { kind: 'classes', names: ['a', 'b', 'c', 'd'] },
};

const adapted = (use: ModelUse): ModelUse => ({
  ...use,
  model: { ...use.model, adapter: { kind: 'lora', rank: 1, alpha: 2, head: 'trained' } },
});
/** A frozen layer that knows no norms of its own does not stand in the way. */
const BEHIND: ModelUse = {
  model: {
    layers: [
      { kind: 'conv1d', filters: 4, size: 3, stride: 1, padding: 'same', activation: 'tanh' },
      ...STEPS.model.layers,
    ],
  },
  shape: [6, 3],
  target: STEPS.target,
};

describe('ghost clipping', () => {
  beforeAll(() => startBackend({ prefer: ['cpu'] }));

  test.each([
    ['dense layers', DENSE],
    ['dense layers over steps', STEPS],
    ['adapters', adapted(DENSE)],
    ['adapters over steps behind a frozen layer', adapted(BEHIND)],
  ])('of %s is the sum of clipped batch-1 gradients to 1e-5', async (_, use) => {
    const network = planNetwork(use);
    expect(clipsTogether(network)).toBe(true);
    const seeded = new SeededRandom(new Uint8Array(12).fill(2));
    const rows = 7;
    const features = exampleFeatures(network, rows, seeded);
    const labels = Float32Array.from(exampleLabels(network, rows, seeded));
    // An adapter's second kernel begins at 0, where its first has no gradient.
    const flat = (await initialWeights(use, new Uint8Array(32).fill(1))).map((weight) => weight || 0.2);
    const weights = uploadWeights(network, flat);
    const x = tf.tensor(features, [rows, ...network.input]);
    const y = tf.tensor2d(labels, [rows, 1]);

    const expected = trainedOf(network, network.tensors).map(({ length }) => new Float64Array(length));
    const norms: number[] = [];
    const ofOne: Float32Array[][] = [];
    for (let row = 0; row < rows; row++) {
      const gradients = tf.tidy(() => {
        const pass = forward(network, weights, tf.slice(x, row, 1));
        return backward(network, weights, pass, lossGradient(network.target, pass.logits, tf.slice(y, row, 1)));
      });
      ofOne.push(await Promise.all(gradients.map((each) => each.data<'float32'>())));
      norms.push(
        Math.sqrt((ofOne[row] ?? []).flatMap((each) => [...each]).reduce((sum, value) => sum + value * value, 0)),
      );
      tf.dispose(gradients);
    }
    // Some are clipped and some are not.
    const clip = norms.toSorted((a, b) => a - b)[3] as number;
    for (const [row, gradients] of ofOne.entries()) {
      const factor = Math.min(1, clip / (norms[row] as number));
      for (const [i, gradient] of gradients.entries())
        gradient.forEach((value, j) => {
          const sum = expected[i] as Float64Array;
          sum[j] = (sum[j] as number) + factor * value;
        });
    }
    const together = tf.tidy(() => clippedGradients(network, weights, { x, labels: y }, clip));
    for (const [i, gradient] of together.entries())
      (await gradient.data()).forEach((value, j) =>
        expect(Math.abs(value - (expected[i]?.[j] ?? Number.NaN))).toBeLessThan(1e-5),
      );
    tf.dispose([...weights, ...together, x, y]);
  });

  test('clips record by record where a layer cannot tell its norm', () => {
    const convolution: ModelUse = {
      model: {
        layers: [
          { kind: 'conv2d', filters: 2, size: 3, stride: 1, padding: 'same', activation: 'relu' },
          { kind: 'flatten' },
          { kind: 'dense', units: 1, activation: 'sigmoid' },
        ],
      },
      shape: [4, 4, 1],
      target: BINARY,
    };
    expect(clipsTogether(planNetwork(convolution))).toBe(false);
  });
});

describe('private training', () => {
  let trainer: Trainer;
  const normals = (length: number): Float64Array => new Float64Array(length).fill(0.5);
  beforeAll(async () => {
    trainer = await createTrainer({
      spec: { model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] }, shape: [1], target: BINARY },
      prefer: ['cpu'],
      randomness: { normals, random },
    });
  });
  const job = (more: Partial<TrainerJob> = {}): TrainerJob => ({
    weights: Float32Array.of(0, 0),
    features: Float32Array.of(3, 1),
    labels: Uint8Array.of(1, 0),
    rows: 2,
    steps: 1,
    batchSize: 1,
    learningRate: 0.1,
    l2: 0,
    seed: new Uint8Array(32),
    records: { clip: 1, noise: 0.2, rate: 1 },
    ...more,
  });

  test('one step is the step worked by hand', async () => {
    // sigmoid(0) - 1 = -0.5: gradient (-1.5, -0.5) of norm 1.58114 is clipped to (-0.948683, -0.316228); the second, (0.5, 0.5) of norm
    // 0.707107, stays; noise 0.5 * 0.2 * 1 = 0.1. Sum (-0.348683, 0.283772), over 2 records, times 0.1.
    const before = tf.memory().numTensors;
    const { weights, steps } = await trainer.train(job());
    expect(steps).toBe(1);
    expect(weights[0]).toBeCloseTo(0.0174342, 6);
    expect(weights[1]).toBeCloseTo(-0.0141886, 6);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('an epoch has 1 / rate steps, and a step may have no record', async () => {
    const { steps } = await trainer.train(
      job({ steps: undefined, epochs: 2, records: { clip: 1, noise: 0.2, rate: 0.1 } }),
    );
    expect(steps).toBe(20);
  });

  test('refuses without secret randomness, and clipping twice', async () => {
    const plain = await createTrainer({ spec: DENSE, prefer: ['cpu'] });
    await expect(
      plain.train(job({ weights: new Float32Array(37), features: new Float32Array(8) })),
    ).rejects.toMatchObject({ code: 'refused' });
    await expect(trainer.train(job({ clip: 1 }))).rejects.toMatchObject({ code: 'bad-input' });
  });

  test('draws each record with its own chance', () => {
    // 20,000 draws of chance 0.3: 6,000, standard deviation 64.8.
    expect(Math.abs(sampleRecords(20_000, 0.3, random).length - 6_000)).toBeLessThan(5 * 65);
    expect(sampleRecords(5, 1, random)).toEqual(Uint32Array.of(0, 1, 2, 3, 4));
  });
});
