import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { SeededRandom } from '../core/random.ts';
import { predict } from '../model/forward.ts';
import { initialWeights } from '../model/initialise.ts';
import { BINARY } from '../protocol/target.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import type { ModelSpec } from '../protocol/model-spec.ts';
import type { TrainerJob } from '../protocol/ports.ts';
import { type Trainer, createTrainer } from './trainer.ts';

const MODEL: ModelSpec = {
  layers: [
    { kind: 'dense', units: 8, activation: 'tanh' },
    { kind: 'dense', units: 6, activation: 'relu' },
    { kind: 'dense', units: 1, activation: 'sigmoid' },
  ],
};
const specOf = (width: number): ModelUse => ({ model: MODEL, shape: [width], target: BINARY });
const SEED = new Uint8Array(32).fill(7);

/** Rows whose label is the sign of a product of two features: XOR with two inputs, plus noise columns. */
async function job(inputWidth: number, rows: number, more: Partial<TrainerJob> = {}): Promise<TrainerJob> {
  const random = new SeededRandom(SEED);
  const features = Float32Array.from({ length: rows * inputWidth }, () => 2 * random.uniform() - 1);
  const labels = Uint8Array.from({ length: rows }, (_, i) =>
    (features[i * inputWidth] as number) * (features[i * inputWidth + 1] as number) > 0 ? 1 : 0,
  );
  const weights = await initialWeights(specOf(inputWidth), SEED);
  return { weights, features, labels, rows, epochs: 1, batchSize: 16, learningRate: 0.3, l2: 0, seed: SEED, ...more };
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] as number))), 0);

describe.each(['wasm', 'cpu'] as const)('on %s', (backend) => {
  let trainer: Trainer;
  beforeAll(async () => {
    trainer = await createTrainer({ spec: specOf(2), prefer: [backend] });
  });
  afterEach(() => vi.restoreAllMocks());

  test('names the backend and the check it passed', () => {
    expect(trainer.backend).toBe(backend);
    expect(trainer.report.trials.at(-1)?.gradientError).toBeLessThan(1e-5);
  });

  test('learns XOR', async () => {
    const work = await job(2, 200, { epochs: 60 });
    const { weights, loss, steps } = await trainer.train(work);
    expect(steps).toBe(60 * 13);
    expect(loss).toBeLessThan(0.15);
    const scores = await trainer.predict(weights, work.features, work.rows);
    const right = scores.filter((score, i) => score > 0.5 === (work.labels[i] === 1)).length;
    expect(right / work.rows).toBeGreaterThan(0.95);
    expect(largestDifference(scores, predict(specOf(2), weights, work.features, work.rows))).toBeLessThan(1e-5);
  });

  test('gives the same bits again, and others with another seed', async () => {
    const work = await job(2, 50, { epochs: 3, l2: 0.01 });
    const first = await trainer.train(work);
    const again = await trainer.train(work);
    const other = await trainer.train({ ...work, seed: new Uint8Array(32).fill(8) });
    expect(new Uint8Array(again.weights.buffer)).toEqual(new Uint8Array(first.weights.buffer));
    expect(again.loss).toBe(first.loss);
    expect(other.weights).not.toEqual(first.weights);
  });

  test('leaves its inputs alone', async () => {
    const work = await job(2, 50);
    const copy = structuredClone({ weights: work.weights, features: work.features, labels: work.labels });
    await trainer.train(work);
    expect(work).toMatchObject(copy);
  });

  test('keeps the number of tensors constant and reads nothing synchronously', async () => {
    const before = tf.memory().numTensors;
    const dataSync = vi.spyOn(tf.Tensor.prototype, 'dataSync');
    const during = new Set<number>();
    const work = await job(2, 64, { epochs: 20, l2: 0.01, onStep: () => during.add(tf.memory().numTensors) });
    await trainer.train(work);
    await trainer.predict(work.weights, work.features, work.rows);
    expect(during.size).toBe(1);
    expect(tf.memory().numTensors).toBe(before);
    expect(dataSync).not.toHaveBeenCalled();
  });

  test('reports at most every tenth step and the last one', async () => {
    const seen: { step: number; steps: number; loss: number; stepMs: number }[] = [];
    await trainer.train(await job(2, 80, { epochs: 5, onStep: (progress) => seen.push(progress) }));
    expect(seen.map(({ step }) => step)).toEqual([10, 20, 25]);
    for (const { steps, loss, stepMs } of seen) {
      expect(steps).toBe(25);
      expect(loss).toBeGreaterThan(0);
      expect(stepMs).toBeGreaterThanOrEqual(0);
    }
  });

  test('stops between steps when aborted from another task of the event loop, and frees its tensors', async () => {
    const before = tf.memory().numTensors;
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 60);
    const work = await job(2, 400, { epochs: 100_000, signal: controller.signal });
    await expect(trainer.train(work)).rejects.toMatchObject({ code: 'cancelled' });
    expect(tf.memory().numTensors).toBe(before);
    await expect(trainer.train({ ...work, signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'cancelled' });
  });

  test('says that training diverged', async () => {
    const before = tf.memory().numTensors;
    await expect(trainer.train(await job(2, 64, { epochs: 30, learningRate: 100, l2: 10 }))).rejects.toMatchObject({
      code: 'bad-input',
    });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses what does not fit', async () => {
    const work = await job(2, 4);
    const wrong: Partial<TrainerJob>[] = [
      { weights: new Float32Array(3) },
      { features: new Float32Array(7) },
      { labels: Uint8Array.of(0, 1, 2, 0) },
      { rows: 0, features: new Float32Array(0), labels: new Uint8Array(0) },
      { epochs: 0 },
      { batchSize: 1.5 },
      { learningRate: 0 },
      { l2: -1 },
    ];
    for (const part of wrong)
      await expect(trainer.train({ ...work, ...part })).rejects.toMatchObject({ code: 'bad-input' });
    expect(await trainer.predict(work.weights, new Float32Array(0), 0)).toHaveLength(0);
  });
});

test('one step is the gradient step worked by hand', async () => {
  // z = 0.5 * 2 - 0.25 = 0.75; sigmoid(z) - 1 = -0.32082130; kernel: 0.5 - 0.1 * (-0.32082130 * 2 + 2 * 0.05 * 0.5) = 0.55916426
  const trainer = await createTrainer({
    spec: { model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] }, shape: [1], target: BINARY },
    prefer: ['cpu'],
  });
  const { weights, steps } = await trainer.train({
    weights: Float32Array.of(0.5, -0.25),
    features: Float32Array.of(2),
    labels: Uint8Array.of(1),
    rows: 1,
    epochs: 1,
    batchSize: 8,
    learningRate: 0.1,
    l2: 0.05,
    seed: SEED,
  });
  expect(steps).toBe(1);
  expect(weights[0]).toBeCloseTo(0.55916426, 6);
  expect(weights[1]).toBeCloseTo(-0.25 + 0.03208213, 6);
});

describe('what a step takes beside its gradient, worked by hand', () => {
  // One row: x = 2, label 1, w = (0.5, -0.25), so the gradient is (-0.64164260, -0.32082130), of norm 0.71737826.
  const work: TrainerJob = {
    weights: Float32Array.of(0.5, -0.25),
    features: Float32Array.of(2),
    labels: Uint8Array.of(1),
    rows: 1,
    steps: 1,
    batchSize: 8,
    learningRate: 0.1,
    l2: 0,
    seed: SEED,
  };
  let trainer: Trainer;
  beforeAll(async () => {
    trainer = await createTrainer({
      spec: { model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] }, shape: [1], target: BINARY },
      prefer: ['cpu'],
    });
  });
  const trained = async (more: Partial<TrainerJob>) => [...(await trainer.train({ ...work, ...more })).weights];

  test('correction', async () => {
    const [kernel, bias] = await trained({ correction: Float32Array.of(1, -2) });
    expect(kernel).toBeCloseTo(0.5 + 0.06416426 - 0.1, 6);
    expect(bias).toBeCloseTo(-0.25 + 0.03208213 + 0.2, 6);
  });

  test('clip', async () => {
    const [kernel, bias] = await trained({ clip: 0.5 });
    expect(kernel).toBeCloseTo(0.5 + (0.06416426 * 0.5) / 0.71737826, 6);
    expect(bias).toBeCloseTo(-0.25 + (0.03208213 * 0.5) / 0.71737826, 6);
    expect(await trained({ clip: 1 })).toEqual(await trained({}));
  });

  test('proximal term: nothing at the received weights, then back towards them', async () => {
    const [kernel] = await trained({ proximal: 3 });
    expect(kernel).toBeCloseTo((await trained({}))[0] as number, 6);
    // After one step w = (0.56416426, -0.21791787): z = 0.91041065, sigmoid(z) - 1 = -0.28691581.
    const [second, bias] = await trained({ proximal: 3, steps: 2 });
    expect(second).toBeCloseTo(0.56416426 + 0.1 * 0.57383163 - 0.1 * 3 * 0.06416426, 5);
    expect(bias).toBeCloseTo(-0.21791787 + 0.1 * 0.28691581 - 0.1 * 3 * 0.03208213, 5);
  });

  test('steps go over as many passes as they need', async () => {
    const many = await job(2, 10, { epochs: undefined, steps: 7, batchSize: 4 });
    const two = await createTrainer({ spec: specOf(2), prefer: ['cpu'] });
    expect((await two.train(many)).steps).toBe(7);
    expect((await two.train({ ...many, epochs: 1 })).steps).toBe(7);
    await expect(two.train({ ...many, steps: undefined })).rejects.toMatchObject({ code: 'bad-input' });
  });
});

test('ends when its time is over, and after one step at the earliest', async () => {
  let clock = 0;
  const trainer = await createTrainer({ spec: specOf(2), prefer: ['cpu'], now: () => clock++ });
  const work = await job(2, 20, { batchSize: 8, epochs: undefined, steps: 1_000 });
  const { steps } = await trainer.train({ ...work, budgetMs: 20 });
  expect(steps).toBeGreaterThan(1);
  expect(steps).toBeLessThan(20);
  expect((await trainer.train({ ...work, budgetMs: 0.5 })).steps).toBe(1);
});

test('wasm and cpu agree to 1e-5 after 20 steps, also when their steps interleave', async () => {
  const work = await job(10, 80, { epochs: 4, learningRate: 0.1, l2: 0.001 });
  const wasm = await createTrainer({ spec: specOf(10), prefer: ['wasm'], reportEvery: 1 });
  const cpu = await createTrainer({ spec: specOf(10), prefer: ['cpu'], reportEvery: 1 });
  const [a, b] = await Promise.all([wasm.train(work), cpu.train(work)]);
  expect(a.steps).toBe(20);
  expect(largestDifference(a.weights, b.weights)).toBeLessThan(1e-5);
  expect(largestDifference(a.weights, work.weights)).toBeGreaterThan(1e-2);
});

test('a disposed trainer refuses', async () => {
  const trainer = await createTrainer({ spec: specOf(2), prefer: ['cpu'] });
  trainer.dispose();
  await expect(trainer.train(await job(2, 4))).rejects.toMatchObject({ code: 'refused' });
});
