/** The ledger's store over a real IndexedDB: pages, filters, pruning, and totals that forget nothing. */
import { openDB } from 'idb';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Database, openDatabase, type StoredLedgerEntry } from '../../src/storage/database.ts';
import { type LedgerStore, openLedger } from '../../src/storage/ledger-store.ts';

let name: string;
let database: Database;
beforeEach(async () => {
  name = `test-${crypto.randomUUID()}`;
  database = await openDatabase(name);
});
afterEach(() => {
  database.close();
  indexedDB.deleteDatabase(name);
});

function entry(timeMs: number, more: Partial<StoredLedgerEntry> = {}): StoredLedgerEntry {
  return {
    timeMs,
    destination: 'http://a.test/',
    method: 'POST',
    sizeBytes: 10,
    kind: 'message',
    sha256: '0x',
    ...more,
  };
}

const times = async (ledger: LedgerStore, query: Parameters<LedgerStore['page']>[0]) =>
  (await ledger.page(query)).entries.map(({ timeMs }) => timeMs);

it('gives pages, newest first, to the end', async () => {
  const ledger = openLedger(database);
  for (let i = 1; i <= 5; i++) await ledger.append(entry(i));
  const first = await ledger.page({ count: 2 });
  expect(first.entries.map(({ timeMs }) => timeMs)).toEqual([5, 4]);
  const second = await ledger.page({ count: 2, before: first.next });
  expect(second.entries.map(({ timeMs }) => timeMs)).toEqual([3, 2]);
  const last = await ledger.page({ count: 2, before: second.next });
  expect(last.entries.map(({ timeMs }) => timeMs)).toEqual([1]);
  expect(last.next).toBeUndefined();
  expect((await ledger.page({ count: 2 })).entries[0]).toMatchObject({ id: 5 });
  expect([first.newest, last.newest]).toEqual([5, 5]);
  expect(await ledger.page({ count: 3, after: 3 })).toMatchObject({ entries: [{ id: 5 }, { id: 4 }], newest: 5 });
  expect((await ledger.page({ count: 3, after: 3 })).next).toBeUndefined();
  expect((await ledger.page({ count: 1, after: 3 })).next).toBe(5);
});

it('filters by kind and by what the caller looks for', async () => {
  const ledger = openLedger(database);
  for (let i = 1; i <= 9; i++) await ledger.append(entry(i, { kind: i % 3 === 0 ? 'rare' : 'common' }));
  expect(await times(ledger, { count: 9, kind: 'rare' })).toEqual([9, 6, 3]);
  expect(await times(ledger, { count: 9, kind: 'rare', before: 9 })).toEqual([6, 3]);
  expect(await times(ledger, { count: 9, kind: 'rare', before: 5 })).toEqual([3]);
  expect(await times(ledger, { count: 9, kind: 'rare', before: 2 })).toEqual([]);
  expect(await times(ledger, { count: 9, kind: 'rare', after: 3 })).toEqual([9, 6]);
  expect(await times(ledger, { count: 9, kind: 'none' })).toEqual([]);
  expect(await times(ledger, { count: 9, matches: ({ timeMs }) => timeMs === 4 })).toEqual([4]);
  expect(await times(ledger, { count: 9, kind: 'rare', matches: ({ timeMs }) => timeMs < 7 })).toEqual([6, 3]);
});

it('looks at a bounded number of entries for one page, and goes on from there', async () => {
  const ledger = openLedger(database);
  const { store, done } = database.connection().transaction('ledger', 'readwrite');
  for (let i = 1; i <= 4_500; i++) void store.add(entry(i));
  await done;
  const seen: number[] = [];
  let before: number | undefined;
  let pages = 0;
  do {
    const page = await ledger.page({ count: 10, before, matches: ({ timeMs }) => timeMs === 3 });
    seen.push(...page.entries.map(({ timeMs }) => timeMs));
    before = page.next;
    pages++;
  } while (before !== undefined && pages < 10);
  expect(seen).toEqual([3]);
  expect(pages).toBe(3);
});

it('keeps the newest, and counts those that it let go, over reopening and two tabs', async () => {
  const other = await openDatabase(name);
  const ledgers = [openLedger(database, 3), openLedger(other, 3)] as const;
  await Promise.all(Array.from({ length: 10 }, (_, i) => (i % 2 === 0 ? ledgers[0] : ledgers[1]).append(entry(i))));
  expect(await ledgers[0].all()).toHaveLength(3);
  other.close();
  database.close();
  database = await openDatabase(name);
  expect(await openLedger(database, 3).totals()).toEqual([{ kind: 'message', requests: 10, bytes: 100 }]);
});

it('finds the entries of a blob', async () => {
  const ledger = openLedger(database);
  const step = { chainId: 1, coordinator: '0x', task: '1', round: 2, phase: 5, index: 0 };
  await ledger.append(entry(1, { blob: '0xaa' }));
  await ledger.append(entry(2, { blob: '0xbb' }));
  await ledger.append(entry(3, { blob: '0xaa', step }));
  expect((await ledger.ofBlob('0xaa')).map(({ timeMs }) => timeMs)).toEqual([1, 3]);
  expect(await ledger.get(3)).toEqual({ ...entry(3, { blob: '0xaa', step }), id: 3 });
  expect(await ledger.get(4)).toBeUndefined();
});

it('counts what version 1 had listed', async () => {
  const old = `${name}-old`;
  const first = await openDB(old, 1, {
    upgrade(connection) {
      for (const store of ['journal', 'vault', 'secrets', 'datasets', 'participations'])
        connection.createObjectStore(store);
      connection.createObjectStore('ledger', { autoIncrement: true });
    },
  });
  await first.add('ledger', entry(1));
  await first.add('ledger', entry(2, { kind: 'rare' }));
  first.close();
  const upgraded = await openDatabase(old);
  const ledger = openLedger(upgraded);
  expect(await ledger.totals()).toEqual([
    { kind: 'message', requests: 1, bytes: 10 },
    { kind: 'rare', requests: 1, bytes: 10 },
  ]);
  expect(await times(ledger, { count: 5, kind: 'rare' })).toEqual([2]);
  upgraded.close();
  indexedDB.deleteDatabase(old);
});
