/** What left this browser in all, and what it was: entries kept from before a reload, then those of now. */
import type { Ledger } from '../src/network/ledger.ts';
import type { LedgerStore } from '../src/storage/idb.ts';
import type { StoredLedgerEntry } from '../src/storage/database.ts';
import type { LedgerTotals, LedgerView } from './api/ledger.ts';

/** Kept entries that count: as many as the store keeps. */
const COUNTED = 20_000;

export interface LedgerBook {
  /** @param bytesDown what was received */
  totals(bytesDown: number): LedgerTotals;
  /** newest first */
  latest(count: number): Promise<readonly LedgerView[]>;
}

export async function openLedgerBook(kept: LedgerStore, ledger: Ledger): Promise<LedgerBook> {
  const before = new Map<string, { requests: number; bytes: number }>();
  for (const entry of (await kept.latest(COUNTED)).map((entry) => viewOf(entry)))
    add(before, entry.what, 1, entry.sizeBytes);
  return {
    latest: async (count) => (await kept.latest(count)).map(viewOf).reverse(),
    totals(bytesDown) {
      const all = new Map([...before].map(([what, total]) => [what, { ...total }]));
      for (const [what, { requests, sizeBytes }] of ledger.totals()) add(all, what, requests, sizeBytes);
      const kinds = [...all].map(([what, { requests, bytes }]) => ({ what, requests, bytes }));
      return {
        requests: kinds.reduce((sum, { requests }) => sum + requests, 0),
        bytesUp: kinds.reduce((sum, { bytes }) => sum + bytes, 0),
        bytesDown,
        kinds: kinds.sort((a, b) => b.bytes - a.bytes),
      };
    },
  };
}

/** A kept entry as the page shows it. */
function viewOf({ timeMs, destination, method, kind, sizeBytes, sha256 }: StoredLedgerEntry, id = 0): LedgerView {
  return {
    id,
    method: String(method),
    atMs: Number(timeMs),
    destination: String(destination),
    what: String(kind),
    sizeBytes: Number(sizeBytes),
    sha256: String(sha256),
  };
}

function add(
  totals: Map<string, { requests: number; bytes: number }>,
  what: string,
  requests: number,
  bytes: number,
): void {
  const total = totals.get(what) ?? { requests: 0, bytes: 0 };
  totals.set(what, { requests: total.requests + requests, bytes: total.bytes + bytes });
}
