/**
 * Training on rows that are read window by window, over training on the same rows in memory: wall time of a run, both through the
 * trainer on wasm. The rows lie as the browser's library keeps them, AES-GCM blocks of about 1 MiB, but in memory: IndexedDB's own time
 * is not in the figure. On a machine with two cores the opening of blocks runs beside the steps, as it does in a tab.
 */
import { SeededRandom, secureRandom } from '../../src/core/random.ts';
import { rowsOf } from '../../src/dataset/row-sources.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import type { ModelUse } from '../../src/protocol/model-shapes.ts';
import type { TrainerJob } from '../../src/protocol/ports.ts';
import { type RowBlock, type RowSource, consecutive, copyRows } from '../../src/protocol/row-source.ts';
import { createTrainer } from '../../src/training/trainer.ts';
import { type BenchContext, type Figure, figure } from '../figure.ts';

/** 2NN of McMahan et al. (2017) on pictures of 28 x 28. */
const WIDTH = 784;
const SPEC: ModelUse = {
  model: {
    layers: [
      { kind: 'dense', units: 200, activation: 'relu' },
      { kind: 'dense', units: 200, activation: 'relu' },
      { kind: 'dense', units: 10, activation: 'linear' },
    ],
  },
  shape: [WIDTH],
  target: { kind: 'classes', names: Array.from({ length: 10 }, (_, i) => String(i)) },
};
const ROWS = 8_000;
const BLOCK_ROWS = 334;
const WINDOW_ROWS = 6 * BLOCK_ROWS;
const BATCH = 32;

export async function streamFigures({
  full,
  progress,
}: Pick<BenchContext, 'full' | 'progress'>): Promise<readonly Figure[]> {
  const random = new SeededRandom(new Uint8Array(32).fill(1));
  const features = Float32Array.from({ length: ROWS * WIDTH }, () => random.uniform());
  const labels = Uint8Array.from({ length: ROWS }, () => random.below(10));
  const seed = new Uint8Array(32).fill(2);
  const weights = await initialWeights(SPEC, seed);
  const common = { weights, rows: ROWS, epochs: 1, batchSize: BATCH, learningRate: 0.05, l2: 0, seed };
  const source = rowsOf(await sealedRows({ features, labels, rows: ROWS, width: WIDTH }), consecutive(0, ROWS));
  const stream = { starts: source.starts, windowRows: WINDOW_ROWS, read: (rows: Uint32Array) => source.read(rows) };
  const jobs: Readonly<Record<'memory' | 'stream', TrainerJob>> = {
    memory: { ...common, features, labels },
    stream: { ...common, features: new Float32Array(0), labels: new Uint8Array(0), stream },
  };
  const trainer = await createTrainer({ spec: SPEC, prefer: ['wasm'], reportEvery: 50 });
  const least = { memory: Infinity, stream: Infinity };
  let steps = 0;
  const turns = full ? 12 : 4;
  // The first turn warms up and does not count.
  for (let turn = 0; turn <= turns; turn++) {
    progress(`training: rows from memory and by windows, turn ${turn} of ${turns}`);
    for (const name of ['memory', 'stream'] as const) {
      const start = performance.now();
      ({ steps } = await trainer.train(jobs[name]));
      if (turn > 0) least[name] = Math.min(least[name], performance.now() - start);
    }
  }
  trainer.dispose();
  const windows = Math.ceil(ROWS / WINDOW_ROWS);
  return [
    figure({
      id: 'training.streamOverMemory',
      value: least.stream / least.memory,
      unit: 'ratio',
      goal: 1.15,
      better: 'lower',
      note: `wall time of ${steps} steps on ${ROWS} rows that come in ${windows} windows of encrypted blocks over the same rows in memory; 2NN, batch ${BATCH}, wasm, Node; ${(least.stream / steps).toFixed(2)} and ${(least.memory / steps).toFixed(2)} ms a step`,
    }),
  ];
}

/** Rows in sealed blocks; every reading opens the blocks that it needs. */
async function sealedRows({ features, labels, rows, width }: RowBlock): Promise<RowSource> {
  const key = (await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, [
    'encrypt',
    'decrypt',
  ])) as CryptoKey;
  const starts = Uint32Array.from({ length: Math.ceil(rows / BLOCK_ROWS) + 1 }, (_, i) =>
    Math.min(rows, i * BLOCK_ROWS),
  );
  const blocks = await Promise.all(
    Array.from({ length: starts.length - 1 }, async (_, i) => {
      const iv = secureRandom(12);
      const own = features.slice((starts[i] as number) * width, (starts[i + 1] as number) * width);
      return { iv, sealed: await crypto.subtle.encrypt({ name: 'AES-GCM', iv }, key, own) };
    }),
  );
  const read = async (picked: Uint32Array): Promise<RowBlock> => {
    const out = { features: new Float32Array(picked.length * width), labels: new Uint8Array(picked.length) };
    for (let from = 0; from < picked.length;) {
      const block = Math.floor((picked[from] as number) / BLOCK_ROWS);
      const [first = 0, end = 0] = [starts[block], starts[block + 1]];
      let to = from;
      while (to < picked.length && (picked[to] as number) < end && (picked[to] as number) >= first) to++;
      const { iv, sealed } = blocks[block] as (typeof blocks)[number];
      const opened = new Float32Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv }, key, sealed));
      const own = { features: opened, labels: labels.subarray(first, end), rows: end - first, width };
      copyRows(own, first, { rows: picked, from, to }, out);
      from = to;
    }
    return { ...out, rows: picked.length, width };
  };
  return { rows, width, starts, read, range: (from, to) => read(consecutive(from, to)) };
}
