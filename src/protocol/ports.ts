/**
 * What the session and the relay ask of the world: adapters implement these, tests and the simulation too.
 * Every call takes an AbortSignal and ends: with a value or with a typed MurmurError, never by waiting for ever.
 */
import type { Bytes, Hex } from '../core/bytes.ts';
import type { Message, SequencedMessage } from './messages.ts';
import type { RecordPhase } from './phases.ts';
import type { RecordDomain } from './record.ts';
import type { RowStream } from './row-source.ts';
import type { ChainHead, Member, Registration, RoundView, TaskView } from './views.ts';

/** Read side of the coordinator contract. Throws `unreachable` when no endpoint answers, `not-found` for unknown ids. */
export interface ChainReader {
  readonly domain: RecordDomain;
  head(signal?: AbortSignal): Promise<ChainHead>;
  taskCount(signal?: AbortSignal): Promise<bigint>;
  task(task: bigint, signal?: AbortSignal): Promise<TaskView>;
  round(task: bigint, round: number, signal?: AbortSignal): Promise<RoundView>;
  /** Members in roster order. Complete only after the join phase. */
  roster(task: bigint, round: number, signal?: AbortSignal): Promise<readonly Member[]>;
  registration(task: bigint, registrationId: number, signal?: AbortSignal): Promise<Registration>;
  /**
   * Digests of all accepted records of a phase by index, read from events and checked against the contract's running hash, so
   * that an endpoint cannot hide one. In the join phase the key is the registration id.
   * @throws MurmurError bad-hash when the events do not add up to the running hash
   */
  digests(task: bigint, round: number, phase: RecordPhase, signal?: AbortSignal): Promise<ReadonlyMap<number, Bytes>>;
  /** Unmask answers that lie in calldata (rosters of at most 16), by index. */
  answers(task: bigint, round: number, signal?: AbortSignal): Promise<ReadonlyMap<number, Bytes>>;
  /**
   * U2 and U3 as two configured endpoints agree on them at a safe block (chain id 31337: one endpoint, latest block).
   * @throws MurmurError refused when the endpoints disagree
   */
  survivors(task: bigint, round: number, signal?: AbortSignal): Promise<{ u2: bigint; u3: bigint; blockHash: Hex }>;
}

/** Write side. Anybody may call each; a call that came too late or twice is no error (the contract skips it). */
export interface ChainWriter {
  /** Packed 98-byte records of one phase; `answers` (same order) only in the unmask phase of rosters <= 16. */
  postRecords(
    task: bigint,
    round: number,
    phase: RecordPhase,
    records: readonly Bytes[],
    answers?: readonly Bytes[],
    signal?: AbortSignal,
  ): Promise<void>;
  open(task: bigint, signal?: AbortSignal): Promise<void>;
  postBeacon(task: bigint, round: number, signature: Bytes, signal?: AbortSignal): Promise<void>;
  postSum(task: bigint, round: number, sumRoot: Hex, modelHash: Hex, signal?: AbortSignal): Promise<void>;
  /** Puts on record what time alone has decided. */
  sync(task: bigint, signal?: AbortSignal): Promise<void>;
}

export type ChainPort = ChainReader & ChainWriter;

/** Bytes by their SHA-256. `get` checks the hash: `bad-hash` instead of wrong bytes, `not-found` when nobody has them. */
export interface BlobStore {
  get(sha256: Hex, signal?: AbortSignal): Promise<Bytes>;
  has(sha256: Hex, signal?: AbortSignal): Promise<boolean>;
  /** Idempotent; resumes where an earlier attempt stopped. */
  put(bytes: Bytes, signal?: AbortSignal): Promise<Hex>;
}

export interface RelayPort {
  readonly blobs: BlobStore;
  /** Idempotent: the same message twice has one place in the log. */
  publish(message: Message, signal?: AbortSignal): Promise<void>;
  /** Messages of a task from a sequence number on, at most some hundred; [] when there is none yet. Never blocks for long. */
  messages(task: bigint, fromSequence: number, signal?: AbortSignal): Promise<readonly SequencedMessage[]>;
  /**
   * Says "I am here and want to take part" (the relay opens rounds when enough are there); to be repeated every few seconds.
   */
  announce(task: bigint, registrationId: number, signal?: AbortSignal): Promise<void>;
}

/** A durable key-value journal of one participation: `put` resolves only when the value is on disk. Keys are short ASCII. */
export interface Journal {
  get(key: string): Promise<Bytes | undefined>;
  put(key: string, value: Bytes): Promise<void>;
  /** Keys that begin with the prefix, sorted. */
  keys(prefix: string): Promise<readonly string[]>;
  delete(key: string): Promise<void>;
}

/**
 * One value that all tabs of a browser, or all processes of a machine, change one after the other: the book of what was spent of their data
 * sets (src/session/budget-book.ts).
 */
export interface BookStore {
  read(): Promise<Bytes | undefined>;
  /**
   * Replaces the value by what `change` makes of it; nobody else reads or writes in between. On disk when it resolves. What `change` throws
   * is thrown on, and the value stays; so it does when `change` returns undefined.
   */
  update(change: (value: Bytes | undefined) => Bytes | undefined): Promise<void>;
}

/** Training of one site's own rows, from flat weights to flat weights. Arrays are row-major; nothing here is kept. */
export interface TrainerJob {
  readonly weights: Float32Array;
  /** rows x the example's shape: normalised numbers, or codes of characters; empty where there is a `stream` */
  readonly features: Float32Array;
  /** rows x labelWidth(target): classes, values in [0, 1], or the codes of the characters that follow; empty where there is a `stream` */
  readonly labels: Uint8Array | Float32Array;
  /** more rows than are held at one time: they are read window by window */
  readonly stream?: RowStream | undefined;
  /** examples */
  readonly rows: number;
  /** passes over the rows, unless there are `steps` */
  readonly epochs?: number | undefined;
  /** exactly so many steps of SGD, over as many passes as they need */
  readonly steps?: number | undefined;
  /** ends after the step with which so much time has passed; one step is always made */
  readonly budgetMs?: number | undefined;
  readonly batchSize: number;
  readonly learningRate: number;
  /** factor of the squared norm of the kernels */
  readonly l2: number;
  /** mu of FedProx: mu / 2 times the squared distance to the received weights is added to the loss */
  readonly proximal?: number | undefined;
  /** added to the gradient of every step (SCAFFOLD); as long as the weights */
  readonly correction?: Float32Array | undefined;
  /** largest norm of a batch's gradient of the loss, l2 and the proximal term not counted */
  readonly clip?: number | undefined;
  /**
   * DP-SGD: every record's gradient is clipped to the norm `clip`, noise of standard deviation noise · clip is added to their sum, and
   * each record is in a step with chance `rate`; `batchSize` and `seed` then play no part, and an epoch is 1 / rate steps.
   */
  readonly records?: { readonly clip: number; readonly noise: number; readonly rate: number } | undefined;
  readonly seed: Bytes;
  readonly signal?: AbortSignal | undefined;
  readonly onStep?: ((progress: { step: number; steps: number; loss: number; stepMs: number }) => void) | undefined;
}

/** Trains and predicts with the task's model on one backend. */
export interface TrainerPort {
  readonly backend: string;
  /**
   * `loss` is that of the returned weights on these rows, or on 1,024 of them; `steps` are those made, and the same job with these `steps`
   * and no budget gives the same weights again.
   */
  train(job: TrainerJob): Promise<{ weights: Float32Array; loss: number; steps: number }>;
  /** rows x outputs: the chance of label 1, a chance a class, a number, or at every step a chance a character. */
  predict(weights: Float32Array, features: Float32Array, rows: number): Promise<Float32Array>;
}
