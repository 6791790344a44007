/**
 * The ledger of this browser profile over IndexedDB: every request that left any of its tabs. The newest entries are kept; the totals
 * count every entry ever written, and are written in the same transaction as the entry, so that tabs and reloads lose none.
 */
import type { IDBPObjectStore } from 'idb';
import type { Database, MurmurSchema, StoredLedgerEntry, StoredLedgerTotal } from './database.ts';

/** An entry with its number; numbers grow with time and are never used twice. */
export interface KeptEntry extends StoredLedgerEntry {
  readonly id: number;
}

export interface LedgerPageQuery {
  readonly count: number;
  /** only entries with a smaller number */
  readonly before?: number | undefined;
  /** only entries with a greater number */
  readonly after?: number | undefined;
  readonly kind?: string | undefined;
  readonly matches?: ((entry: StoredLedgerEntry) => boolean) | undefined;
}

export interface LedgerStore {
  append(entry: StoredLedgerEntry): Promise<void>;
  /**
   * Newest first. Looks at a bounded number of entries, so a page may hold fewer than were asked for, and none at all.
   * @returns `next`: what to ask before for older entries, absent when there are none; `newest`: the greatest number given so far
   */
  page(query: LedgerPageQuery): Promise<{
    readonly entries: readonly KeptEntry[];
    readonly next?: number;
    readonly newest: number;
  }>;
  get(id: number): Promise<KeptEntry | undefined>;
  /** Entries that offer, carry or name a blob, oldest first. */
  ofBlob(sha256: string): Promise<readonly StoredLedgerEntry[]>;
  /** Everything that is kept, oldest first. */
  all(): Promise<readonly KeptEntry[]>;
  totals(): Promise<readonly StoredLedgerTotal[]>;
}

/** Entries that one page looks at. */
const MAX_SEEN = 2_000;

/** @param keep entries that are listed; older ones only count */
export function openLedger(database: Database, keep = 20_000): LedgerStore {
  return {
    async append(entry) {
      const transaction = database.connection().transaction(['ledger', 'ledger-totals'], 'readwrite');
      const entries = transaction.objectStore('ledger');
      const totals = transaction.objectStore('ledger-totals');
      const { kind, sizeBytes } = entry;
      const key = await entries.add(entry);
      if (key > keep) await entries.delete(IDBKeyRange.upperBound(key - keep));
      const { requests, bytes } = (await totals.get(kind)) ?? { requests: 0, bytes: 0 };
      await totals.put({ kind, requests: requests + 1, bytes: bytes + sizeBytes });
      await transaction.done;
    },
    async page({ count, before, after = 0, kind, matches }) {
      const { store } = database.connection().transaction('ledger');
      const newest = (await store.openKeyCursor(null, 'prev'))?.key ?? 0;
      let cursor = await openBefore(store, before, kind);
      const entries: KeptEntry[] = [];
      let last = before ?? 0;
      for (let seen = 0; cursor !== null && cursor.primaryKey > after; seen++) {
        if (entries.length === count || seen === MAX_SEEN) return { entries, next: last, newest };
        last = cursor.primaryKey;
        if (matches?.(cursor.value) !== false) entries.push({ ...cursor.value, id: last });
        cursor = await cursor.continue();
      }
      return { entries, newest };
    },
    async get(id) {
      const entry = await database.connection().get('ledger', id);
      return entry && { ...entry, id };
    },
    ofBlob: (sha256) => database.connection().getAllFromIndex('ledger', 'blob', sha256),
    async all() {
      const { store } = database.connection().transaction('ledger');
      const [entries, ids] = await Promise.all([store.getAll(), store.getAllKeys()]);
      return entries.map((entry, i) => ({ ...entry, id: ids[i] ?? 0 }));
    },
    totals: () => database.connection().getAll('ledger-totals'),
  };
}

/** A cursor at the newest entry below a number; null when there is none. Within one kind, too, entries are in order of number. */
async function openBefore(
  store: IDBPObjectStore<MurmurSchema, ['ledger'], 'ledger'>,
  before: number | undefined,
  kind: string | undefined,
) {
  if (kind === undefined)
    return store.openCursor(before === undefined ? null : IDBKeyRange.upperBound(before, true), 'prev');
  const cursor = await store.index('kind').openCursor(IDBKeyRange.only(kind), 'prev');
  if (cursor === null || before === undefined || cursor.primaryKey < before) return cursor;
  return cursor.continuePrimaryKey(kind, before - 1);
}
