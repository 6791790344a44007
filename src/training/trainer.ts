/**
 * Local training: mini-batch SGD on the binary cross-entropy of a dense network, from flat weights to flat weights.
 *
 * - The weights stay on the device from the first step to the last; the loss is read asynchronously every `reportEvery` steps.
 * - Every epoch visits every row once, in a permutation from the seed (SeededRandom of core). Same input, seed and backend: the
 *   same bits. Between backends the bits differ, so nothing that people must agree on may be computed here.
 * - The event loop gets a turn at least every 25 ms, so that an abort that comes as a message is seen; the run then ends between two
 *   steps with `cancelled`.
 * - No tensor outlives a call (trainer.test.ts counts them).
 *
 * Runs in a module Web Worker and in Node. On a page's main thread it would work but hold up the page.
 */
import { type Scalar, type Tensor2D, scalar, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { MurmurError, check } from '../core/errors.ts';
import { SeededRandom } from '../core/random.ts';
import type { TrainerPort } from '../protocol/ports.ts';
import type { ModelSpec } from '../protocol/task-spec.ts';
import { type Backend, type BackendReport, type StartOptions, startBackend, useBackend } from './backends.ts';
import {
  type LayerTensors,
  type Network,
  disposeWeights,
  downloadWeights,
  forward,
  meanCrossEntropy,
  planNetwork,
  sgdStep,
  uploadWeights,
} from './network.ts';

export interface TrainerOptions extends Omit<StartOptions, 'model'> {
  readonly spec: ModelSpec;
  /** Width of the encoded feature vector. */
  readonly inputWidth: number;
  /** Steps between two readings of the loss, hence between two calls of onStep; default 10. */
  readonly reportEvery?: number | undefined;
}

export type TrainingJob = Parameters<TrainerPort['train']>[0];
export type TrainingResult = Awaited<ReturnType<TrainerPort['train']>>;

export interface Trainer extends TrainerPort {
  readonly backend: Backend;
  /** How the backend was chosen. */
  readonly report: BackendReport;
  /** Refuses further calls. Tensors need no freeing: each call frees its own. */
  dispose(): void;
}

/** Rows of one forward pass when all rows are scored. */
const SCORING_ROWS = 4096;
const LONGEST_TURN_MS = 25;

/**
 * Starts a backend, checks that it computes this model's gradient, and returns the trainer.
 * @throws MurmurError unsupported when no allowed backend works; bad-input for a model that does not end in one sigmoid unit
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { spec, inputWidth, reportEvery = 10, now = () => performance.now() } = options;
  const network = planNetwork(spec, inputWidth);
  check(Number.isInteger(reportEvery) && reportEvery > 0, 'reportEvery must be a positive integer');
  const { backend, report } = await startBackend({ ...options, model: { spec, inputWidth } });
  let disposed = false;
  const enter = (): void => {
    if (disposed) throw new MurmurError('refused', 'the trainer was disposed');
    useBackend(backend);
  };
  return {
    backend,
    report,
    async train(job) {
      checkJob(network, job);
      enter();
      return runTraining(network, job, { backend, reportEvery, now });
    },
    async predict(weights, features, rows) {
      checkRows(network, features, rows);
      enter();
      const logits = await scoreRows(network, weights, features, rows, backend);
      return Float32Array.from(logits, (z) => 1 / (1 + Math.exp(-z)));
    },
    dispose() {
      disposed = true;
    },
  };
}

function checkRows(network: Network, features: Float32Array, rows: number): void {
  check(Number.isInteger(rows) && rows >= 0, 'rows must be a whole number');
  check(
    features.length === rows * network.inputWidth,
    `features must hold ${rows} x ${network.inputWidth} values, not ${features.length}`,
  );
}

function checkJob(
  network: Network,
  { features, labels, rows, epochs, batchSize, learningRate, l2 }: TrainingJob,
): void {
  checkRows(network, features, rows);
  check(rows > 0, 'there are no rows to train on');
  check(labels.length === rows, `labels must hold ${rows} values, not ${labels.length}`);
  check(
    labels.every((label) => label <= 1),
    'labels must be 0 or 1',
  );
  check(Number.isInteger(epochs) && epochs > 0, 'epochs must be a positive integer');
  check(Number.isInteger(batchSize) && batchSize > 0, 'batchSize must be a positive integer');
  check(Number.isFinite(learningRate) && learningRate > 0, 'learningRate must be above zero');
  check(Number.isFinite(l2) && l2 >= 0, 'l2 must not be negative');
}

/** `loss` of the result: mean cross-entropy of the returned weights over all rows, without the l2 term. */
async function runTraining(
  network: Network,
  job: TrainingJob,
  { backend, reportEvery, now }: { backend: Backend; reportEvery: number; now: () => number },
): Promise<TrainingResult> {
  const { features, labels, rows, epochs, learningRate, l2, signal, onStep } = job;
  const batchSize = Math.min(job.batchSize, rows);
  const steps = epochs * Math.ceil(rows / batchSize);
  const random = new SeededRandom(job.seed);
  const batch = createBatch(network.inputWidth, batchSize);
  const turns = createTurns();
  const scales = new Map<number, Scalar>();
  const decay = l2 > 0 ? scalar(1 - 2 * learningRate * l2) : undefined;
  let weights: LayerTensors[] = uploadWeights(network, job.weights);
  let turnStart = now();
  let lastReport = { step: 0, at: turnStart };
  try {
    let step = 0;
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = random.permutation(rows);
      for (let start = 0; start < rows; start += batchSize) {
        throwIfAborted(signal);
        useBackend(backend);
        const count = Math.min(batchSize, rows - start);
        const picked = order.subarray(start, start + count);
        const deltaScale = scales.get(count) ?? scalar(learningRate / count);
        scales.set(count, deltaScale);
        step++;
        const reports = step % reportEvery === 0 || step === steps;
        const result = tidy(() => {
          const { x, y } = batch.take(features, labels, picked);
          return sgdStep(network, weights, x, y, { deltaScale, decay }, reports);
        });
        weights = result.weights;
        if (result.logits !== undefined) {
          const loss = meanCrossEntropy(await readAndDispose(result.logits), batch.values.subarray(0, count));
          const at = now();
          onStep?.({ step, steps, loss, stepMs: (at - lastReport.at) / (step - lastReport.step) });
          lastReport = { step, at };
        }
        if (now() - turnStart >= LONGEST_TURN_MS) {
          await turns.next();
          turnStart = now();
        }
      }
    }
    throwIfAborted(signal);
    const trained = await downloadWeights(network, weights);
    const loss = meanCrossEntropy(await scoreRows(network, trained, features, rows, backend), labels);
    if (!Number.isFinite(loss)) {
      throw new MurmurError('bad-input', 'Training diverged: the loss is no longer a number.', {
        hint: 'Lower the learning rate of the task.',
      });
    }
    return { weights: trained, loss, steps };
  } finally {
    turns.close();
    disposeWeights(weights);
    decay?.dispose();
    for (const scale of scales.values()) scale.dispose();
  }
}

/**
 * Gathers rows into device tensors. One pair of arrays serves all batches: by the time of the next one, the backend has copied
 * it or its tensor was disposed. `values` holds the labels of the last batch.
 */
function createBatch(inputWidth: number, batchSize: number) {
  const rowsOfFeatures = new Float32Array(batchSize * inputWidth);
  const values = new Float32Array(batchSize);
  return {
    values,
    take(features: Float32Array, labels: Uint8Array, picked: Uint32Array): { x: Tensor2D; y: Tensor2D } {
      const count = picked.length;
      for (let i = 0; i < count; i++) {
        const row = picked[i] as number;
        const from = row * inputWidth;
        const to = i * inputWidth;
        for (let j = 0; j < inputWidth; j++) rowsOfFeatures[to + j] = features[from + j] as number;
        values[i] = labels[row] as number;
      }
      return {
        x: tensor2d(rowsOfFeatures.subarray(0, count * inputWidth), [count, inputWidth]),
        y: tensor2d(values.subarray(0, count), [count, 1]),
      };
    },
  };
}

/** Logits of all rows, in blocks. */
async function scoreRows(
  network: Network,
  weights: Float32Array,
  features: Float32Array,
  rows: number,
  backend: Backend,
): Promise<Float32Array> {
  const { inputWidth } = network;
  const logits = new Float32Array(rows);
  useBackend(backend);
  const tensors = uploadWeights(network, weights);
  try {
    for (let start = 0; start < rows; start += SCORING_ROWS) {
      const end = Math.min(rows, start + SCORING_ROWS);
      useBackend(backend);
      const block = tidy(
        () =>
          forward(
            network,
            tensors,
            tensor2d(features.slice(start * inputWidth, end * inputWidth), [end - start, inputWidth]),
          ).logits,
      );
      logits.set(await readAndDispose(block), start);
    }
    return logits;
  } finally {
    disposeWeights(tensors);
  }
}

async function readAndDispose(tensor: Tensor2D): Promise<Float32Array> {
  try {
    return await tensor.data<'float32'>();
  } finally {
    tensor.dispose();
  }
}

function throwIfAborted(signal: TrainingJob['signal']): void {
  if (signal?.aborted) throw new MurmurError('cancelled', 'Training was stopped.', { cause: signal.reason });
}

/**
 * Turns of the event loop: setImmediate where there is one (Node, whose message ports would starve its timers), else a message
 * port. Browser timers would wait 4 ms each, and promises let no message in.
 */
function createTurns(): { next(): Promise<void>; close(): void } {
  const { setImmediate } = globalThis as { setImmediate?: (callback: () => void) => unknown };
  if (setImmediate !== undefined)
    return { next: () => new Promise((resolve) => void setImmediate(resolve)), close: () => {} };
  const { port1, port2 } = new MessageChannel();
  let resume = (): void => {};
  port1.onmessage = () => resume();
  return {
    next: () =>
      new Promise((resolve) => {
        resume = resolve;
        port2.postMessage(null);
      }),
    close: () => port1.close(),
  };
}
