/** Training on rows that are read window by window: what is visited, what is in memory, and that it is the same again. */
import * as tf from '@tensorflow/tfjs-core';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { MurmurError } from '../core/errors.ts';
import { SeededRandom } from '../core/random.ts';
import { memoryRows, rowsOf } from '../dataset/row-sources.ts';
import { initialWeights } from '../model/initialise.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import type { TrainerJob } from '../protocol/ports.ts';
import type { RowStream } from '../protocol/row-source.ts';
import { BINARY } from '../protocol/target.ts';
import { type Trainer, createTrainer } from './trainer.ts';
import { type Plan, epochPlans, samplePlans } from './windows.ts';

const SPEC: ModelUse = {
  model: {
    layers: [
      { kind: 'dense', units: 8, activation: 'tanh' },
      { kind: 'dense', units: 1, activation: 'sigmoid' },
    ],
  },
  shape: [2],
  target: BINARY,
};
const SEED = new Uint8Array(32).fill(7);
const ROWS = 200;
const random = new SeededRandom(SEED);
const features = Float32Array.from({ length: 2 * ROWS }, () => 2 * random.uniform() - 1);
const labels = Uint8Array.from({ length: ROWS }, (_, i) =>
  (features[2 * i] as number) * (features[2 * i + 1] as number) > 0 ? 1 : 0,
);

/** Rows in blocks of 16, and what was read of them. */
function streamOf(windowRows: number, delay = (_call: number) => Promise.resolve()) {
  const source = memoryRows({ features, labels, rows: ROWS, width: 2 }, 16);
  const calls: number[] = [];
  const stream: RowStream = {
    starts: source.starts,
    windowRows,
    read: async (rows) => {
      calls.push(rows.length);
      await delay(calls.length);
      return source.read(rows);
    },
  };
  return { stream, calls };
}

async function job(more: Partial<TrainerJob> = {}): Promise<TrainerJob> {
  const none = { features: new Float32Array(0), labels: new Uint8Array(0) };
  const rows = more.stream === undefined ? { features, labels } : none;
  const weights = await initialWeights(SPEC, SEED);
  return { weights, ...rows, rows: ROWS, epochs: 2, batchSize: 24, learningRate: 0.3, l2: 0, seed: SEED, ...more };
}

describe('what is visited', () => {
  test('in memory: the permutations of the seed, one an epoch, as they always were', () => {
    const plans = [...epochPlans({ rows: 10 }, { steps: 7, batchSize: 4, random: new SeededRandom(SEED) })];
    const expected = new SeededRandom(SEED);
    expect(plans.map(({ rows }) => rows)).toEqual([10, 10, 10].map((rows) => expected.permutation(rows)));
    expect(plans.every(({ ends, order }) => ends && order === undefined)).toBe(true);
  });

  test('of a stream: every row once an epoch, in windows of whole blocks that fit, as many batches as in memory', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 1, max: 90 }), fc.integer({ min: 1, max: 40 }), (blocks, most, batch) => {
        const starts = new Uint32Array([0, ...blocks.map((_, i) => blocks.slice(0, i + 1).reduce((a, b) => a + b))]);
        const rows = starts.at(-1) as number;
        const batchSize = Math.min(batch, rows);
        const stream: RowStream = { starts, windowRows: most, read: () => Promise.reject(new Error('unused')) };
        const perEpoch = Math.ceil(rows / batchSize);
        const twice = [1, 2].map(() => [
          ...epochPlans({ rows, stream }, { steps: 2 * perEpoch, batchSize, random: new SeededRandom(SEED) }),
        ]);
        expect(twice[0]).toEqual(twice[1]);
        const plans = twice[0] as Plan[];
        expect(plans.filter(({ ends }) => ends).length).toBe(2);
        for (const epoch of [0, 1]) {
          const from = epoch === 0 ? 0 : plans.findIndex(({ ends }) => ends) + 1;
          const own = epoch === 0 ? plans.slice(0, plans.findIndex(({ ends }) => ends) + 1) : plans.slice(from);
          const visited = own.flatMap((plan) => Array.from(plan.order ?? [], (place) => plan.rows[place] as number));
          expect(visited.sort((a, b) => a - b)).toEqual(Array.from({ length: rows }, (_, row) => row));
        }
        for (const { rows: own } of plans) {
          expect(own.length <= most || blocks.includes(own.length)).toBe(true);
          expect([...own].sort((a, b) => a - b)).toEqual([...own]);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('two levels of shuffling: blocks that lie far apart share a window, and windows differ from epoch to epoch', () => {
    const { stream } = streamOf(64);
    const plans = [...epochPlans({ rows: ROWS, stream }, { steps: 20, batchSize: 20, random: new SeededRandom(SEED) })];
    const [first] = plans;
    expect(new Set(Array.from(first?.rows ?? [], (row) => Math.floor(row / 16))).size).toBeGreaterThan(2);
    expect([...(first?.order ?? [])]).not.toEqual(Array.from({ length: first?.order?.length ?? 0 }, (_, i) => i));
    expect(plans[plans.length / 2]?.rows).not.toEqual(first?.rows);
  });

  test('of DP-SGD: the same draws in one window or in several, none skipped, empty samples too', () => {
    const draws = () => {
      const bytes = new SeededRandom(SEED);
      return (length: number) => Uint8Array.from({ length }, () => bytes.below(256));
    };
    const { stream } = streamOf(50);
    const records = { clip: 1, noise: 1, rate: 0.4 };
    const plansOf = (rows: number, rate: number, of?: RowStream) => [
      ...samplePlans(
        { rows, ...(of && { stream: of }), records: { ...records, rate } },
        { steps: 5, together: 8, random: draws() },
      ),
    ];
    const whole = plansOf(ROWS, 0.4);
    const cut = plansOf(ROWS, 0.4, stream);
    expect(whole.length).toBe(5);
    expect(cut.every(({ rows, ends }) => rows.length <= 48 && (ends || rows.length === 48))).toBe(true);
    expect(cut.flatMap(({ rows }) => [...rows])).toEqual(whole.flatMap(({ rows }) => [...rows]));
    expect(cut.filter(({ ends }) => ends).length).toBe(5);
    const empty = plansOf(1, 1e-9, stream);
    expect(empty.map(({ rows, ends }) => [rows.length, ends])).toEqual(Array.from({ length: 5 }, () => [0, true]));
  });
});

describe.each(['wasm', 'cpu'] as const)('training on %s', (backend) => {
  let trainer: Trainer;
  beforeAll(async () => {
    const bytes = new SeededRandom(SEED);
    trainer = await createTrainer({
      spec: SPEC,
      prefer: [backend],
      reportEvery: 1,
      randomness: {
        random: (length) => Uint8Array.from({ length }, () => bytes.below(256)),
        normals: (length) => new Float32Array(length).fill(0.1),
      },
    });
  });

  test('makes as many steps as in memory and learns as well', async () => {
    const memory = await trainer.train(await job({ epochs: 60 }));
    const streamed = await trainer.train(await job({ epochs: 60, stream: streamOf(64).stream }));
    expect(streamed.steps).toBe(memory.steps);
    expect(streamed.loss).toBeLessThan(0.2);
    expect(Math.abs(streamed.loss - memory.loss)).toBeLessThan(0.05);
  });

  test('gives the same bits again, however long a reading takes, and after a run that ended early', async () => {
    const first = await trainer.train(await job({ stream: streamOf(64).stream }));
    const slow = (call: number) => new Promise<void>((done) => setTimeout(done, (call * 7) % 20));
    const again = await trainer.train(await job({ stream: streamOf(64, slow).stream }));
    expect(again).toEqual(first);
    const steps = first.steps - 5;
    const part = await trainer.train(await job({ steps, stream: streamOf(64).stream }));
    expect(part.steps).toBe(steps);
    expect((await trainer.train(await job({ steps, stream: streamOf(64, slow).stream }))).weights).toEqual(
      part.weights,
    );
  });

  test('reads the next window while it trains, and never holds a third', async () => {
    const windowRows = 64;
    let asked = 0;
    let trained = 0;
    let most = 0;
    const { stream, calls } = streamOf(windowRows);
    const counted: RowStream = {
      ...stream,
      read: (rows) => {
        asked += rows.length;
        most = Math.max(most, asked - trained);
        return stream.read(rows);
      },
    };
    const done = await trainer.train(
      await job({
        epochs: 3,
        batchSize: 8,
        stream: counted,
        onStep: ({ step }) => (trained = Math.floor(step / 25) * ROWS + Math.min(ROWS, (step % 25) * 8)),
      }),
    );
    expect(done.steps).toBe(75);
    expect(calls.length).toBeGreaterThan(9);
    expect(most).toBeLessThanOrEqual(2 * windowRows + 8);
    expect(most).toBeGreaterThan(windowRows);
  });

  test('DP-SGD is exact: the same sample gives the same weights from windows as from memory', async () => {
    const records = { clip: 0.5, noise: 0.3, rate: 0.4 };
    const withDraws = async (stream?: RowStream) => {
      const bytes = new SeededRandom(SEED);
      const own = await createTrainer({
        spec: SPEC,
        prefer: [backend],
        randomness: {
          random: (length) => Uint8Array.from({ length }, () => bytes.below(256)),
          normals: (length) => new Float32Array(length).fill(0.1),
        },
      });
      return own.train(await job({ steps: 6, records, ...(stream && { stream }) }));
    };
    const memory = await withDraws();
    const wide = await withDraws(streamOf(ROWS).stream);
    expect(wide.weights).toEqual(memory.weights);
    const narrow = await withDraws(streamOf(32).stream);
    for (const [i, weight] of narrow.weights.entries()) expect(weight).toBeCloseTo(memory.weights[i] as number, 5);
  });

  test('leaves no tensor behind, whether it ends well, fails or is stopped', async () => {
    const before = tf.memory().numTensors;
    await trainer.train(await job({ stream: streamOf(64).stream, proximal: 0.1, l2: 0.01 }));
    const records = { clip: 0.5, noise: 0.3, rate: 0.4 };
    await trainer.train(await job({ steps: 4, records, stream: streamOf(32).stream, onStep: () => undefined }));
    expect(tf.memory().numTensors).toBe(before);
    const broken = (at: number) => (call: number) =>
      call === at ? Promise.reject(new MurmurError('bad-hash', 'altered')) : Promise.resolve();
    for (const at of [1, 2, 4]) {
      const sgd = trainer.train(await job({ stream: streamOf(64, broken(at)).stream }));
      await expect(sgd).rejects.toMatchObject({ code: 'bad-hash' });
      const dp = trainer.train(await job({ steps: 4, records, stream: streamOf(32, broken(at)).stream }));
      await expect(dp).rejects.toMatchObject({ code: 'bad-hash' });
    }
    const controller = new AbortController();
    const slow = (call: number) => {
      if (call === 3) controller.abort();
      return Promise.resolve();
    };
    const stopped = trainer.train(
      await job({ epochs: 1000, stream: streamOf(64, slow).stream, signal: controller.signal }),
    );
    await expect(stopped).rejects.toMatchObject({ code: 'cancelled' });
    expect(tf.memory().numTensors).toBe(before);
  });

  test('refuses a stream of another number of rows', async () => {
    const { stream } = streamOf(64);
    await expect(trainer.train(await job({ rows: ROWS - 1, stream }))).rejects.toMatchObject({ code: 'bad-input' });
  });
});

test('a part of a source has the blocks that are left of it', async () => {
  const source = memoryRows({ features, labels, rows: ROWS, width: 2 }, 16);
  const part = rowsOf(source, Uint32Array.of(0, 5, 15, 40, 41, 199));
  expect([...part.starts]).toEqual([0, 3, 5, 6]);
  expect(await part.read(Uint32Array.of(3, 0))).toEqual(await source.read(Uint32Array.of(40, 0)));
  expect(await part.range(1, 3)).toEqual(await source.read(Uint32Array.of(5, 15)));
});
