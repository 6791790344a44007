/**
 * The ledger of what left: every request that this tab or process sends is written down before it goes, with the SHA-256 of its
 * body, so that a person can see what was said about them and hold it against what the page claims.
 *
 * It keeps hashes and sizes, never bodies, no tokens and no query texts. The newest entries stay in memory; `persist` may keep all.
 */
import type { Hex } from '../core/bytes.ts';
import type { RecordPhase } from '../protocol/phases.ts';

/** The place of one signed record: a round's phase, and the member's index (in the join phase its registration id). */
export interface RecordStep {
  readonly chainId: number;
  /** the contract, in lower case */
  readonly coordinator: Hex;
  /** decimal text */
  readonly task: string;
  readonly round: number;
  readonly phase: RecordPhase;
  readonly index: number;
}

/** What a request belongs to, where that is known when it goes. */
export interface EntryAbout {
  /** the record that it carries */
  readonly step?: RecordStep;
  /** SHA-256 of the blob that it offers, carries a part of, or names in a record: this ties an upload to its record */
  readonly blob?: Hex;
  /** hash of the signed transaction that it carries; the first where there are several */
  readonly transaction?: Hex;
  /** what exactly was asked, e.g. the chain's methods */
  readonly detail?: string;
}

export interface LedgerEntry {
  readonly id: number;
  /** milliseconds since the epoch */
  readonly timeMs: number;
  /** origin and, at the relay, path; an RPC endpoint's path may be a key and is left out */
  readonly destination: string;
  readonly method: string;
  /** of the request's body */
  readonly sizeBytes: number;
  /** what it was, in plain words */
  readonly kind: string;
  /** of the body; the hash of nothing when there was none */
  readonly sha256: Hex;
  /** `sent` until the answer's head came: an HTTP status, or why there was none */
  readonly outcome: 'sent' | 'failed' | number;
  readonly about?: EntryAbout;
}

export type NewEntry = Omit<LedgerEntry, 'id' | 'outcome'>;

export interface Ledger {
  /** Writes an entry down; the request goes when this has resolved. */
  record(entry: NewEntry): Promise<number>;
  settle(id: number, outcome: number | 'failed'): void;
  /** Newest last, at most the ring's size. */
  entries(): readonly LedgerEntry[];
  /** Of all entries ever, by kind. */
  totals(): ReadonlyMap<string, { readonly requests: number; readonly sizeBytes: number }>;
  /** Called with every new or settled entry. Returns the way to stop it. */
  subscribe(listener: (entry: LedgerEntry) => void): () => void;
}

/**
 * A ledger in memory.
 * @param capacity entries kept; older ones are forgotten here (not by `persist`, nor in the totals)
 * @param persist keeps an entry for longer; the request waits for it, and does not go when it throws
 */
export function createLedger({
  capacity = 2000,
  persist,
}: { capacity?: number; persist?: (entry: LedgerEntry) => Promise<void> } = {}): Ledger {
  const ring = new Map<number, LedgerEntry>();
  const totals = new Map<string, { requests: number; sizeBytes: number }>();
  const listeners = new Set<(entry: LedgerEntry) => void>();
  let nextId = 1;
  const tell = (entry: LedgerEntry) => {
    for (const listener of listeners) listener(entry);
  };
  return {
    async record(fresh) {
      const entry: LedgerEntry = { ...fresh, id: nextId++, outcome: 'sent' };
      await persist?.(entry);
      ring.set(entry.id, entry);
      const oldest = ring.keys().next().value;
      if (ring.size > capacity && oldest !== undefined) ring.delete(oldest);
      const total = totals.get(entry.kind) ?? { requests: 0, sizeBytes: 0 };
      totals.set(entry.kind, { requests: total.requests + 1, sizeBytes: total.sizeBytes + entry.sizeBytes });
      tell(entry);
      return entry.id;
    },
    settle(id, outcome) {
      const entry = ring.get(id);
      if (entry === undefined) return;
      const settled = { ...entry, outcome };
      ring.set(id, settled);
      tell(settled);
    },
    entries: () => [...ring.values()],
    totals: () => new Map(totals),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
