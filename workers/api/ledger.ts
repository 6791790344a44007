/** What left this browser, as the page shows it. */
import type { Hex } from '../../src/core/bytes.ts';
import type { RecordPhase } from '../../src/protocol/phases.ts';

/** One request that left a tab of this browser. */
export interface LedgerView {
  readonly id: number;
  readonly atMs: number;
  readonly destination: string;
  readonly method: string;
  /** in plain words */
  readonly what: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** the step of a round that it belongs to, whose record is on chain */
  readonly step?: LedgerStep;
  /** hash of the transaction that it carried */
  readonly transaction?: Hex;
}

export interface LedgerStep {
  readonly task: string;
  readonly round: number;
  readonly phase: RecordPhase;
}

/** Where something of the ledger stands on chain. */
export interface ChainPlace {
  readonly block: number;
  readonly transaction: Hex;
  /** what the contract holds of it */
  readonly digest?: Hex;
}

export interface LedgerQuery {
  readonly count: number;
  /** only entries with a smaller id */
  readonly before?: number;
  /** only entries of this kind (`what`) */
  readonly what?: string;
  /** only entries whose words, destination or SHA-256 contain this */
  readonly text?: string;
}

export interface LedgerPage {
  /** newest first */
  readonly entries: readonly LedgerView[];
  /** id to ask before for the next page; absent when there is none */
  readonly next?: number;
}

export interface LedgerTotals {
  readonly requests: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** largest first */
  readonly kinds: readonly { readonly what: string; readonly requests: number; readonly bytes: number }[];
}

export interface LedgerApi {
  ledger(query: LedgerQuery): Promise<LedgerPage>;
  /** Where an entry stands on chain; undefined when nothing of it is there (yet). */
  ledgerPlace(id: number, signal?: AbortSignal): Promise<ChainPlace | undefined>;
  /** All entries as canonical JSON, signed by a key of this browser. */
  exportLedger(): Promise<string>;
}
