/**
 * A set that is larger than the bound on what is held at one time, from a file to an update: imported into a real IndexedDB, split,
 * measured, and trained in the trainer's own worker from windows that are read meanwhile.
 */
import { memory } from '@tensorflow/tfjs-core';
import wasmSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import wasmPlain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom, secureRandom } from '../../src/core/random.ts';
import { heartTaskSpec } from '../../src/dataset/heart.ts';
import { allRows, blocksOf, type SiteRows, sourceOf } from '../../src/dataset/row-sources.ts';
import { digestsOf, splitHeldOut } from '../../src/dataset/split.ts';
import { normaliserFrom, statisticsVector } from '../../src/dataset/statistics.ts';
import { type Checkpoint, initialServerState } from '../../src/model/checkpoint.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import type { TrainerPort } from '../../src/protocol/ports.ts';
import type { RowSource } from '../../src/protocol/row-source.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { Learner } from '../../src/session/learner.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { openLibrary } from '../../src/storage/library.ts';
import { openVault } from '../../src/storage/vault.ts';
import { createTrainer } from '../../src/training/trainer.ts';
import { splitStored } from '../../workers/data.ts';
import { importFile } from '../../workers/import-file.ts';
import { type TrainerWorker, trainerWorker } from '../../workers/trainer-port.ts';

const ROWS = 60_000;
const COLUMNS = 40;
/** Three of the blocks that the rows lie in, in each of two windows; all rows are nine blocks. */
const MOST_BYTES = 6 * 2 ** 20;
const heart = heartTaskSpec();
const spec: TaskSpec = {
  ...heart,
  data: {
    kind: 'table',
    columns: Array.from({ length: COLUMNS }, (_, i) => ({
      ...{ kind: 'number', name: `c${i}`, description: '', minimum: 0, maximum: 9 },
    })) as Extract<TaskSpec['data'], { kind: 'table' }>['columns'],
    label: { name: 'label', description: '', positive: { above: 0 } },
    missingMarks: [],
    delimiter: ',',
    header: true,
    missingRule: 'drop-row',
  },
  heldOut: { fraction: 0.1, seed: 'stream' },
  training: { ...heart.training, epochs: 1, batchSize: 256, learningRate: 0.05 },
};

let name: string;
let database: Database;
let dataset: SiteRows;
let whole: RowSource;
let model: Checkpoint;
let worker: TrainerWorker;

beforeAll(async () => {
  name = `test-${crypto.randomUUID()}`;
  database = await openDatabase(name);
  const library = openLibrary(database, openVault(database, secureRandom));
  const random = new SeededRandom(new Uint8Array(32).fill(1));
  const lines = Array.from({ length: ROWS }, () => {
    const values = Array.from({ length: COLUMNS }, () => random.below(10));
    return `${values.join(',')},${(values[0] ?? 0) > 4 ? 1 : 0}\n`;
  });
  const names = Array.from({ length: COLUMNS }, (_, i) => `c${i}`);
  const blob = new Blob([`${names.join(',')},label\n`, ...lines]);
  const order = { library, spec, schema: '0x01', order: {}, nowMs: 7 };
  const { report, dataset: id = '' } = await importFile({ name: 'large.csv', blob }, order);
  expect(report).toMatchObject({ rows: ROWS, findings: [], heldOutRows: 6_000 });
  expect(report.profiles[0]).toMatchObject({ minimum: 0, maximum: 9 });
  const stored = await library.open(id);
  if (stored === undefined) throw new Error('nothing was stored');
  whole = stored;
  dataset = await splitStored(stored, spec);
  const train = await allRows(sourceOf(dataset.train));
  const normaliser = normaliserFrom(spec, statisticsVector(spec, train));
  const weights = await initialWeights(spec, new Uint8Array(32));
  model = { weights, normaliser, server: initialServerState(spec) };
  worker = trainerWorker();
});

afterAll(() => {
  worker.stop();
  database.close();
  indexedDB.deleteDatabase(name);
});

/** The dataset, and how many of its training rows were asked for. */
function counted(onRead: (rows: number) => void): SiteRows {
  const source = sourceOf(dataset.train);
  const read = (rows: Uint32Array) => {
    onRead(rows.length);
    return source.read(rows);
  };
  return { ...dataset, train: { ...source, read } };
}

const site = new Uint8Array(20).fill(7);
const contribute = (learner: Learner, step: number, onProgress?: (step: number) => void) =>
  learner.contribution({
    ...{ step, base: step === 0 ? undefined : model, baseModel: new Uint8Array(32), site },
    onProgress: onProgress && (({ step: done }) => onProgress(done)),
  });

describe('a set larger than the bound', () => {
  it('is split without being in memory as it would be in memory', async () => {
    const inMemory = await splitHeldOut(await allRows(whole), spec);
    for (const side of ['train', 'heldOut'] as const)
      expect(await digestsOf(blocksOf(sourceOf(dataset[side])))).toEqual(await digestsOf([inMemory[side]]));
  });

  it('gives the statistics and the evaluation that it would give in memory', async () => {
    const inMemory = await splitHeldOut(await allRows(whole), spec);
    const trainer = await worker.createTrainer(spec);
    const here = new Learner(spec, inMemory, () => Promise.resolve(trainer));
    const streamed = new Learner(spec, dataset, () => Promise.resolve(trainer), { mostBytes: MOST_BYTES });
    for (const step of [0, spec.training.rounds + 1])
      expect(await contribute(streamed, step)).toEqual(await contribute(here, step));
    expect(await streamed.judged(model)).toEqual(await here.judged(model));
  });

  it('trains in the worker from windows, twice the same, and never holds more than the bound', async () => {
    const trainer = await worker.createTrainer(spec);
    let [asked, most, readings, before] = [0, 0, 0, 0];
    let trained = 0;
    const rows = counted((count) => {
      asked += count;
      readings += 1;
      most = Math.max(most, asked - trained);
    });
    const learner = new Learner(spec, rows, () => Promise.resolve(trainer), { mostBytes: MOST_BYTES });
    const first = await contribute(learner, 1, (step) => (trained = before + step * 256));
    expect(readings).toBeGreaterThan(2);
    const rowBytes = 4 * COLUMNS;
    expect(most * rowBytes).toBeLessThanOrEqual(MOST_BYTES);
    expect(ROWS * 0.9 * rowBytes).toBeGreaterThan(1.3 * MOST_BYTES);
    expect(first.parts[1]?.some((value) => value !== 0)).toBe(true);
    before = asked;
    expect((await contribute(learner, 1)).parts).toEqual(first.parts);
  });

  it('learns what there is to learn, and leaves no tensor behind', async () => {
    const wasmPaths = { plain: wasmPlain, simd: wasmSimd };
    const trainer: TrainerPort = await createTrainer({ spec, prefer: ['wasm'], wasmPaths });
    const learner = new Learner(spec, dataset, () => Promise.resolve(trainer), { mostBytes: MOST_BYTES });
    await learner.metrics(model);
    const tensors = memory().numTensors;
    const seed = new Uint8Array(32).fill(5);
    const { signal } = new AbortController();
    const weights = await learner.aloneEpoch(model.weights, model.normaliser, seed, signal);
    expect(memory().numTensors).toBe(tensors);
    expect(await learner.metrics({ ...model, weights })).toMatchObject({ kind: 'binary' });
    const { auc } = (await learner.metrics({ ...model, weights })) as { auc: number };
    expect(auc).toBeGreaterThan(0.95);
  });
});
