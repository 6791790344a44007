/** Both ends of a trainer's port, over a real MessageChannel. */
import type { Endpoint } from 'comlink';
import { afterEach, describe, expect, it } from 'vitest';
import { SPEC } from '../../tests/simulation/site-parts.ts';
import { MurmurError } from '../core/errors.ts';
import type { TrainerJob, TrainerPort } from '../protocol/ports.ts';
import { connectTrainer, serveTrainer, type ThreadedTrainer } from './trainer.ts';

const alive = new Promise<never>(() => undefined);
const ports: MessagePort[] = [];
afterEach(() => {
  for (const port of ports.splice(0)) port.close();
});

function connect(own: Partial<TrainerPort>, failed = alive): Promise<ThreadedTrainer> {
  const { port1, port2 } = new MessageChannel();
  ports.push(port1, port2);
  const trainer = {
    backend: 'cpu',
    report: { message: 'Training runs on cpu.' },
    train: async ({ weights, steps = 1 }: TrainerJob) => ({
      weights: weights.map((weight) => weight + 1),
      loss: 0.5,
      steps,
    }),
    predict: async (_weights: Float32Array, features: Float32Array) => features,
    ...own,
  };
  serveTrainer(port1 as Endpoint, async () => trainer);
  return connectTrainer(port2 as Endpoint, SPEC, failed);
}

const job = (more: Partial<TrainerJob> = {}): TrainerJob => ({
  weights: Float32Array.of(1, 2, 3),
  features: Float32Array.of(0.5, 0.25),
  labels: Uint8Array.of(1),
  rows: 1,
  steps: 7,
  batchSize: 1,
  learningRate: 0.1,
  l2: 0,
  seed: new Uint8Array(32),
  ...more,
});

describe('a trainer behind a port', () => {
  it('trains and predicts as the one behind it, and leaves the caller its arrays', async () => {
    const trainer = await connect({});
    const mine = job();
    expect(trainer).toMatchObject({ backend: 'cpu', message: 'Training runs on cpu.' });
    expect(await trainer.train(mine)).toEqual({ weights: Float32Array.of(2, 3, 4), loss: 0.5, steps: 7 });
    expect(mine.weights).toEqual(Float32Array.of(1, 2, 3));
    expect(mine.features.length).toBe(2);
    expect(await trainer.predict(mine.weights, mine.features, 1)).toEqual(mine.features);
  });

  it('tells its steps', async () => {
    const progress = { step: 1, steps: 7, loss: 0.7, stepMs: 2 };
    const trainer = await connect({
      async train({ weights, onStep }) {
        await onStep?.(progress);
        return { weights, loss: 0, steps: 1 };
      },
    });
    const told: unknown[] = [];
    await trainer.train(job({ onStep: (step) => told.push(step) }));
    expect(told).toEqual([progress]);
  });

  it('hands errors on as what they are', async () => {
    const trainer = await connect({
      async train() {
        throw new MurmurError('bad-input', 'Training diverged', { hint: 'Lower the learning rate.' });
      },
    });
    await expect(trainer.train(job())).rejects.toMatchObject({ code: 'bad-input', hint: 'Lower the learning rate.' });
  });

  it('cancels with the signal of the call, also with one that has aborted before', async () => {
    const untilAborted = async ({ signal }: TrainerJob) => {
      await new Promise<void>((resolve) => {
        if (signal?.aborted) resolve();
        signal?.addEventListener('abort', () => resolve());
      });
      throw new MurmurError('cancelled', 'the step was cancelled');
    };
    const trainer = await connect({ train: untilAborted });
    const controller = new AbortController();
    const training = trainer.train(job({ signal: controller.signal }));
    controller.abort();
    await expect(training).rejects.toMatchObject({ code: 'cancelled' });
    await expect(trainer.train(job({ signal: controller.signal }))).rejects.toMatchObject({ code: 'cancelled' });
  });

  it('rejects what is under way when the thread dies', async () => {
    let die: (error: Error) => void = () => undefined;
    const failed = new Promise<never>((_, reject) => (die = reject));
    failed.catch(() => undefined);
    const trainer = await connect({ train: () => alive }, failed);
    const training = trainer.train(job());
    die(new MurmurError('internal', 'a training thread ended'));
    await expect(training).rejects.toMatchObject({ code: 'internal' });
    await expect(trainer.predict(Float32Array.of(1), Float32Array.of(1), 1)).rejects.toMatchObject({
      code: 'internal',
    });
  });
});

it('hands over the windows of a stream when the thread asks for them', async () => {
  const asked: number[][] = [];
  const stream = {
    starts: Uint32Array.of(0, 2, 3),
    windowRows: 2,
    read: async (rows: Uint32Array) => {
      asked.push([...rows]);
      return { features: Float32Array.from(rows), labels: Uint8Array.from(rows, () => 1) };
    },
  };
  const trainer = await connect({
    train: async ({ stream: there, weights }) => {
      const rows = await there?.read(Uint32Array.of(2, 0));
      const loss = (rows?.features[0] ?? 0) + (there?.windowRows ?? 0) + (there?.starts.at(-1) ?? 0);
      return { weights, loss, steps: rows?.labels.length ?? 0 };
    },
  });
  const none = { features: new Float32Array(0), labels: new Uint8Array(0), rows: 3 };
  expect(await trainer.train(job({ ...none, stream }))).toMatchObject({ loss: 7, steps: 2 });
  expect(asked).toEqual([[2, 0]]);
});
