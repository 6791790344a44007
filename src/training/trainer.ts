/**
 * Local training: mini-batch SGD on the loss of the task's target, from flat weights to flat weights.
 *
 * - The weights stay on the device from the first step to the last; the loss is read asynchronously every `reportEvery` steps.
 * - Every epoch visits every row once, in a permutation from the seed (SeededRandom of core). Same input, seed and backend: the
 *   same bits. Between backends the bits differ, so nothing that people must agree on may be computed here. DP-SGD (records.ts) is
 *   the exception: its draws are secret and never repeat.
 * - The event loop gets a turn at least every 25 ms (or a step), so that an abort that comes as a message is seen; the run then ends
 *   between two steps with `cancelled`.
 * - No tensor outlives a call (trainer.test.ts counts them).
 *
 * Runs in a module Web Worker and in Node. On a page's main thread it would work but hold up the page.
 */
import { type Scalar, type Tensor, type Tensor2D, scalar, tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { MurmurError, check } from '../core/errors.ts';
import { SeededRandom } from '../core/random.ts';
import { scoresOf } from '../model/forward.ts';
import { type ModelUse, planModel, sizeOf } from '../protocol/model-shapes.ts';
import type { TrainerJob, TrainerPort } from '../protocol/ports.ts';
import { type Backend, type BackendReport, type StartOptions, startBackend, useBackend } from './backends.ts';
import { type Labels, countTargets, labelsFit, meanLoss } from './losses.ts';
import {
  type Network,
  type StepFactors,
  disposeTensors,
  downloadWeights,
  forward,
  planNetwork,
  sgdStep,
  uploadWeights,
} from './network.ts';
import { type RecordRandomness, clipsTogether, recordStep, sampleRecords } from './records.ts';

export interface TrainerOptions extends Omit<StartOptions, 'model' | 'records'> {
  /** A task's spec, or a model with the shape of its examples and its target. */
  readonly spec: ModelUse & { readonly privacy?: { readonly kind: string } | undefined };
  /** Steps between two readings of the loss, hence between two calls of onStep; default 10. */
  readonly reportEvery?: number | undefined;
  /** What DP-SGD draws from; without it a job with `records` is refused. */
  readonly randomness?: RecordRandomness | undefined;
}

export interface Trainer extends TrainerPort {
  readonly backend: Backend;
  /** How the backend was chosen. */
  readonly report: BackendReport;
  /** Refuses further calls. Tensors need no freeing: each call frees its own. */
  dispose(): void;
}

type TrainingResult = Awaited<ReturnType<TrainerPort['train']>>;

/** Most rows, and about the most numbers, of one forward pass when rows are scored. */
const SCORING_ROWS = 4096;
const SCORING_NUMBERS = 2 ** 23;
/** Rows that the loss of the result is taken on. */
const LOSS_ROWS = 1024;
const LONGEST_TURN_MS = 25;
/** Scalars kept for batches of different sizes. */
const MOST_SCALES = 64;

/**
 * Starts a backend, checks that it computes this model's gradient, and returns the trainer.
 * @throws MurmurError unsupported when no allowed backend works; bad-input for a model that does not fit its examples or its target
 */
export async function createTrainer(options: TrainerOptions): Promise<Trainer> {
  const { spec, reportEvery = 10, now = () => performance.now(), randomness } = options;
  const network = planNetwork(spec);
  check(Number.isInteger(reportEvery) && reportEvery > 0, 'reportEvery must be a positive integer');
  const { backend, report } = await startBackend({
    ...options,
    model: spec,
    records: spec.privacy?.kind === 'records',
  });
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
      if (job.records !== undefined && randomness === undefined)
        throw new MurmurError('refused', 'this trainer has no secret randomness for private training');
      enter();
      return new Run(network, job, { backend, reportEvery, now, randomness }).result();
    },
    async predict(weights, features, rows) {
      checkRows(network, features, rows);
      enter();
      const tensors = uploadWeights(network, weights);
      const logits = new Float32Array(rows * network.outputWidth);
      try {
        await scoreRows(network, tensors, { features, order: everyRow(rows), backend }, (block, start) =>
          logits.set(block, start * network.outputWidth),
        );
      } finally {
        disposeTensors(tensors);
      }
      return scoresOf(network.target, logits);
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

function checkJob(network: Network, job: TrainerJob): void {
  const { features, labels, rows, epochs, steps, batchSize, learningRate, l2, proximal = 0, records } = job;
  checkRows(network, features, rows);
  check(rows > 0, 'there are no rows to train on');
  check(labelsFit(network.target, labels, rows), `labels must be ${rows} x ${network.labelWidth} of the task's`);
  check(epochs !== undefined || steps !== undefined, 'epochs or steps must be given');
  check(job.budgetMs === undefined || job.budgetMs > 0, 'budgetMs must be above zero');
  for (const [name, value] of Object.entries({ epochs, steps, batchSize }))
    check(value === undefined || (Number.isInteger(value) && value > 0), `${name} must be a positive integer`);
  check(Number.isFinite(learningRate) && learningRate > 0, 'learningRate must be above zero');
  check(Number.isFinite(l2) && l2 >= 0, 'l2 must not be negative');
  check(Number.isFinite(proximal) && proximal >= 0, 'proximal must not be negative');
  check(job.clip === undefined || job.clip > 0, 'clip must be above zero');
  check(
    job.correction === undefined || job.correction.length === network.weightCount,
    `correction must hold ${network.weightCount} values`,
  );
  if (records === undefined) return;
  check(records.clip > 0 && Number.isFinite(records.clip), 'records.clip must be above zero');
  check(records.noise >= 0 && Number.isFinite(records.noise), 'records.noise must not be negative');
  check(records.rate > 0 && records.rate <= 1, 'records.rate must be in (0, 1]');
  check(job.clip === undefined, 'with records, gradients are clipped record by record');
}

interface RunOptions {
  readonly backend: Backend;
  readonly reportEvery: number;
  readonly now: () => number;
  readonly randomness: RecordRandomness | undefined;
}

/** One training: its tensors, from the upload to the end. */
class Run {
  readonly #network: Network;
  readonly #job: TrainerJob;
  readonly #options: RunOptions;
  readonly #random: SeededRandom;
  readonly #steps: number;
  readonly #batchSize: number;
  readonly #batch: ReturnType<typeof createBatch>;
  readonly #scales = new Map<number, Scalar>();
  #factors: Pick<StepFactors, 'decay' | 'shift' | 'clip'> = {};
  #weights: Tensor[] = [];
  #lastReport = { step: 0, at: 0 };

  constructor(network: Network, job: TrainerJob, options: RunOptions) {
    const { rows, records } = job;
    this.#network = network;
    this.#job = job;
    this.#options = options;
    this.#random = new SeededRandom(job.seed);
    this.#batchSize = Math.min(job.batchSize, rows);
    const perEpoch = records === undefined ? Math.ceil(rows / this.#batchSize) : 1 / records.rate;
    this.#steps = job.steps ?? Math.ceil((job.epochs as number) * perEpoch);
    this.#batch = createBatch(network, records === undefined ? this.#batchSize : recordBlock(network));
  }

  async result(): Promise<TrainingResult> {
    const { backend, now } = this.#options;
    const network = this.#network;
    const { job, steps } = { job: this.#job, steps: this.#steps };
    const { budgetMs = Infinity } = job;
    const turns = createTurns();
    try {
      this.#weights = uploadWeights(network, job.weights);
      this.#factors = stepFactors(network, job);
      const startedAt = now();
      let turnStart = startedAt;
      this.#lastReport = { step: 0, at: turnStart };
      let step = 0;
      for (const picked of this.#batches()) {
        if (step > 0 && now() - startedAt >= budgetMs) break;
        throwIfAborted(job.signal);
        useBackend(backend);
        step++;
        const reports = step % this.#options.reportEvery === 0 || step === steps;
        const loss = job.records === undefined ? this.#step(picked, reports) : this.#recordStep(picked, reports);
        if (loss !== undefined) this.#report(step, await loss);
        if (now() - turnStart >= LONGEST_TURN_MS) {
          await turns.next();
          turnStart = now();
        }
      }
      throwIfAborted(job.signal);
      useBackend(backend);
      const trained = await downloadWeights(network, this.#weights);
      const order = this.#random.permutation(job.rows).subarray(0, LOSS_ROWS);
      const loss = await lossOn(network, this.#weights, job, order, backend);
      if (!Number.isFinite(loss) || !trained.every(Number.isFinite)) {
        throw new MurmurError('bad-input', 'Training diverged: the loss is no longer a number.', {
          hint: 'Lower the learning rate of the task.',
        });
      }
      return { weights: trained, loss, steps: step };
    } finally {
      turns.close();
      const { decay = [], shift = [] } = this.#factors;
      disposeTensors([...this.#weights, ...shift, ...this.#scales.values()]);
      for (const each of new Set(decay)) each?.dispose();
    }
  }

  /** Rows of each step. */
  *#batches(): Generator<Uint32Array> {
    const { rows, records } = this.#job;
    if (records !== undefined) {
      const { random } = this.#options.randomness as RecordRandomness;
      for (let step = 0; step < this.#steps; step++) yield sampleRecords(rows, records.rate, random);
      return;
    }
    for (let step = 0; step < this.#steps;) {
      const order = this.#random.permutation(rows);
      for (let start = 0; start < rows && step < this.#steps; start += this.#batchSize, step++)
        yield order.subarray(start, Math.min(rows, start + this.#batchSize));
    }
  }

  /** @returns the loss before the step, where it is wanted */
  #step(picked: Uint32Array, wantsLoss: boolean): Promise<number> | undefined {
    const network = this.#network;
    const values = this.#batch.fill(this.#job, picked);
    const deltaScale = this.#scale(Math.max(1, countTargets(network.target, values)));
    const result = tidy(() =>
      sgdStep(network, this.#weights, this.#batch.tensors(picked.length), { ...this.#factors, deltaScale }, wantsLoss),
    );
    this.#weights = result.weights;
    const { logits } = result;
    return logits && readAndDispose(logits).then((read) => meanLoss(network.target, read, values));
  }

  #recordStep(picked: Uint32Array, wantsLoss: boolean): Promise<number> | undefined {
    const { rows, learningRate, records } = this.#job;
    const { clip, noise, rate } = records as NonNullable<TrainerJob['records']>;
    const { randomness, backend } = this.#options;
    const { normals } = randomness as RecordRandomness;
    const size = recordBlock(this.#network);
    const blocks = Array.from({ length: Math.ceil(picked.length / size) }, (_, i) => () => {
      const block = picked.subarray(i * size, (i + 1) * size);
      this.#batch.fill(this.#job, block);
      return this.#batch.tensors(block.length);
    });
    const options = { ...this.#factors, learningRate, expected: rate * rows, clip, noise, normals };
    this.#weights = recordStep(this.#network, this.#weights, blocks, options);
    if (!wantsLoss || this.#job.onStep === undefined) return undefined;
    const order = picked.length > 0 ? picked.subarray(0, size) : Uint32Array.of(0);
    return lossOn(this.#network, this.#weights, this.#job, order, backend);
  }

  #report(step: number, loss: number): void {
    const at = this.#options.now();
    const { step: lastStep, at: lastAt } = this.#lastReport;
    this.#job.onStep?.({ step, steps: this.#steps, loss, stepMs: (at - lastAt) / (step - lastStep) });
    this.#lastReport = { step, at };
  }

  /** learning rate / predictions, on the device. */
  #scale(count: number): Scalar {
    const known = this.#scales.get(count);
    if (known !== undefined) return known;
    if (this.#scales.size >= MOST_SCALES) {
      disposeTensors([...this.#scales.values()]);
      this.#scales.clear();
    }
    const made = scalar(this.#job.learningRate / count);
    this.#scales.set(count, made);
    return made;
  }
}

/** What every step of a job does beside its gradient; the tensors are the caller's. */
function stepFactors(network: Network, job: TrainerJob): Pick<StepFactors, 'decay' | 'shift' | 'clip'> {
  const { l2, learningRate, proximal = 0, correction, clip } = job;
  const kernels = l2 > 0 || proximal > 0 ? scalar(1 - learningRate * (2 * l2 + proximal)) : undefined;
  const others = proximal > 0 ? scalar(1 - learningRate * proximal) : undefined;
  const pulls = proximal > 0 || correction !== undefined;
  const towards = (weight: number, i: number): number =>
    learningRate * (proximal * weight - (correction === undefined ? 0 : (correction[i] as number)));
  return {
    decay: kernels && network.tensors.map(({ role }) => (role === 'kernel' ? kernels : others)),
    shift: pulls ? uploadWeights(network, job.weights.map(towards)) : undefined,
    clip: clip === undefined ? undefined : learningRate * clip,
  };
}

/** Records that are clipped together. */
function recordBlock(network: Network): number {
  return clipsTogether(network) ? scoringRows(network) : 1;
}

/** Rows of one forward pass when rows are scored. */
function scoringRows(network: Network): number {
  const numbers = planModel(network.use).layers.reduce((sum, { output }) => sum + sizeOf(output), network.inputWidth);
  return Math.max(1, Math.min(SCORING_ROWS, Math.floor(SCORING_NUMBERS / numbers)));
}

/**
 * Gathers rows into device tensors. One pair of arrays serves all batches: by the time of the next one, the backend has copied
 * it or its tensor was disposed.
 */
function createBatch({ input, inputWidth, labelWidth }: Network, batchSize: number) {
  const rowsOfFeatures = new Float32Array(batchSize * inputWidth);
  const values = new Float32Array(batchSize * labelWidth);
  return {
    /** @returns the labels of the rows */
    fill({ features, labels }: Pick<TrainerJob, 'features' | 'labels'>, picked: Uint32Array): Float32Array {
      const count = picked.length;
      for (let i = 0; i < count; i++) {
        const row = picked[i] as number;
        const from = row * inputWidth;
        const to = i * inputWidth;
        for (let j = 0; j < inputWidth; j++) rowsOfFeatures[to + j] = features[from + j] as number;
        for (let j = 0; j < labelWidth; j++) values[i * labelWidth + j] = labels[row * labelWidth + j] as number;
      }
      return values.subarray(0, count * labelWidth);
    },
    /** Tensors of the first rows. Call within tidy. */
    tensors(count: number): { x: Tensor; labels: Tensor2D } {
      const targets = count * labelWidth;
      return {
        x: tensor(rowsOfFeatures.subarray(0, count * inputWidth), [count, ...input], 'float32'),
        labels: tensor2d(values.subarray(0, targets), [targets, 1]),
      };
    },
  };
}

function everyRow(rows: number): Uint32Array {
  return Uint32Array.from({ length: rows }, (_, i) => i);
}

/** Logits of some rows, in blocks; `visit` gets the place of a block's first row in `order`. */
async function scoreRows(
  network: Network,
  weights: readonly Tensor[],
  { features, order, backend }: { features: Float32Array; order: Uint32Array; backend: Backend },
  visit: (logits: Float32Array, start: number) => void,
): Promise<void> {
  const size = scoringRows(network);
  const { inputWidth, input } = network;
  for (let start = 0; start < order.length; start += size) {
    const block = order.subarray(start, start + size);
    const values = new Float32Array(block.length * inputWidth);
    for (const [i, row] of block.entries())
      values.set(features.subarray(row * inputWidth, (row + 1) * inputWidth), i * inputWidth);
    useBackend(backend);
    const logits = tidy(() => forward(network, weights, tensor(values, [block.length, ...input], 'float32')).logits);
    visit(await readAndDispose(logits), start);
  }
}

/** Mean loss of weights on some rows, without l2. */
async function lossOn(
  network: Network,
  weights: readonly Tensor[],
  { features, labels }: { readonly features: Float32Array; readonly labels: Labels },
  order: Uint32Array,
  backend: Backend,
): Promise<number> {
  const { labelWidth, target } = network;
  let total = 0;
  let count = 0;
  await scoreRows(network, weights, { features, order, backend }, (logits, start) => {
    const own = new Float32Array((logits.length / network.outputWidth) * labelWidth);
    for (let i = 0; i < own.length; i++) {
      const row = order[start + Math.floor(i / labelWidth)] as number;
      own[i] = labels[row * labelWidth + (i % labelWidth)] as number;
    }
    const counted = countTargets(target, own);
    if (counted === 0) return;
    total += meanLoss(target, logits, own) * counted;
    count += counted;
  });
  return count === 0 ? 0 : total / count;
}

async function readAndDispose(tensorToRead: Tensor): Promise<Float32Array> {
  try {
    return await tensorToRead.data<'float32'>();
  } finally {
    tensorToRead.dispose();
  }
}

function throwIfAborted(signal: TrainerJob['signal']): void {
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
