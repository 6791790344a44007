import { describe, expect, it } from 'vitest';
import { EXAMPLES } from '../dataset/examples/index.ts';
import { heartTaskSpec } from '../dataset/heart.ts';
import type { TrainerJob, TrainerPort } from '../protocol/ports.ts';
import { createTrainer } from '../training/trainer.ts';
import { timeStep } from './trial.ts';

/** A trainer whose steps take 8 ms after 30 ms of other work, on a clock of its own. */
function clockwork(stepMs = 8) {
  let time = 0;
  const jobs: TrainerJob[] = [];
  const trainer: TrainerPort = {
    backend: 'clockwork',
    async train(job) {
      jobs.push(job);
      const steps = Math.min(job.steps ?? 0, Math.max(1, Math.ceil((job.budgetMs ?? Infinity) / stepMs)));
      time += 30 + steps * stepMs;
      return { weights: job.weights, loss: 0, steps };
    },
    predict: () => Promise.reject(new Error('not asked for')),
  };
  return { trainer, jobs, now: () => time };
}

describe('the time of a step before joining', () => {
  it('is that of the steps alone', async () => {
    const { trainer, jobs, now } = clockwork();
    expect(await timeStep(trainer, heartTaskSpec(), 200, now)).toBe(8);
    expect(jobs.map(({ steps }) => steps)).toEqual([2, 1, 21]);
  });

  it('counts all that a single step took where no second one fits', async () => {
    const { trainer, now } = clockwork(5_000);
    expect(await timeStep(trainer, heartTaskSpec(), 200, now)).toBe(5_030);
  });

  it('takes a batch, of no more rows than there are', async () => {
    const { trainer, jobs, now } = clockwork();
    const spec = heartTaskSpec();
    await timeStep(trainer, spec, 3, now);
    await timeStep(trainer, spec, 1_000_000, now);
    expect(new Set(jobs.map(({ rows }) => rows))).toEqual(new Set([3, spec.training.batchSize]));
  });

  it('takes the sample of one step of DP-SGD, clipped row by row', async () => {
    const { trainer, jobs, now } = clockwork();
    const privacy = { kind: 'records', noiseMultiplier: 1, delta: 1e-5, clipNorm: 1, samplingRate: 0.1 } as const;
    await timeStep(trainer, heartTaskSpec({ privacy }), 205, now);
    expect(jobs[0]).toMatchObject({ rows: 21, records: { rate: 1 } });
  });

  it('runs its jobs on a real backend', async () => {
    for (const { spec } of EXAMPLES.filter(({ id }) => id === 'heart' || id === 'optdigits')) {
      const trainer = await createTrainer({ spec: spec(), prefer: ['wasm'] });
      expect(await timeStep(trainer, spec(), 8)).toBeGreaterThanOrEqual(0);
      trainer.dispose();
    }
  });
});
