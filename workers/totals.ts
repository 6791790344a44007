/** What left this browser in all, and what it was: entries kept from before a reload, then those of now. */
import type { Ledger } from '../src/network/ledger.ts';
import type { LedgerStore } from '../src/storage/idb.ts';
import type { StoredLedgerEntry } from '../src/storage/database.ts';
import type { LedgerTotals, LedgerView } from './api.ts';

/** Kept entries that count: as many as the store keeps. */
const COUNTED = 20_000;

export interface Totals {
  /** @param bytesDown what was received */
  now(bytesDown: number): LedgerTotals;
}

export async function openTotals(kept: LedgerStore, ledger: Ledger): Promise<Totals> {
  const before = new Map<string, { requests: number; bytes: number }>();
  for (const entry of (await kept.latest(COUNTED)).map(viewOf)) add(before, entry.what, 1, entry.sizeBytes);
  return {
    now(bytesDown) {
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
export function viewOf({ timeMs, destination, kind, sizeBytes, sha256 }: StoredLedgerEntry): LedgerView {
  return {
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
