/**
 * What a site would have without the others: the same model, trained on its own rows only.
 *
 * The comparison must be fair to it. Its {@link aloneEpochs} are spread evenly over the task's training rounds, so after the last
 * round it has had all of them, where they are cheap far more than is best for most sites: together is never flattered by a rival that
 * was trained less. Every epoch has its own seed, so the model after k epochs is the same whether it was trained at one go, in
 * pieces between rounds, or on both sides of a reload; the journal only spares the work.
 */
import { type Bytes, concatBytes, equalBytes, uintBytes, utf8 } from '../core/bytes.ts';
import { throwIfCancelled } from '../core/clock.ts';
import { sha256 } from '../core/hash.ts';
import { type EncodedRows, labelBytes } from '../dataset/split.ts';
import type { Normaliser } from '../dataset/statistics.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { modelCost } from '../model/cost.ts';
import { initialWeights } from '../model/initialise.ts';
import type { Journal } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';

/** How a site's "alone" model is trained: to the end, with at most so many epochs (bench accuracy uses the same). */
export const ALONE_TRAINING = { epochs: 160, batchSize: 32, learningRate: 0.05 } as const;
/** Passes over the rows for each that the task makes, where that takes an ordinary machine no longer than this. */
const PASSES = 16;
const LONGEST_SECONDS = 300;

/**
 * Epochs that a site's own model gets in all: never fewer than the task makes over the site's rows, many more where they are cheap. Of
 * the task and the number of rows only, so that it is the same on every machine and after every reload.
 */
export function aloneEpochs(spec: TaskSpec, rows: number): number {
  const { epochs, batchSize } = ALONE_TRAINING;
  const { training } = spec;
  const passes = training.rounds * (training.epochs ?? ((training.steps ?? 1) * training.batchSize) / rows);
  const epochSeconds = Math.ceil(rows / batchSize) * modelCost(spec, batchSize).stepSeconds;
  const wanted = Math.max(passes, Math.min(PASSES * passes, LONGEST_SECONDS / epochSeconds));
  return Math.min(epochs, Math.max(1, Math.round(wanted)));
}

/** Epochs of so many in all that the model has had after a step of a task with that many training rounds. */
export function epochsAfter(step: number, trainingRounds: number, epochs: number): number {
  return Math.floor((epochs * Math.min(step, trainingRounds)) / trainingRounds);
}

/** Trains one epoch; lets everything go first that a round waits for. */
export type TrainEpoch = (
  weights: Float32Array,
  normaliser: Normaliser,
  seed: Bytes,
  signal: AbortSignal,
) => Promise<Float32Array>;

interface Progress {
  readonly epochs: number;
  readonly weights: Float32Array;
}

const TAG_BYTES = 32;

/** The model of one participation. One call at a time: each goes on where the last one ended. */
export class AloneModel {
  readonly #spec: TaskSpec;
  readonly #train: EncodedRows;
  readonly #site: Bytes;
  readonly #journal: Journal;
  readonly #key: string;
  readonly #trainEpoch: TrainEpoch;
  readonly #epochs: number;
  #seed: Bytes | undefined;
  #progress: Progress | undefined;

  constructor(args: {
    spec: TaskSpec;
    train: EncodedRows;
    /** the site's wallet */
    site: Bytes;
    task: bigint;
    journal: Journal;
    trainEpoch: TrainEpoch;
  }) {
    this.#spec = args.spec;
    this.#train = args.train;
    this.#site = args.site;
    this.#journal = args.journal;
    this.#key = `task/${args.task}/alone`;
    this.#trainEpoch = args.trainEpoch;
    this.#epochs = aloneEpochs(args.spec, args.train.rows);
  }

  /**
   * The model as far as it should be after a step of the task.
   * @param normaliser of the shared model, so that only the training differs
   * @returns undefined for a step that it is past
   * @throws MurmurError cancelled; bad-input when training on these rows diverges
   */
  async after(step: number, normaliser: Normaliser, signal: AbortSignal): Promise<Checkpoint | undefined> {
    const wanted = epochsAfter(step, this.#spec.training.rounds, this.#epochs);
    this.#seed ??= await this.#seedOfRows();
    const seed = this.#seed;
    let { epochs, weights } = (this.#progress ??= await this.#begin(seed));
    if (epochs > wanted) return undefined;
    const before = epochs;
    while (epochs < wanted) {
      throwIfCancelled(signal);
      weights = await this.#trainEpoch(weights, normaliser, await sha256(seed, uintBytes(epochs, 2)), signal);
      epochs += 1;
      this.#progress = { epochs, weights };
    }
    if (epochs > before) await this.#journal.put(this.#key, encode(seed, { epochs, weights }));
    const server = {
      step: 0,
      firstMoment: new Float64Array(0),
      secondMoment: new Float64Array(0),
      beta1Power: 1,
      beta2Power: 1,
    };
    return { weights, normaliser, server };
  }

  /** From the journal, unless that was trained on other rows. */
  async #begin(seed: Bytes): Promise<Progress> {
    const start = await initialWeights(this.#spec, seed);
    const journalled = await this.#journal.get(this.#key);
    const known = journalled && decode(seed, journalled);
    return known?.weights.length === start.length ? known : { epochs: 0, weights: start };
  }

  /** A function of the rows, so that another file of the same site never goes on with this one's model. */
  async #seedOfRows(): Promise<Bytes> {
    const { features, labels } = this.#train;
    const bytes = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
    return sha256(utf8('murmur/alone/2'), this.#site, await sha256(bytes), await sha256(labelBytes(labels)));
  }
}

/** seed ‖ epochs[2] ‖ weights as this machine keeps them: nobody else reads it. */
function encode(seed: Bytes, { epochs, weights }: Progress): Bytes {
  return concatBytes(seed, uintBytes(epochs, 2), new Uint8Array(weights.slice().buffer));
}

function decode(seed: Bytes, bytes: Bytes): Progress | undefined {
  const weights = bytes.slice(TAG_BYTES + 2);
  if (weights.length % 4 !== 0 || !equalBytes(bytes.subarray(0, TAG_BYTES), seed)) return undefined;
  const [high = 0, low = 0] = bytes.subarray(TAG_BYTES);
  const epochs = 256 * high + low;
  return epochs > ALONE_TRAINING.epochs ? undefined : { epochs, weights: new Float32Array(weights.buffer) };
}
