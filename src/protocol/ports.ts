/**
 * What the session and the relay ask of the world: adapters implement these, tests and the simulation too.
 * Every call takes an AbortSignal and ends: with a value or with a typed MurmurError, never by waiting for ever.
 */
import type { Bytes, Hex } from '../core/bytes.ts';
import type { Message, SequencedMessage } from './messages.ts';
import type { RecordPhase } from './phases.ts';
import type { RecordDomain } from './record.ts';
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

/** Trains and predicts with the task's model on one backend. Arrays are flat, row-major, float32; labels as the task's target has them. */
export interface TrainerPort {
  readonly backend: string;
  train(job: {
    readonly weights: Float32Array;
    readonly features: Float32Array;
    /** as EncodedRows has them */
    readonly labels: Uint8Array | Float32Array;
    readonly rows: number;
    readonly epochs: number;
    /** exactly so many steps, over as many passes as they need; `epochs` is then not looked at */
    readonly steps?: number | undefined;
    /** ends after the step with which so much time has passed; one step is always made */
    readonly budgetMs?: number | undefined;
    /** mu: adds mu · (w − the weights received) to the gradient of every step */
    readonly proximal?: number | undefined;
    /** added to the gradient of every step; flat, one entry a weight */
    readonly correction?: Float32Array | undefined;
    readonly batchSize: number;
    readonly learningRate: number;
    readonly l2: number;
    readonly seed: Bytes;
    readonly signal?: AbortSignal | undefined;
    readonly onStep?: ((progress: { step: number; steps: number; loss: number; stepMs: number }) => void) | undefined;
  }): Promise<{ weights: Float32Array; loss: number; steps: number }>;
  /** rows x outputs: chances for binary, classes and next (a step after the other), the number itself for a value */
  predict(weights: Float32Array, features: Float32Array, rows: number): Promise<Float32Array>;
}
