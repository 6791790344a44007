/**
 * One training job, from its first step to its last: SGD over the windows of its rows, or DP-SGD over secret samples of them.
 *
 * - The weights stay on the device in between; the loss is read asynchronously every `reportEvery` steps.
 * - The event loop gets a turn at least every 25 ms (or a step), so that an abort that comes as a message is seen; the run then ends
 *   between two steps with `cancelled`.
 * - Every tensor of a run is freed when it ends, however it ends.
 */
import { type Scalar, type Tensor, scalar, tidy } from '@tensorflow/tfjs-core';
import { MurmurError } from '../core/errors.ts';
import { SeededRandom } from '../core/random.ts';
import type { TrainerJob, TrainerPort } from '../protocol/ports.ts';
import { type Batch, createBatch } from './batch.ts';
import { type Backend, useBackend } from './backends.ts';
import { countTargets, meanLoss } from './losses.ts';
import { type Network, disposeTensors, download, sgdStep, trainedOf, uploadWeights } from './network.ts';
import { type RecordBatch, type RecordRandomness, clipsTogether, recordStep } from './records.ts';
import { lossOn, readAndDispose, scoringRows } from './scoring.ts';
import { type JobFactors, createFactors, disposeFactors } from './step-factors.ts';
import { createTurns } from './turns.ts';
import { type Window, Windows, epochPlans, lossRows, rowsOf, samplePlans } from './windows.ts';

type TrainingResult = Awaited<ReturnType<TrainerPort['train']>>;

/** Rows that the loss of the result is taken on. */
const LOSS_ROWS = 1024;
const LONGEST_TURN_MS = 25;
/** Scalars kept for batches of different sizes. */
const MOST_SCALES = 64;

/** Makes the next step. @returns a loss, where it is wanted */
type MakeStep = (wantsLoss: boolean) => Promise<number | undefined> | undefined;

interface RunOptions {
  readonly backend: Backend;
  readonly reportEvery: number;
  readonly now: () => number;
  readonly randomness: RecordRandomness | undefined;
}

/** Is good for one {@link Run.result}. */
export class Run {
  readonly #network: Network;
  readonly #job: TrainerJob;
  readonly #options: RunOptions;
  readonly #random: SeededRandom;
  readonly #steps: number;
  readonly #batchSize: number;
  readonly #batch: Batch;
  readonly #scales = new Map<number, Scalar>();
  #factors: JobFactors = {};
  #weights: Tensor[] = [];
  /** the one that steps are made of */
  #window: Window | undefined;
  /** rows that wait in the batch for more */
  #filled = 0;
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
    const [job, steps] = [this.#job, this.#steps];
    const { budgetMs = Infinity } = job;
    const turns = createTurns();
    try {
      this.#weights = uploadWeights(network, job.weights);
      this.#factors = createFactors(network, job);
      const startedAt = now();
      let turnStart = startedAt;
      this.#lastReport = { step: 0, at: turnStart };
      let step = 0;
      const isOver = () => step === steps || (step > 0 && now() - startedAt >= budgetMs);
      for await (const group of job.records === undefined ? this.#sgdSteps() : this.#recordSteps()) {
        for (const makeStep of group) {
          if (isOver()) break;
          throwIfAborted(job.signal);
          useBackend(backend);
          step++;
          const loss = makeStep(step % this.#options.reportEvery === 0 || step === steps);
          const read = loss === undefined ? undefined : await loss;
          if (read !== undefined) this.#report(step, read);
          if (now() - turnStart >= LONGEST_TURN_MS) {
            await turns.next();
            turnStart = now();
          }
        }
        if (isOver()) break;
      }
      throwIfAborted(job.signal);
      useBackend(backend);
      const trained = await download(network, trainedOf(network, this.#weights), job.weights);
      const loss = await this.#lossOn(lossRows(job, LOSS_ROWS, this.#random));
      if (!Number.isFinite(loss) || !trained.every(Number.isFinite)) {
        throw new MurmurError('bad-input', 'Training diverged: the loss is no longer a number.', {
          hint: 'Lower the learning rate of the task.',
        });
      }
      return { weights: trained, loss, steps: step };
    } finally {
      turns.close();
      disposeFactors(this.#factors);
      disposeTensors([...this.#weights, ...this.#scales.values()]);
    }
  }

  /** The steps of one window after the other. */
  async *#sgdSteps(): AsyncGenerator<Iterable<MakeStep>> {
    const [steps, batchSize] = [this.#steps, this.#batchSize];
    const windows = new Windows(this.#job, epochPlans(this.#job, { steps, batchSize, random: this.#random }));
    for (let window = await windows.take(); window !== undefined; window = await windows.take()) {
      this.#window = window;
      yield this.#stepsOfWindow();
      // Let go of before the next one is waited for.
      this.#window = window = undefined;
    }
  }

  /** A step whenever its batch is full; a batch may begin in one window and end in the next. */
  *#stepsOfWindow(): Generator<MakeStep> {
    const { order, ends } = this.#window as Window;
    const size = this.#batchSize;
    for (let at = 0; at < order.length;) {
      const picked = order.subarray(at, at + size - this.#filled);
      this.#batch.fill(this.#window as Window, picked, this.#filled);
      at += picked.length;
      const count = this.#filled + picked.length;
      const isFull = count === size || (ends && at === order.length);
      this.#filled = isFull ? 0 : count;
      if (isFull) yield (wantsLoss) => this.#step(count, wantsLoss);
    }
  }

  /** Steps of DP-SGD; each takes the windows of its sample. */
  async *#recordSteps(): AsyncGenerator<Iterable<MakeStep>> {
    const { random } = this.#options.randomness as RecordRandomness;
    const together = recordBlock(this.#network);
    const windows = new Windows(this.#job, samplePlans(this.#job, { steps: this.#steps, together, random }));
    for (let step = 0; step < this.#steps; step++) yield [(wantsLoss) => this.#recordStep(windows, wantsLoss)];
  }

  /** @returns the loss before the step, where it is wanted */
  #step(count: number, wantsLoss: boolean): Promise<number> | undefined {
    const network = this.#network;
    const values = this.#batch.values(count);
    const deltaScale = this.#scale(Math.max(1, countTargets(network.target, values)));
    const result = tidy(() =>
      sgdStep(network, this.#weights, this.#batch.tensors(count), { ...this.#factors, deltaScale }, wantsLoss),
    );
    this.#weights = result.weights;
    const { logits } = result;
    return logits && readAndDispose(logits).then((read) => meanLoss(network.target, read, values));
  }

  async #recordStep(windows: Windows, wantsLoss: boolean): Promise<number | undefined> {
    const { rows, learningRate, records, onStep } = this.#job;
    const { clip, noise, rate } = records as NonNullable<TrainerJob['records']>;
    const { randomness, backend } = this.#options;
    const { normals } = randomness as RecordRandomness;
    const together = recordBlock(this.#network);
    const batch = this.#batch;
    let first: Uint32Array | undefined;
    async function* blocks(): AsyncGenerator<() => RecordBatch> {
      for (let ends = false; !ends;) {
        let window = await windows.take();
        if (window === undefined) return;
        const { order } = window;
        first ??= window.rows.subarray(0, together);
        for (let at = 0; at < order.length; at += together) {
          const picked = order.subarray(at, at + together);
          batch.fill(window, picked);
          yield () => batch.tensors(picked.length);
        }
        ends = window.ends;
        window = undefined;
      }
    }
    const enter = (): void => useBackend(backend);
    const options = { ...this.#factors, learningRate, expected: rate * rows, clip, noise, normals, enter };
    this.#weights = await recordStep(this.#network, this.#weights, blocks(), options);
    if (!wantsLoss || onStep === undefined) return undefined;
    return this.#lossOn(first !== undefined && first.length > 0 ? first : Uint32Array.of(0));
  }

  async #lossOn(rows: Uint32Array): Promise<number> {
    const { features, labels, order } = await rowsOf(this.#job, rows);
    return lossOn(this.#network, this.#weights, { features, labels }, order, this.#options.backend);
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

/** Records that are clipped together. */
function recordBlock(network: Network): number {
  return clipsTogether(network) ? scoringRows(network) : 1;
}

function throwIfAborted(signal: TrainerJob['signal']): void {
  if (signal?.aborted) throw new MurmurError('cancelled', 'Training was stopped.', { cause: signal.reason });
}
