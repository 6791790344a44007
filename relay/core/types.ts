/** What RelayCore is built from: everything it does not do itself comes as an argument. */
import type { Bytes, Hex } from '../../src/core/bytes.ts';
import type { ErrorData } from '../../src/core/errors.ts';
import type { AllianceRecord, RecordDomain } from '../../src/protocol/record.ts';

/** Address whose key signed the record; throws `bad-signature` when there is none. The signature has 64 bytes (EIP-2098). */
export type VerifySignature = (domain: RecordDomain, record: AllianceRecord, signature: Bytes) => Promise<Hex>;

/** Signatures of a public randomness beacon by round number; undefined while a round is not due. */
export interface BeaconSource {
  signature(round: bigint, signal: AbortSignal): Promise<Bytes | undefined>;
}

/** Result of a round: the unmasked packed sum, the candidate model, and the hashes that the contract is told. */
export interface Aggregated {
  readonly sum: Bytes;
  readonly model: Bytes;
  readonly sumRoot: Hex;
  readonly modelHash: Hex;
}

/** Recomputes a round from public evidence; throws when evidence is missing, and is then asked again later. */
export type Aggregate = (task: bigint, round: number, signal: AbortSignal) => Promise<Aggregated>;

export interface RelayOptions {
  /** pause between two steps of `run` */
  readonly pollMs: number;
  /** tasks in which nothing happens are looked at this seldom */
  readonly idlePollMs: number;
  /** longest time that a record waits for others of its batch */
  readonly batchDelayMs: number;
  readonly maxBatch: number;
  /** a posted record, beacon, sum or opening that the chain does not show is posted again after this */
  readonly repostMs: number;
  /** times a record is posted before the relay gives it up: the contract skips it for a reason */
  readonly maxPosts: number;
  /** how long an announcement counts */
  readonly announceTtlMs: number;
  /** wait for more once the smallest cohort is there */
  readonly gatherMs: number;
  /** how long after a deadline by the clock the chain may lag before `sync` is sent */
  readonly syncGraceMs: number;
  /** how long a round may be over without a next one before `sync` puts its end on record */
  readonly idleSyncMs: number;
  readonly chainTimeoutMs: number;
  readonly beaconTimeoutMs: number;
  readonly aggregateTimeoutMs: number;
  /** age up to which a read of the chain serves the checks of a message */
  readonly viewMaxAgeMs: number;
  readonly registrationMaxAgeMs: number;
  /** a second and third body of one slot is kept as evidence, more are refused */
  readonly maxMessagesPerSlot: number;
  readonly maxBlobBytes: number;
}

export const DEFAULT_OPTIONS: RelayOptions = {
  pollMs: 500,
  idlePollMs: 10_000,
  batchDelayMs: 2_000,
  maxBatch: 100,
  repostMs: 15_000,
  maxPosts: 8,
  announceTtlMs: 20_000,
  gatherMs: 3_000,
  syncGraceMs: 3_000,
  idleSyncMs: 15_000,
  chainTimeoutMs: 30_000,
  beaconTimeoutMs: 10_000,
  aggregateTimeoutMs: 300_000,
  viewMaxAgeMs: 500,
  registrationMaxAgeMs: 30_000,
  maxMessagesPerSlot: 4,
  maxBlobBytes: 128 * 2 ** 20,
};

/** What the relay did or saw; for logs, metrics and the simulation's trace. Holds nothing secret. */
export type RelayEvent =
  | {
      readonly kind: 'opened' | 'beacon' | 'sum' | 'sync' | 'settled' | 'void';
      readonly task: bigint;
      readonly round: number;
    }
  | {
      readonly kind: 'batch';
      readonly task: bigint;
      readonly round: number;
      readonly phase: number;
      readonly records: number;
    }
  | {
      readonly kind: 'equivocation';
      readonly task: bigint;
      readonly round: number;
      readonly phase: number;
      readonly index: number;
    }
  | {
      readonly kind: 'error';
      readonly task: bigint;
      readonly round: number;
      readonly during: string;
      readonly error: ErrorData;
    };

export type Report = (event: RelayEvent) => void;
