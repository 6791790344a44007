/** Training in a real browser, in a module worker: wasm and webgpu compute what cpu computes, and an abort by message is seen. */
import { afterEach, beforeAll, expect, test } from 'vitest';
import { type ErrorData } from '../../src/core/errors.ts';
import { SeededRandom } from '../../src/core/random.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import { BINARY } from '../../src/protocol/target.ts';
import type { ModelUse } from '../../src/protocol/model-shapes.ts';
import type { ModelSpec } from '../../src/protocol/model-spec.ts';
import type { Backend, BackendReport } from '../../src/training/backends.ts';
import { GRADIENT_TOLERANCE } from '../../src/training/self-test.ts';
import type { Order } from './training-worker.ts';

interface Outcome {
  readonly report: BackendReport;
  readonly weights: Float32Array;
  readonly loss: number;
  readonly steps: number;
  readonly scores: Float32Array;
}
type Answer = { readonly started: Backend } | { readonly error: ErrorData } | Outcome;

const INPUT_WIDTH = 12;
const ROWS = 80;
const SEED = new Uint8Array(32).fill(11);
const MODEL: ModelSpec = {
  layers: [
    { kind: 'dense', units: 16, activation: 'relu' },
    { kind: 'dense', units: 8, activation: 'tanh' },
    { kind: 'dense', units: 1, activation: 'sigmoid' },
  ],
};
const SPEC: ModelUse = { model: MODEL, shape: [INPUT_WIDTH], target: BINARY };

const workers: Worker[] = [];
afterEach(() => {
  for (const worker of workers.splice(0)) worker.terminate();
});

/** Runs an order in a fresh worker; `onStarted` is called when its backend runs. */
function runInWorker(order: Order, onStarted: (worker: Worker) => void = () => {}): Promise<Outcome> {
  const worker = new Worker(new URL('./training-worker.ts', import.meta.url), { type: 'module' });
  workers.push(worker);
  return new Promise((resolve, reject) => {
    worker.onerror = (event) => reject(new Error(event.message));
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      if ('started' in data) onStarted(worker);
      else if ('error' in data) reject(data.error);
      else resolve(data);
    };
    worker.postMessage(order);
  });
}

async function order(
  prefer: readonly Backend[],
  more: Partial<Order['job']> = {},
  allowFallbackAdapter = false,
): Promise<Order> {
  const random = new SeededRandom(SEED);
  const features = Float32Array.from({ length: ROWS * INPUT_WIDTH }, () => 2 * random.uniform() - 1);
  const labels = Uint8Array.from({ length: ROWS }, (_, i) =>
    (features[i * INPUT_WIDTH] ?? 0) + (features[i * INPUT_WIDTH + 1] ?? 0) > 0 ? 1 : 0,
  );
  const weights = await initialWeights(SPEC, SEED);
  const job = {
    weights,
    features,
    labels,
    rows: ROWS,
    epochs: 4,
    batchSize: 16,
    learningRate: 0.2,
    l2: 0.001,
    seed: SEED,
    ...more,
  };
  return { spec: SPEC, prefer, allowFallbackAdapter, job };
}

const largestDifference = (a: Float32Array, b: Float32Array): number =>
  a.reduce((most, x, i) => Math.max(most, Math.abs(x - (b[i] ?? Number.NaN))), 0);

let reference: Outcome;
beforeAll(async () => {
  reference = await runInWorker(await order(['cpu']));
  expect(reference.report.backend).toBe('cpu');
});

test('wasm agrees with cpu after 20 steps, and with itself bit by bit', async () => {
  const first = await runInWorker(await order(['wasm']));
  const again = await runInWorker(await order(['wasm']));
  expect(first.report.backend).toBe('wasm');
  expect(first.steps).toBe(20);
  expect(largestDifference(first.weights, reference.weights)).toBeLessThan(1e-5);
  expect(largestDifference(first.scores, reference.scores)).toBeLessThan(1e-5);
  expect(again.weights).toEqual(first.weights);
});

test('webgpu agrees with cpu after 20 steps', async (context) => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) return context.skip('this Chromium has no WebGPU adapter, not even a software one');
  const { report, weights, scores } = await runInWorker(await order(['webgpu'], {}, true));
  expect(report.backend).toBe('webgpu');
  expect(report.trials[0]?.gradientError).toBeLessThan(GRADIENT_TOLERANCE);
  expect(largestDifference(weights, reference.weights)).toBeLessThan(1e-5);
  expect(largestDifference(scores, reference.scores)).toBeLessThan(1e-5);
});

test('takes wasm where webgpu would compute in software, and says so', async (context) => {
  const adapter = await navigator.gpu?.requestAdapter();
  if (adapter && !adapter.info.isFallbackAdapter) return context.skip('this Chromium has a hardware adapter');
  const { report } = await runInWorker(await order(['webgpu', 'wasm', 'cpu']));
  expect(report.backend).toBe('wasm');
  expect(report.message).toMatch(adapter ? /software adapter/ : /webgpu (is not offered|found no graphics adapter)/);
});

test('an abort that comes as a message ends the run', async () => {
  const endless = await order(['wasm'], { epochs: 1_000_000 });
  const run = runInWorker(endless, (worker) => setTimeout(() => worker.postMessage({ abort: true }), 200));
  await expect(run).rejects.toMatchObject({ code: 'cancelled' });
});
