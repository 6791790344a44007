/** What left this browser, as the page is told it: read from the store, so that it counts other tabs and earlier visits too. */
import type { Hex } from '../src/core/bytes.ts';
import { isRecordPhase } from '../src/protocol/messages.ts';
import type { KeptEntry, LedgerStore } from '../src/storage/ledger-store.ts';
import type { StoredLedgerEntry } from '../src/storage/database.ts';
import type { LedgerPage, LedgerQuery, LedgerStep, LedgerTotals, LedgerView } from './api/ledger.ts';

export interface LedgerBook {
  /** @param bytesDown what was received */
  totals(bytesDown: number): Promise<LedgerTotals>;
  page(query: LedgerQuery): Promise<LedgerPage>;
  entry(id: number): Promise<LedgerView | undefined>;
}

export function openLedgerBook(kept: LedgerStore): LedgerBook {
  const sent = async () => {
    const kinds = (await kept.totals()).map(({ kind, requests, bytes }) => ({ what: kind, requests, bytes }));
    return {
      requests: kinds.reduce((sum, { requests }) => sum + requests, 0),
      bytesUp: kinds.reduce((sum, { bytes }) => sum + bytes, 0),
      kinds: kinds.sort((a, b) => b.bytes - a.bytes || b.requests - a.requests),
    };
  };
  /** An upload stands where the record stands that names its bytes. */
  const stepOf = async ({ step, blob }: StoredLedgerEntry): Promise<LedgerStep | undefined> => {
    const named = step ?? (blob && (await kept.ofBlob(blob)).findLast((entry) => entry.step !== undefined)?.step);
    if (!named || !isRecordPhase(named.phase)) return undefined;
    return { ...named, coordinator: named.coordinator as Hex, phase: named.phase };
  };
  const view = async (entry: KeptEntry): Promise<LedgerView> => {
    const { id, timeMs, destination, method, kind, sizeBytes, sha256, detail, transaction } = entry;
    const step = await stepOf(entry);
    return {
      id,
      atMs: timeMs,
      destination,
      method,
      what: kind,
      sizeBytes,
      sha256,
      ...(detail !== undefined && { detail }),
      ...(step && { step }),
      ...(transaction !== undefined && { transaction: transaction as Hex }),
    };
  };
  return {
    totals: async (bytesDown) => ({ ...(await sent()), bytesDown }),
    async page({ count, before, after, what, text = '' }) {
      const { entries, next, newest } = await kept.page({ count, before, after, kind: what, matches: matcher(text) });
      const views = await Promise.all(entries.map(view));
      return { entries: views, totals: await sent(), newest, ...(next !== undefined && { next }) };
    },
    async entry(id) {
      const found = await kept.get(id);
      return found && view(found);
    },
  };
}

/** Words, destination or SHA-256 that contain a text, whatever its case. */
function matcher(text: string): ((entry: StoredLedgerEntry) => boolean) | undefined {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return undefined;
  return ({ kind, detail = '', destination, sha256 }) =>
    [kind, detail, destination, sha256].some((field) => field.toLowerCase().includes(wanted));
}
