/** Who holds which participation, over real Web Locks and a real IndexedDB. The network is away, so every session waits for it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Hex } from '../../src/core/bytes.ts';
import { secureRandom } from '../../src/core/random.ts';
import { createLedger } from '../../src/network/ledger.ts';
import { createSender } from '../../src/network/sender.ts';
import { openBook } from '../../src/storage/book.ts';
import { type Database, openDatabase, type StoredParticipation } from '../../src/storage/database.ts';
import { openParticipations } from '../../src/storage/idb.ts';
import { openLedger } from '../../src/storage/ledger-store.ts';
import { openLibrary, storeRows } from '../../src/storage/library.ts';
import { openVault } from '../../src/storage/vault.ts';
import type { NetworkInfo } from '../../workers/api/network.ts';
import { tryLock } from '../../workers/lock.ts';
import { Participation } from '../../workers/participation.ts';
import { networkName, type World } from '../../workers/world.ts';

const WALLETS = ['a1', 'b2', 'c3'].map((byte): Hex => `0x${byte.repeat(20)}`) as [Hex, Hex, Hex];
const [A, B, C] = WALLETS;

let name: string;
let network: NetworkInfo;
/** id of stored rows */
let dataset: string;
let databases: Database[];
let tabs: Participation[];

beforeEach(async () => {
  name = `test-${crypto.randomUUID()}`;
  databases = [];
  tabs = [];
  // Locks are the origin's, so every test has a network of its own.
  const coordinator: Hex = `0x${crypto.randomUUID().replaceAll('-', '').padEnd(40, '0')}`;
  network = {
    chainId: 31337,
    rpcUrl: 'http://127.0.0.1:9/rpc',
    relayUrl: 'http://127.0.0.1:9',
    coordinator,
    flock: A,
    beacon: B,
    openTask: '1',
    local: true,
  };
  const { datasets } = await openWorld();
  const rows = { features: Float32Array.of(0.25, 0.5), labels: Uint8Array.of(0, 1), rows: 2, width: 1 };
  const facts = { fileName: 'rows.csv', schema: '0x00', columns: ['x'], droppedRows: 0, readAtMs: 0 };
  dataset = (await storeRows(datasets, facts, rows)).id;
});

afterEach(async () => {
  await Promise.all(tabs.map((tab) => tab.leave()));
  for (const database of databases) database.close();
  indexedDB.deleteDatabase(name);
});

async function openWorld(): Promise<World> {
  const database = await openDatabase(name);
  databases.push(database);
  const vault = openVault(database, secureRandom);
  const ledger = createLedger({ persist: async () => undefined });
  return {
    database,
    datasets: openLibrary(database, vault),
    book: openBook(database),
    participations: openParticipations(database),
    vault,
    ledger,
    kept: openLedger(database),
    sender: createSender({ ledger, fetch: () => Promise.reject(new TypeError('the network is away')) }),
  };
}

/** A tab of this browser, attached as one that had `mine` before. */
async function openTab(mine?: string): Promise<Participation> {
  const tab = new Participation(await openWorld(), () => undefined);
  tabs.push(tab);
  await tab.attach(network, mine);
  return tab;
}

const join = (tab: Participation, task: string, wallet: Hex, register: () => Promise<number> = async () => 3) =>
  tab.join(network, { task, dataset, wallet }, register);

const idOf = (task: string, wallet: Hex) => `${networkName(network)}/${task}/${wallet}`;

/** A participation as another tab left it on disk, and its lock if that tab is still there. */
async function elsewhere(task: string, wallet: Hex, change: Partial<StoredParticipation> & { locked: boolean }) {
  const { locked, ...other } = change;
  const id = idOf(task, wallet);
  const { participations } = await openWorld();
  await participations.put({
    id,
    network: networkName(network),
    task,
    registrationId: 1,
    wallet,
    dataset,
    fileName: 'rows.csv',
    joinedAtMs: 1,
    paused: false,
    ...other,
  });
  const close = locked ? await tryLock(`murmur/participation/${id}`) : undefined;
  return { id, close: () => close?.(), forget: () => participations.delete(id) };
}

const eventually = (what: () => void) => vi.waitFor(what, { timeout: 15_000, interval: 50 });

describe('a tab', () => {
  it('takes part, waits for a network that is away, pauses, goes on and leaves', async () => {
    const tab = await openTab();
    expect(tab.view()).toMatchObject({ holder: 'nobody', running: false, paused: false });
    await join(tab, '1', A);
    expect(tab.view()).toMatchObject({
      holder: 'here',
      running: true,
      paused: false,
      participation: { task: '1', wallet: A, fileName: 'rows.csv', rows: 2 },
    });
    await eventually(() => expect(tab.view().error?.code).toBe('unreachable'));

    await tab.pause();
    expect(tab.view()).toMatchObject({ holder: 'here', running: false, paused: true });
    expect(tab.view().error).toBeUndefined();
    await tab.resume();
    expect(tab.view()).toMatchObject({ running: true, paused: false });
    const left = await tab.leave();
    expect(left).toMatchObject({ task: '1', wallet: A, registrationId: 3 });
    expect(tab.view()).toMatchObject({ holder: 'nobody', running: false });
    expect(await tab.leave()).toBeUndefined();
  });

  it('keeps the last of quick changes of mind, one session at a time', async () => {
    const tab = await openTab();
    await join(tab, '1', A);
    await Promise.all([tab.pause(), tab.resume(), tab.pause(), tab.resume()]);
    expect(tab.view()).toMatchObject({ running: true, paused: false });
    await Promise.all([tab.resume(), tab.pause()]);
    expect(tab.view()).toMatchObject({ running: false, paused: true });
  });

  it('holds one participation, and gives the lock back when joining fails', async () => {
    const tab = await openTab();
    await expect(join(tab, '1', A, () => Promise.reject(new Error('no gas')))).rejects.toThrow('no gas');
    expect(tab.view().holder).toBe('nobody');
    const both = await Promise.allSettled([join(tab, '1', A), join(tab, '2', B)]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect(tab.view().participation?.task).toBe('1');
  });

  it('goes on after a reload with what it had, paused if it was', async () => {
    await elsewhere('1', A, { locked: false });
    const { id } = await elsewhere('1', B, { locked: false, joinedAtMs: 2, paused: true });
    expect((await openTab(id)).view()).toMatchObject({ participation: { id }, paused: true, running: false });
    expect((await openTab()).view()).toMatchObject({ participation: { wallet: A }, running: true });
  });

  it('waits a moment for its own lock, which the page that it was before may still hold', async () => {
    const { id, close } = await elsewhere('1', A, { locked: true });
    setTimeout(close, 300);
    expect((await openTab(id)).view()).toMatchObject({ holder: 'here', participation: { id } });
  });
});

describe('two tabs of one browser', () => {
  it('cannot take part with one wallet in one task', async () => {
    const [first, second] = [await openTab(), await openTab()];
    await join(first, '1', A);
    await expect(join(second, '1', A)).rejects.toMatchObject({ code: 'conflict' });
    await join(second, '2', A);
    expect(second.view().holder).toBe('here');
    expect(await first.heldElsewhere(network)).toEqual([A]);
    expect(await first.uses(dataset)).toBe(true);
    expect(await first.uses('other rows')).toBe(false);
  });

  it('the second says so, lists what the others hold, and takes over when one is closed', async () => {
    const one = await elsewhere('1', A, { locked: true });
    const two = await elsewhere('2', B, { locked: true, joinedAtMs: 2 });
    const tab = await openTab();
    expect(tab.view()).toMatchObject({ holder: 'elsewhere', running: false });
    expect(tab.view().others.map(({ id }) => id)).toEqual([one.id, two.id]);
    two.close();
    await eventually(() => expect(tab.view()).toMatchObject({ holder: 'here', participation: { id: two.id } }));
    expect(tab.view().others.map(({ id }) => id)).toEqual([one.id]);
    one.close();
  });

  it('takes nothing from a tab that only loads anew', async () => {
    const one = await elsewhere('1', A, { locked: true });
    const waiting = await openTab();
    one.close();
    const reloaded = await openTab(one.id);
    expect(reloaded.view()).toMatchObject({ holder: 'here', participation: { id: one.id } });
    await eventually(() => expect(waiting.view().holder).toBe('elsewhere'));
    await reloaded.leave();
    await eventually(() => expect(waiting.view().holder).toBe('nobody'));
  });

  it('does not take over what its tab has left', async () => {
    const one = await elsewhere('1', A, { locked: true });
    const tab = await openTab();
    await one.forget();
    one.close();
    await eventually(() => expect(tab.view()).toMatchObject({ holder: 'nobody', others: [] }));
  });

  it('become independent: a lock that is granted later changes nothing', async () => {
    const one = await elsewhere('1', A, { locked: true });
    const tab = await openTab();
    await tab.beIndependent();
    expect(tab.view()).toMatchObject({ holder: 'nobody' });
    one.close();
    await join(tab, '1', C);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(tab.view().participation).toMatchObject({ wallet: C });
    expect(await tryLock(`murmur/participation/${one.id}`)).toBeDefined();
  });

  it('hear of each other', async () => {
    const [first, second] = [await openTab(), await openTab()];
    await join(first, '1', A);
    await eventually(() => expect(second.view().others).toMatchObject([{ task: '1', wallet: A }]));
    await first.leave();
    await eventually(() => expect(second.view().others).toEqual([]));
  });
});
