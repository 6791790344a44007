/** The library as the page sees it, over a real IndexedDB and real Web Locks: what is listed, what may be forgotten, and what stays. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Hex } from '../../src/core/bytes.ts';
import { gaussianCurve } from '../../src/privacy/accountant.ts';
import { epsilonOf } from '../../src/privacy/conversion.ts';
import { DEFAULT_LIMIT, readBook, spend, type TaskCost, writeBook } from '../../src/session/budget-book.ts';
import { secureRandom } from '../../src/core/random.ts';
import { createLedger } from '../../src/network/ledger.ts';
import { createSender } from '../../src/network/sender.ts';
import { type Database, openDatabase, type StoredDataset } from '../../src/storage/database.ts';
import { openParticipations } from '../../src/storage/idb.ts';
import { openLedger } from '../../src/storage/ledger-store.ts';
import { openBook } from '../../src/storage/book.ts';
import { openLibrary, storeRows } from '../../src/storage/library.ts';
import { openVault } from '../../src/storage/vault.ts';
import type { DataApi } from '../../workers/api/data.ts';
import { dataCalls } from '../../workers/calls/data.ts';
import type { Context, Parts } from '../../workers/context.ts';
import { dropReplaced, listDatasets, openSources } from '../../workers/data.ts';
import { openLedgerBook } from '../../workers/ledger-book.ts';
import { LOCK, tryLock } from '../../workers/lock.ts';
import { Participation } from '../../workers/participation.ts';
import { TaskReader } from '../../workers/task-reader.ts';
import { noteSource } from '../../workers/budget.ts';
import type { World } from '../../workers/world.ts';

const WALLET: Hex = `0x${'a1'.repeat(20)}`;
let name: string;
let network: string;
let database: Database;
let world: World;
let calls: DataApi;
let requests: string[];

beforeEach(async () => {
  name = `test-${crypto.randomUUID()}`;
  // Locks are the origin's, so every test has a network of its own.
  network = `31337-${crypto.randomUUID()}`;
  database = await openDatabase(name);
  const vault = openVault(database, secureRandom);
  const ledger = createLedger({ persist: async () => undefined });
  requests = [];
  const fetch = async (url: RequestInfo | URL) => {
    requests.push(String(url instanceof Request ? url.url : url));
    return new Response('a,b\n1,2\n');
  };
  const kept = openLedger(database);
  world = {
    database,
    datasets: openLibrary(database, vault),
    book: openBook(database),
    participations: openParticipations(database),
    vault,
    ledger,
    kept,
    sender: createSender({ ledger, fetch }),
  };
  const parts: Parts = {
    world,
    participation: new Participation(world, () => undefined),
    tasks: new TaskReader(world),
    ledger: openLedgerBook(kept),
  };
  const opened = () => Promise.resolve(parts);
  const away = () => Promise.reject(new Error('these calls need no network'));
  const context: Context = { opened, connected: away, refreshed: away };
  calls = dataCalls(context);
});

afterEach(() => {
  database.close();
  indexedDB.deleteDatabase(name);
});

function store(values: readonly number[], facts: Partial<StoredDataset> = {}): Promise<StoredDataset> {
  const rows = {
    features: Float32Array.from(values),
    labels: new Uint8Array(values.length),
    rows: values.length,
    width: 1,
  };
  const usual = { fileName: 'rows.csv', schema: '0x01', columns: ['x'], droppedRows: 2, readAtMs: 1 };
  return storeRows(world.datasets, { ...usual, ...facts }, rows);
}

const costOf = (task: string): TaskCost => ({
  ...{ task, network, title: 'Heart', mechanism: 'gaussian', protects: 'user' },
  release: { user: gaussianCurve({ z: 8, rounds: 1, q: 1 }), records: gaussianCurve({ z: 4, rounds: 1, q: 1 }) },
});

/** A participation as a tab keeps it, with its lock. */
async function takePart(dataset: StoredDataset, task: string) {
  const id = `${network}/${task}/${WALLET}`;
  const { id: stored, fileName, rowsHash } = dataset;
  await world.participations.put({
    id,
    network,
    task,
    registrationId: 1,
    wallet: WALLET,
    dataset: stored,
    fileName,
    joinedAtMs: 3,
    paused: false,
  });
  await world.book.update((bytes) => {
    let book = readBook(bytes);
    for (let round = 1; round <= 4; round++)
      book = spend(book, {
        rows: rowsHash,
        cost: costOf(task),
        round: { round, joinEndsAt: round },
        wallet: WALLET,
        nowMs: 3,
      });
    return writeBook(book);
  });
  const release = await tryLock(LOCK + id);
  return async () => {
    release?.();
    await world.participations.delete(id);
  };
}

describe('the library', () => {
  it('lists data sets, newest first, with what was spent by their rows', async () => {
    const old = await store([1, 2]);
    const fresh = await store([3], { readAtMs: 9, fileName: 'fresh.csv', schema: '0x02' });
    const leave = await takePart(old, '7');
    const [first, second] = await calls.datasets();
    expect(first).toMatchObject({ id: fresh.id, fileName: 'fresh.csv', rows: 1, uses: [] });
    expect(second).toMatchObject({
      ...{ id: old.id, rows: 2, droppedRows: 2, columns: ['x'], sizeBytes: 26 },
      uses: [{ task: '7', title: 'Heart', network, sinceMs: 3, releases: 4, active: true }],
      budget: { protects: 'user', openBefore: false, limit: DEFAULT_LIMIT },
    });
    // Four releases at z = 8 are one at z = 4.
    const { epsilon } = epsilonOf(gaussianCurve({ z: 4, rounds: 1, q: 1 }), DEFAULT_LIMIT.delta);
    expect(second?.budget.spent).toBeCloseTo(epsilon, 9);
    expect(second?.uses[0]?.epsilon).toBeCloseTo(epsilon, 9);
    expect(first?.budget.spent).toBe(0);
    expect(await listDatasets(world, '0x02')).toEqual([first]);
    await leave();
    expect((await calls.datasets())[1]?.uses[0]?.active).toBe(false);
  });

  it('forgets rows that nobody trains on now, and knows what they spent when they come back', async () => {
    const stored = await store([1, 2]);
    const leave = await takePart(stored, '7');
    await expect(calls.forget(stored.id)).rejects.toMatchObject({ code: 'conflict' });
    expect(await world.datasets.open(stored.id)).toBeDefined();
    await leave();
    await calls.forget(stored.id);
    expect(await calls.datasets()).toEqual([]);
    const again = await store([1, 2], { fileName: 'renamed.csv' });
    expect(again.id).not.toBe(stored.id);
    expect((await calls.datasets())[0]).toMatchObject({ fileName: 'renamed.csv', uses: [{ releases: 4 }] });
  });

  it('has one budget for all readings of a file, whatever it is called, and keeps the limit that its owner set', async () => {
    const file = (name: string, text = 'age,ill\n40,1\n') => [{ name, blob: new Blob([text]) }];
    const [one, other, stranger] = [await store([1, 2]), await store([2, 3], { schema: '0x02' }), await store([4])];
    await noteSource(world, one.id, file('ward.csv'));
    await noteSource(world, other.id, file('copy of ward.csv'));
    await noteSource(world, stranger.id, file('ward.csv', 'age,ill\n41,1\n'));
    await (
      await takePart(one, '7')
    )();
    await calls.setLimit(other.id, { epsilon: 3, delta: 1e-6 });
    await calls.forget(one.id);
    const seen = new Map((await calls.datasets()).map((view) => [view.id, view]));
    expect(seen.get(other.id)).toMatchObject({
      uses: [{ releases: 4 }],
      budget: { limit: { epsilon: 3, delta: 1e-6 } },
    });
    expect(seen.get(stranger.id)).toMatchObject({ uses: [], budget: { spent: 0, limit: DEFAULT_LIMIT } });
    const again = await store([1, 2], { fileName: 'ward again.csv' });
    expect((await calls.datasets()).find(({ id }) => id === again.id)?.budget).toEqual(seen.get(other.id)?.budget);
    await expect(calls.setLimit(other.id, { epsilon: NaN, delta: 1e-6 })).rejects.toMatchObject({ code: 'bad-input' });
  });

  it('drops what an earlier reading of a file stored, unless it was used', async () => {
    const [used, unused] = [await store([1]), await store([2])];
    await (
      await takePart(used, '7')
    )();
    await dropReplaced(world, unused.id);
    await dropReplaced(world, used.id);
    await dropReplaced(world, 'gone');
    expect((await calls.datasets()).map(({ id }) => id)).toEqual([used.id]);
  });

  it('forgets everything once no tab takes part', async () => {
    const stored = await store([1]);
    await world.vault.put('wallet', secureRandom(32));
    const leave = await takePart(stored, '7');
    await expect(calls.forgetEverything()).rejects.toMatchObject({ code: 'conflict' });
    expect(await world.vault.get('wallet')).toBeDefined();
    await leave();
    await calls.forgetEverything();
    for (const store of database.connection().objectStoreNames)
      expect(await database.connection().count(store)).toBe(0);
  });
});

describe('a source', () => {
  it('is pasted text, or a sample of this page alone', async () => {
    const [pasted] = await openSources(world, { kind: 'paste', text: 'a;ü' });
    expect(await pasted?.blob.text()).toBe('a;ü');
    const [sample] = await openSources(world, { kind: 'sample', path: '/data/heart/processed.va.data' });
    expect(sample?.name).toBe('processed.va.data');
    expect(await sample?.blob.text()).toBe('a,b\n1,2\n');
    expect(requests).toEqual([`${location.origin}/data/heart/processed.va.data`]);
  });

  it('elsewhere is refused', async () => {
    const path = '//elsewhere.example/rows.csv';
    await expect(openSources(world, { kind: 'sample', path })).rejects.toMatchObject({ code: 'bad-input' });
    expect(requests).toEqual([]);
  });
});
