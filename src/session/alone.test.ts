import { describe, expect, it } from 'vitest';
import { MemoryJournal, rowsOf, SPEC, trainer } from '../../tests/simulation/site-parts.ts';
import { utf8 } from '../core/bytes.ts';
import { SeededRandom } from '../core/random.ts';
import { smsWriterTaskSpec } from '../dataset/examples/texts.ts';
import type { EncodedRows } from '../dataset/split.ts';
import type { TrainerPort } from '../protocol/ports.ts';
import { ALONE_TRAINING, aloneEpochs, AloneModel, epochsAfter } from './alone.ts';
import { Learner } from './learner.ts';

const normaliser = { mean: Float64Array.of(0, 0), scale: Float64Array.of(1, 1), rows: 10, positives: 5 };
const site = new Uint8Array(20).fill(7);
const spec = { ...SPEC, training: { ...SPEC.training, rounds: 7 } };
/** Of twelve rows, in a task of seven rounds. */
const ALL = aloneEpochs(spec, 12);
const { signal } = new AbortController();
const rows = (seed: string) => rowsOf(new SeededRandom(utf8(`rows of ${seed}...`)), 12);

function model(train: EncodedRows, journal = new MemoryJournal(), port: TrainerPort = trainer) {
  let epochs = 0;
  const learner = new Learner(spec, { train, heldOut: train }, async () => port);
  const alone = new AloneModel({
    spec,
    train,
    site,
    task: 1n,
    journal: journal.open(signal),
    start: async () => undefined,
    trainEpoch: (...epoch) => {
      epochs += 1;
      return learner.aloneEpoch(...epoch);
    },
  });
  return { alone, learner, trained: () => epochs };
}

describe('epochsAfter', () => {
  it('spreads all epochs evenly over the training rounds', () => {
    const all = ALONE_TRAINING.epochs;
    for (const rounds of [1, 7, 30, 160, 1000]) {
      const after = Array.from({ length: rounds + 1 }, (_, step) => epochsAfter(step, rounds, all));
      expect(after[0]).toBe(0);
      expect(after[rounds]).toBe(all);
      expect(epochsAfter(rounds + 1, rounds, all)).toBe(all);
      for (const [step, epochs] of after.entries()) expect(Math.abs(epochs - (all * step) / rounds)).toBeLessThan(1);
    }
  });
});

describe('aloneEpochs', () => {
  const training = { ...SPEC.training, rounds: 10, epochs: 2, batchSize: 32 };
  it('trains a small model to the end', () => {
    expect(aloneEpochs({ ...SPEC, training }, 300)).toBe(ALONE_TRAINING.epochs);
  });

  it('makes sixteen passes for each of the task where all are cheap', () => {
    expect(aloneEpochs({ ...SPEC, training: { ...training, rounds: 2, epochs: 1 } }, 300)).toBe(32);
    // Four steps of 32 of 640 rows are a fifth of a pass.
    const { epochs: _, ...steps } = { ...training, rounds: 5, steps: 4 };
    expect(aloneEpochs({ ...SPEC, training: steps }, 640)).toBe(16);
  });

  it('never makes fewer passes than the task, however long they take', () => {
    const costly = smsWriterTaskSpec();
    const { rounds, epochs = 1 } = costly.training;
    expect(aloneEpochs(costly, 20_000)).toBe(rounds * epochs);
  });
});

describe('AloneModel', () => {
  it('is the same at one go, in pieces, with rounds missed, and on both sides of a reload', async () => {
    const train = rows('a');
    const whole = await model(train).alone.after(7, normaliser, signal);
    const pieces = model(train).alone;
    for (let step = 0; step < 7; step++) await pieces.after(step, normaliser, signal);
    expect((await pieces.after(7, normaliser, signal))?.weights).toEqual(whole?.weights);

    const journal = new MemoryJournal();
    await model(train, journal).alone.after(4, normaliser, signal);
    const reloaded = model(train, journal);
    expect((await reloaded.alone.after(8, normaliser, signal))?.weights).toEqual(whole?.weights);
    expect(reloaded.trained()).toBe(ALL - epochsAfter(4, 7, ALL));
  });

  it('has nothing to show for a step that it is past', async () => {
    const { alone } = model(rows('a'));
    await alone.after(3, normaliser, signal);
    expect(await alone.after(2, normaliser, signal)).toBeUndefined();
  });

  it('begins anew with other rows, or when the journal holds something else', async () => {
    const journal = new MemoryJournal();
    await model(rows('a'), journal).alone.after(7, normaliser, signal);
    const other = model(rows('b'), journal);
    await other.alone.after(7, normaliser, signal);
    expect(other.trained()).toBe(ALL);

    await journal.open(signal).put('task/1/alone', new Uint8Array(5));
    const torn = model(rows('b'), journal);
    await torn.alone.after(1, normaliser, signal);
    expect(torn.trained()).toBe(epochsAfter(1, 7, ALL));
  });

  it('ends between two epochs when it is cancelled, and goes on from there', async () => {
    const controller = new AbortController();
    const port: TrainerPort = {
      ...trainer,
      train: async (job) => {
        controller.abort();
        return trainer.train(job);
      },
    };
    const { alone, trained } = model(rows('a'), new MemoryJournal(), port);
    await expect(alone.after(7, normaliser, controller.signal)).rejects.toMatchObject({ code: 'cancelled' });
    expect(trained()).toBe(1);
    await alone.after(7, normaliser, signal);
    expect(trained()).toBe(ALL);
  });

  it('lets the round go first', async () => {
    const order: string[] = [];
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const port: TrainerPort = {
      ...trainer,
      train: async (job) => {
        order.push(job.onStep ? 'round begins' : 'alone');
        if (job.onStep) await held;
        if (job.onStep) order.push('round ends');
        return trainer.train(job);
      },
    };
    const { alone, learner } = model(rows('a'), new MemoryJournal(), port);
    const weights = new Float32Array(3);
    const server = {
      step: 0,
      firstMoment: new Float64Array(3),
      secondMoment: new Float64Array(3),
      beta1Power: 1,
      beta2Power: 1,
    };
    const base = { weights, normaliser, server };
    const round = learner.contribution({ step: 1, base, baseModel: site, site, onProgress: () => undefined });
    const comparison = alone.after(1, normaliser, signal);
    await expect.poll(() => order).toEqual(['round begins']);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(order).toEqual(['round begins']);
    release();
    await Promise.all([round, comparison]);
    expect(order.slice(0, 3)).toEqual(['round begins', 'round ends', 'alone']);
  });
});
