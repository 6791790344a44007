/** What a learner asks of its trainer for each algorithm, and what it sends; the trainer makes one step of −0.25 a step that it is asked for. */
import { describe, expect, it } from 'vitest';
import { rowsOf, SPEC, trainer } from '../../tests/simulation/site-parts.ts';
import { utf8 } from '../core/bytes.ts';
import { SeededRandom } from '../core/random.ts';
import { type Checkpoint, initialServerState } from '../model/checkpoint.ts';
import type { TrainerPort } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import type { TrainingSpec } from '../protocol/training-spec.ts';
import { Learner } from './learner.ts';
import type { Recalled } from './site-memory.ts';

type Job = Parameters<TrainerPort['train']>[0];

const ROWS = 20;
const rows = rowsOf(new SeededRandom(utf8('rows of a learner test')), ROWS);
const site = new Uint8Array(20).fill(7);

function task(training: Partial<TrainingSpec>): TaskSpec {
  return { ...SPEC, training: { ...SPEC.training, rounds: 4, ...training }, evaluation: { bins: 4, release: 'off' } };
}

/** 2 x 2 and 2 weights, then 2 and 1. */
const layers: TaskSpec['model']['layers'] = [
  { kind: 'dense', units: 2, activation: 'tanh' },
  { kind: 'dense', units: 1, activation: 'sigmoid' },
];

/** @param managed steps of a trainer that is slow */
async function contribute(spec: TaskSpec, recalled?: Recalled, change: Partial<Checkpoint> = {}, managed = Infinity) {
  const jobs: Job[] = [];
  const port: TrainerPort = {
    ...trainer,
    train: async (job) => {
      jobs.push(job);
      const steps = Math.min(managed, job.steps ?? (job.epochs ?? 0) * Math.ceil(job.rows / job.batchSize));
      return { weights: job.weights.map((weight) => weight - 0.25 * steps), loss: 0.5, steps };
    },
  };
  const base: Checkpoint = {
    weights: new Float32Array(3),
    normaliser: { mean: Float64Array.of(0, 0), scale: Float64Array.of(1, 1), rows: 10, positives: 5 },
    server: initialServerState(spec),
    ...change,
  };
  const learner = new Learner(spec, { train: rows, heldOut: rows }, async () => port);
  const { parts, remembered } = await learner.contribution({ step: 2, base, baseModel: site, site, recalled });
  return { parts, remembered, job: jobs[0] };
}

describe('a contribution', () => {
  it('by FedAvg is of epochs or of steps, at the rate of the round', async () => {
    const epochs = await contribute(task({}));
    expect(epochs.job).toMatchObject({ epochs: 1, learningRate: 0.1, batchSize: 8 });
    for (const field of ['steps', 'budgetMs', 'proximal', 'correction']) expect(epochs.job).not.toHaveProperty(field);
    // 3 steps of 0.25, at a weight of 20 / 64
    expect(epochs.parts[1]?.[0]).toBe((-0.75 * ROWS) / 64);
    expect(epochs.parts.length).toBe(2);
    const { epochs: _, ...rest } = task({}).training;
    const steps = await contribute({
      ...task({}),
      training: { ...rest, steps: 2, schedule: { kind: 'step', warmUp: 0, every: 1, factor: 0.5 } },
    });
    expect(steps.job).toMatchObject({ steps: 2, learningRate: 0.05 });
    expect(steps.parts[1]?.[0]).toBe((-0.5 * ROWS) / 64);
  });

  it('by FedProx has a proximal term', async () => {
    expect((await contribute(task({ algorithm: { kind: 'fedprox', mu: 0.3 } }))).job).toMatchObject({ proximal: 0.3 });
  });

  it('by SCAFFOLD is corrected by c − c_i and leaves the next c_i', async () => {
    const spec = task({ algorithm: { kind: 'scaffold', sites: 3 } });
    const server = { ...initialServerState(spec), control: Float64Array.of(1, 2, 3) };
    const own = Float32Array.of(0.5, 0, -1);
    const { job, parts, remembered } = await contribute(spec, { control: own }, { server });
    expect(job?.correction).toEqual(Float32Array.of(0.5, 2, 4));
    // Δ −0.75 in 3 steps of 0.1: c_i⁺ − c_i = −c + 2.5
    const change = [1.5, 0.5, -0.5];
    expect(Array.from(remembered?.control ?? [])).toEqual(
      change.map((value, i): unknown => expect.closeTo((own[i] as number) + value, 5)),
    );
    // A site at the row cap of 64 makes 8 steps.
    expect(Array.from(parts[2] ?? [])).toEqual(
      change.map((value): unknown => expect.closeTo((value * 8 * 0.1 * ROWS) / 64, 5)),
    );
    expect((await contribute(spec, undefined, { server })).job?.correction).toEqual(Float32Array.of(1, 2, 3));
  });

  it('by FedNova says its steps, and within a budget sends what it managed, as often as it is tried', async () => {
    const spec = task({ algorithm: { kind: 'fednova', budgetSeconds: 1.5 } });
    const slow = await contribute(spec, undefined, {}, 2);
    expect(slow.job).toMatchObject({ steps: 3, budgetMs: 1500 });
    expect(slow.remembered).toMatchObject({ steps: 2 });
    // 2 of the 8 steps of a site at the cap: weight 20/64, a quarter of it, and an update four times as long
    expect(slow.parts.slice(0, 2)).toEqual([
      Float64Array.of(ROWS / 64, ROWS / 256),
      new Float64Array(3).fill((-0.5 * ROWS) / 64 / 0.25),
    ]);
    const again = await contribute(spec, { steps: 2 });
    expect(again.job).toMatchObject({ steps: 2 });
    expect(again.job).not.toHaveProperty('budgetMs');
    expect(again.parts).toEqual(slow.parts);
    expect((await contribute(task({ algorithm: { kind: 'fednova' } }), { steps: 2 })).job).toMatchObject({ steps: 3 });
  });

  it('trains private layers from the site’s own values and keeps them to itself', async () => {
    const spec = { ...task({}), model: { layers, private: [1] } };
    const weights = new Float32Array(9).fill(1);
    const first = await contribute(spec, undefined, { weights });
    expect(first.job?.weights).toEqual(weights);
    // 3 steps of 0.25; the hidden layer's 2 x 2 and 2 are sent, the head's 2 and 1 are not
    expect(first.parts[1]).toEqual(new Float64Array(6).fill((-0.75 * ROWS) / 64));
    expect(first.remembered?.privateWeights).toEqual(new Float32Array(3).fill(0.25));
    const privateWeights = Float32Array.of(7, 8, 9);
    const next = await contribute(spec, { privateWeights }, { weights });
    expect(next.job?.weights).toEqual(Float32Array.of(1, 1, 1, 1, 1, 1, 7, 8, 9));
    expect(next.parts[1]).toEqual(first.parts[1]);
    expect(next.remembered?.privateWeights).toEqual(privateWeights.map((weight) => weight - 0.75));
  });

  it('by SCAFFOLD corrects the shared layers alone', async () => {
    const spec = { ...task({ algorithm: { kind: 'scaffold', sites: 3 } }), model: { layers, private: [0] } };
    const server = { ...initialServerState(spec), control: Float64Array.of(1, 2, 3) };
    const { job, parts, remembered } = await contribute(spec, undefined, { weights: new Float32Array(9), server });
    expect(job?.correction).toEqual(Float32Array.of(0, 0, 0, 0, 0, 0, 1, 2, 3));
    expect(parts.map(({ length }) => length)).toEqual([1, 3, 3]);
    expect([remembered?.control?.length, remembered?.privateWeights?.length]).toEqual([3, 6]);
  });

  it('is nothing but a weight once the task has learnt enough', async () => {
    const spec = task({ earlyStop: { patience: 1, least: 0 } });
    const server = { ...initialServerState(spec), progress: { best: 0.5, waited: 1 } };
    const { job, parts, remembered } = await contribute(spec, undefined, { server });
    expect(job).toBeUndefined();
    expect(remembered).toBeUndefined();
    expect(parts).toEqual([Float64Array.of(ROWS / 64), new Float64Array(3)]);
  });

  it('with noise for single records asks for exactly the steps that its epsilon counts', async () => {
    const privacy = { kind: 'records', noiseMultiplier: 1.1, delta: 1e-5, clipNorm: 0.5, samplingRate: 0.3 } as const;
    const { job } = await contribute({ ...task({}), privacy });
    expect(job).toMatchObject({ steps: 4, records: { clip: 0.5, noise: 1.1, rate: 0.3 } });
    expect((await contribute(task({}))).job).not.toHaveProperty('records');
  });
});
