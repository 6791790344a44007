/** Training of a model with frozen and private layers: what moves, what stays to the bit, and what holds it. */
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, test } from 'vitest';
import { SeededRandom } from '../core/random.ts';
import { predict } from '../model/forward.ts';
import { initialWeights } from '../model/initialise.ts';
import { gather } from '../model/parts.ts';
import { weightLayout } from '../model/spec.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import type { ModelSpec } from '../protocol/model-spec.ts';
import type { TrainerJob } from '../protocol/ports.ts';
import { BINARY } from '../protocol/target.ts';
import { planNetwork } from './network.ts';
import { recordRandomness } from './records.ts';
import { exampleFeatures, exampleLabels } from './self-test.ts';
import { createTrainer } from './trainer.ts';

const model: ModelSpec = {
  layers: [
    { kind: 'conv2d', filters: 4, size: 3, stride: 1, padding: 'same', activation: 'relu' },
    { kind: 'group-norm', groups: 2, activation: 'relu' },
    { kind: 'dense', units: 8, activation: 'relu' },
    { kind: 'dense', units: 6, activation: 'linear' },
    { kind: 'mean-pool' },
    { kind: 'dense', units: 1, activation: 'sigmoid' },
  ],
};
const use: ModelUse = {
  model: { ...model, adapter: { kind: 'lora', rank: 2, alpha: 4, head: 'trained' }, private: [1] },
  shape: [5, 4, 2],
  target: BINARY,
};
const layout = weightLayout(use);
const rows = 12;
const random = new SeededRandom(new Uint8Array(12).fill(3));
const job: TrainerJob = {
  weights: await initialWeights(use, new Uint8Array(32).fill(1)),
  features: exampleFeatures(planNetwork(use), rows, random),
  labels: exampleLabels(planNetwork(use), rows, random),
  rows,
  epochs: 3,
  batchSize: 4,
  learningRate: 0.1,
  l2: 0.001,
  seed: new Uint8Array(32).fill(2),
};

describe.each(['cpu', 'wasm'] as const)('on %s', (backend) => {
  const start = () =>
    createTrainer({
      spec: use,
      prefer: [backend],
      randomness: recordRandomness((length) => new Uint8Array(length).fill(7)),
    });

  test('frozen weights stay to the bit, shared and private ones learn, nothing leaks', async () => {
    const trainer = await start();
    const before = tf.memory().numTensors;
    const variants: Partial<TrainerJob>[] = [
      {},
      { proximal: 0.5, correction: new Float32Array(layout.length).fill(0.1), clip: 1 },
      { records: { clip: 1, noise: 0.5, rate: 0.5 }, steps: 4 },
    ];
    for (const variant of variants) {
      const { weights } = await trainer.train({ ...job, ...variant });
      expect(gather(layout, 'frozen', weights)).toEqual(gather(layout, 'frozen', job.weights));
      for (const part of ['shared', 'private'] as const)
        expect(gather(layout, part, weights)).not.toEqual(gather(layout, part, job.weights));
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  test('an adapter at its beginning is the model that it adapts, and learns to say something else', async () => {
    const trainer = await start();
    const plain = weightLayout({ ...use, model });
    const own = layout.tensors.filter(({ isAdapter }) => !isAdapter);
    const bare = new Float32Array(plain.length);
    for (const [i, { offset, length }] of own.entries())
      bare.set(job.weights.subarray(offset, offset + length), plain.tensors[i]?.offset);
    const expected = predict({ ...use, model }, bare, job.features, rows);
    const begun = await trainer.predict(job.weights, job.features, rows);
    begun.forEach((score, i) => expect(score).toBeCloseTo(expected[i] as number, 5));
    const { weights } = await trainer.train({ ...job, epochs: 20 });
    const learnt = await trainer.predict(weights, job.features, rows);
    const reference = predict(use, weights, job.features, rows);
    learnt.forEach((score, i) => expect(score).toBeCloseTo(reference[i] as number, 4));
    expect(learnt).not.toEqual(begun);
  });

  test('FedProx holds what all sites share near the model received, and lets private layers go', async () => {
    const trainer = await start();
    // So strong that a step takes a shared weight back to where it began.
    const { weights } = await trainer.train({ ...job, l2: 0, proximal: 10, epochs: 6, learningRate: 0.1 });
    const free = await trainer.train({ ...job, l2: 0, epochs: 6 });
    const way = (part: 'shared' | 'private', to: Float32Array): number => {
      const from = gather(layout, part, job.weights);
      return Math.hypot(...gather(layout, part, to).map((weight, i) => weight - (from[i] as number)));
    };
    expect(way('shared', weights)).toBeLessThan(way('shared', free.weights) / 3);
    expect(way('private', weights)).toBeGreaterThan(way('private', free.weights) / 3);
  });
});
