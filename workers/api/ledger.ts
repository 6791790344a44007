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
  /** what exactly was asked, e.g. the chain's methods */
  readonly detail?: string;
  /** the step of a round that it belongs to, whose record is on chain */
  readonly step?: LedgerStep;
  /** hash of the transaction that it carried */
  readonly transaction?: Hex;
}

/** The place of one record: in the join phase the index is the registration id. */
export interface LedgerStep {
  readonly chainId: number;
  readonly coordinator: Hex;
  readonly task: string;
  readonly round: number;
  readonly phase: RecordPhase;
  readonly index: number;
}

/** Where something of the ledger stands on chain. */
export interface ChainPlace {
  readonly block: number;
  readonly transaction: Hex;
  /** what the contract holds of it */
  readonly digest?: Hex;
  /** the chain took the transaction, but refused what it was for */
  readonly refused?: boolean;
}

export interface LedgerQuery {
  readonly count: number;
  /** only entries with a smaller id */
  readonly before?: number;
  /** only entries with a greater id */
  readonly after?: number;
  /** only entries of this kind (`what`) */
  readonly what?: string;
  /** only entries whose words, destination or SHA-256 contain this */
  readonly text?: string;
}

export interface LedgerPage {
  /** newest first; may be fewer than asked for although there are older ones, because one look goes back only so far */
  readonly entries: readonly LedgerView[];
  readonly totals: Omit<LedgerTotals, 'bytesDown'>;
  /** the greatest id of all entries, whatever was asked for */
  readonly newest: number;
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
  /**
   * Where an entry stands on chain; undefined when nothing of it is there (yet).
   * @throws MurmurError not-found when the entry is gone, or belongs to another network than the present one
   */
  ledgerPlace(id: number, signal?: AbortSignal): Promise<ChainPlace | undefined>;
  /** Everything that is listed, as src/network/ledger-file.ts describes; signed by the session key of this tab, or one of this browser. */
  exportLedger(): Promise<string>;
}
