/**
 * Local training: mini-batch SGD on the loss of the task's target, from flat weights to flat weights; with FedProx's proximal term
 * (Li et al. 2020) and SCAFFOLD's correction (Karimireddy et al. 2020) where a job has them.
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
import { type Scalar, type Tensor, scalar, tensor, tidy } from '@tensorflow/tfjs-core';
import { MurmurError, check } from '../core/errors.ts';
import { SeededRandom } from '../core/random.ts';
import { scoresOf } from '../model/forward.ts';
import { labelWidth, outputWidth } from '../protocol/data-spec.ts';
import { type ModelUse, sizeOf } from '../protocol/model-shapes.ts';
import type { TrainerPort } from '../protocol/ports.ts';
import { type Backend, type BackendReport, type StartOptions, startBackend, useBackend } from './backends.ts';
import { meanLoss } from './losses.ts';
import {
  type Network,
  type StepFactors,
  type StepResult,
  disposeWeights,
  downloadWeights,
  infer,
  planNetwork,
  sgdStep,
  uploadWeights,
} from './network.ts';

export interface TrainerOptions extends Omit<StartOptions, 'use'> {
  /** The model and what it is for: a task's spec will do. */
  readonly use: ModelUse;
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

/** Numbers that the largest layer may make of one block of rows when all are scored: 64 MiB, and at most this many rows. */
const SCORING_NUMBERS = 2 ** 24;
const SCORING_ROWS = 4096;
const LONGEST_TURN_MS = 25;

/**
 * Starts a backend, checks that it computes this model's gradient, and returns the trainer.
 * @throws MurmurError unsupported when no allowed backend works; bad-input for a model that does not fit its examples or target
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { use, reportEvery = 10, now = () => performance.now() } = options;
  const network = planNetwork(use);
  check(Number.isInteger(reportEvery) && reportEvery > 0, 'reportEvery must be a positive integer');
  const { backend, report } = await startBackend(options);
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
      const scores = new Float32Array(rows * outputsOf(network));
      await scoreRows(network, { weights, features, rows }, backend, (logits, start) =>
        scores.set(scoresOf(network.plan.target, logits), start * outputsOf(network)),
      );
      return scores;
    },
    dispose() {
      disposed = true;
    },
  };
}

/** Outputs of one row. */
function outputsOf({ plan: { target } }: Network): number {
  return outputWidth(target) * labelWidth(target);
}

function checkRows({ plan }: Network, features: Float32Array, rows: number): void {
  check(Number.isInteger(rows) && rows >= 0, 'rows must be a whole number');
  const width = sizeOf(plan.input);
  check(features.length === rows * width, `features must hold ${rows} x ${width} values, not ${features.length}`);
}

function checkJob(network: Network, job: TrainingJob): void {
  const { features, labels, rows, epochs, batchSize, learningRate, l2 } = job;
  const { steps = 1, budgetMs = 1, proximal = 0, correction } = job;
  checkRows(network, features, rows);
  check(rows > 0, 'there are no rows to train on');
  checkLabels(network, labels, rows);
  check(Number.isInteger(epochs) && epochs > 0, 'epochs must be a positive integer');
  check(Number.isInteger(steps) && steps > 0, 'steps must be a positive integer');
  check(budgetMs > 0, 'budgetMs must be above zero');
  check(Number.isInteger(batchSize) && batchSize > 0, 'batchSize must be a positive integer');
  check(Number.isFinite(learningRate) && learningRate > 0, 'learningRate must be above zero');
  check(Number.isFinite(l2) && l2 >= 0, 'l2 must not be negative');
  check(Number.isFinite(proximal) && proximal >= 0, 'proximal must not be negative');
  check(
    correction === undefined || correction.length === network.weightCount,
    `a correction has ${network.weightCount} entries, not ${correction?.length}`,
  );
}

function checkLabels({ plan: { target } }: Network, labels: TrainingJob['labels'], rows: number): void {
  const width = labelWidth(target);
  check(labels.length === rows * width, `labels must hold ${rows * width} values, not ${labels.length}`);
  if (target.kind === 'value') {
    check(labels.every(Number.isFinite), 'labels must be numbers');
    return;
  }
  const classes = target.kind === 'binary' ? 2 : outputWidth(target);
  check(
    labels.every((label: number) => Number.isInteger(label) && label >= 0 && label < classes),
    classes === 2 ? 'labels must be 0 or 1' : `labels must be whole numbers below ${classes}`,
  );
}

/** `loss` of the result: mean loss of the returned weights over all rows, without the l2 and proximal terms. */
async function runTraining(
  network: Network,
  job: TrainingJob,
  { backend, reportEvery, now }: { backend: Backend; reportEvery: number; now: () => number },
): Promise<TrainingResult> {
  const { features, labels, rows, learningRate, budgetMs = Infinity, signal, onStep } = job;
  const { target } = network.plan;
  const batchSize = Math.min(job.batchSize, rows);
  const stepsAnEpoch = Math.ceil(rows / batchSize);
  const steps = job.steps ?? job.epochs * stepsAnEpoch;
  const random = new SeededRandom(job.seed);
  const batch = createBatch(network, batchSize);
  const turns = createTurns();
  const scales = new Map<number, Scalar>();
  const constants = stepConstants(network, job);
  let weights: Tensor[] = uploadWeights(network, job.weights);
  const startedAt = now();
  let turnStart = startedAt;
  let lastReport = { step: 0, at: turnStart };
  let order = new Uint32Array(0);
  let step = 0;
  try {
    while (step < steps && (step === 0 || now() - startedAt < budgetMs)) {
      const start = (step % stepsAnEpoch) * batchSize;
      if (start === 0) order = random.permutation(rows);
      throwIfAborted(signal);
      useBackend(backend);
      const count = Math.min(batchSize, rows - start);
      const deltaScale = scales.get(count) ?? scalar(learningRate / count);
      scales.set(count, deltaScale);
      step++;
      const reports = step % reportEvery === 0 || step === steps;
      const result: StepResult = tidy(() => {
        const { x, y } = batch.take(features, labels, order.subarray(start, start + count));
        return sgdStep(network, weights, x, y, { ...constants, deltaScale }, reports);
      });
      weights = result.weights;
      if (result.logits !== undefined) {
        const loss = meanLoss(target, await readAndDispose(result.logits), batch.labelsOf(count));
        const at = now();
        onStep?.({ step, steps, loss, stepMs: (at - lastReport.at) / (step - lastReport.step) });
        lastReport = { step, at };
      }
      if (now() - turnStart >= LONGEST_TURN_MS) {
        await turns.next();
        turnStart = now();
      }
    }
    throwIfAborted(signal);
    const trained = await downloadWeights(network, weights);
    const loss = await lossOf(network, { weights: trained, features, labels, rows }, backend);
    if (!Number.isFinite(loss)) {
      throw new MurmurError('bad-input', 'Training diverged: the loss is no longer a number.', {
        hint: 'Lower the learning rate of the task.',
      });
    }
    return { weights: trained, loss, steps: step };
  } finally {
    turns.close();
    disposeWeights(weights);
    const { kernelDecay, otherDecay, pull = [] } = constants;
    for (const constant of [kernelDecay, otherDecay, ...pull, ...scales.values()]) constant?.dispose();
  }
}

/** See StepFactors; the caller disposes them. */
function stepConstants(network: Network, job: TrainingJob): Omit<StepFactors, 'deltaScale'> {
  const { learningRate, l2, proximal = 0, correction } = job;
  const kernelDecay = 1 - 2 * learningRate * l2 - learningRate * proximal;
  const otherDecay = 1 - learningRate * proximal;
  let pull: Tensor[] | undefined;
  if (proximal > 0 || correction !== undefined) {
    const flat = job.weights.map(
      (weight, i) => learningRate * (proximal * weight - (correction === undefined ? 0 : (correction[i] as number))),
    );
    pull = uploadWeights(network, flat);
  }
  return {
    kernelDecay: kernelDecay === 1 ? undefined : scalar(kernelDecay),
    otherDecay: otherDecay === 1 ? undefined : scalar(otherDecay),
    pull,
  };
}

/**
 * Gathers rows into device tensors. One pair of arrays serves all batches: by the time of the next one, the backend has copied
 * it or its tensor was disposed.
 */
function createBatch({ plan }: Network, batchSize: number) {
  const width = sizeOf(plan.input);
  const perRow = labelWidth(plan.target);
  const rowsOfFeatures = new Float32Array(batchSize * width);
  const values = new Float32Array(batchSize * perRow);
  return {
    /** of the last batch */
    labelsOf: (count: number): Float32Array => values.subarray(0, count * perRow),
    take(features: Float32Array, labels: TrainingJob['labels'], picked: Uint32Array): { x: Tensor; y: Tensor } {
      const count = picked.length;
      for (let i = 0; i < count; i++) {
        const row = picked[i] as number;
        copy(features, row * width, rowsOfFeatures, i * width, width);
        copy(labels, row * perRow, values, i * perRow, perRow);
      }
      return {
        x: tensor(rowsOfFeatures.subarray(0, count * width), [count, ...plan.input], 'float32'),
        y: tensor(values.subarray(0, count * perRow), [count, perRow], 'float32'),
      };
    },
  };
}

/** A loop beats a view and a set for rows of some ten numbers, which most tables have; long rows are the other way round. */
function copy(from: ArrayLike<number>, at: number, to: Float32Array, start: number, length: number): void {
  if (length > 64 && from instanceof Float32Array) to.set(from.subarray(at, at + length), start);
  else for (let j = 0; j < length; j++) to[start + j] = from[at + j] as number;
}

/** Mean loss over rows. */
async function lossOf(
  network: Network,
  data: Pick<TrainingJob, 'weights' | 'features' | 'labels' | 'rows'>,
  backend: Backend,
): Promise<number> {
  const { target } = network.plan;
  const perRow = labelWidth(target);
  let total = 0;
  await scoreRows(network, data, backend, (logits, start) => {
    const count = logits.length / outputsOf(network);
    total += count * meanLoss(target, logits, data.labels.subarray(start * perRow, (start + count) * perRow));
  });
  return total / data.rows;
}

/** Logits of all rows, block by block. @param use hears the logits of the rows from `start` on */
async function scoreRows(
  network: Network,
  { weights, features, rows }: Pick<TrainingJob, 'weights' | 'features' | 'rows'>,
  backend: Backend,
  use: (logits: Float32Array, start: number) => void,
): Promise<void> {
  const width = sizeOf(network.plan.input);
  const widest = Math.max(width, ...network.plan.layers.map(({ output }) => sizeOf(output)));
  const block = Math.max(1, Math.min(SCORING_ROWS, Math.floor(SCORING_NUMBERS / widest)));
  useBackend(backend);
  const tensors = uploadWeights(network, weights);
  try {
    for (let start = 0; start < rows; start += block) {
      const end = Math.min(rows, start + block);
      useBackend(backend);
      const logits = tidy(() =>
        infer(
          network,
          tensors,
          tensor(features.slice(start * width, end * width), [end - start, ...network.plan.input], 'float32'),
        ),
      );
      use(await readAndDispose(logits), start);
    }
  } finally {
    disposeWeights(tensors);
  }
}

async function readAndDispose(values: Tensor): Promise<Float32Array> {
  try {
    return await values.data<'float32'>();
  } finally {
    values.dispose();
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
