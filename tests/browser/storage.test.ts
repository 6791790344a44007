/** The stores of a tab over a real IndexedDB. */
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secureRandom } from '../../src/core/random.ts';
import { type Database, DATABASE_VERSION, openDatabase } from '../../src/storage/database.ts';
import { openDatasets, openJournal, openParticipations } from '../../src/storage/idb.ts';
import { openVault } from '../../src/storage/vault.ts';

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

describe('openJournal', () => {
  it('gives back what was put, after reopening too', async () => {
    await openJournal(database, 'a').put('task/1/round/2/mask', Uint8Array.of(1, 2));
    database.close();
    database = await openDatabase(name);
    expect(await openJournal(database, 'a').get('task/1/round/2/mask')).toEqual(Uint8Array.of(1, 2));
  });

  it('keeps participations apart, and lists keys by prefix in order', async () => {
    const one = openJournal(database, 'one');
    for (const key of ['r/2', 'r/10', 's/1', 'r/1']) await one.put(key, new Uint8Array(1));
    await openJournal(database, 'one-more').put('r/3', new Uint8Array(1));
    expect(await one.keys('r/')).toEqual(['r/1', 'r/10', 'r/2']);
    await one.delete('r/10');
    await one.delete('r/10');
    expect(await one.keys('r/')).toEqual(['r/1', 'r/2']);
    expect(await one.get('r/10')).toBeUndefined();
  });

  it('waits until the value is on disk', async () => {
    const durabilities: (string | undefined)[] = [];
    const transaction = IDBDatabase.prototype.transaction;
    IDBDatabase.prototype.transaction = function (stores, mode, options) {
      durabilities.push(options?.durability);
      return transaction.call(this, stores, mode, options);
    };
    try {
      await openJournal(database, 'a').put('key', new Uint8Array(1));
    } finally {
      IDBDatabase.prototype.transaction = transaction;
    }
    expect(durabilities).toEqual(['strict']);
  });
});

describe('openVault', () => {
  it('gives secrets back and stores none in the clear', async () => {
    const vault = openVault(database, secureRandom);
    const secret = secureRandom(32);
    await vault.put('wallet', secret);
    expect(await vault.get('wallet')).toEqual(secret);
    expect(await openVault(database, secureRandom).get('wallet')).toEqual(secret);
    const stored = await database.connection().get('secrets', 'wallet');
    expect(String(stored?.sealed)).not.toContain(String(secret));
    const key = await database.connection().get('vault', 'vault');
    expect(key?.extractable).toBe(false);
    await vault.delete('wallet');
    expect(await vault.get('wallet')).toBeUndefined();
  });

  it('refuses a secret that was moved to another name', async () => {
    const vault = openVault(database, secureRandom);
    await vault.put('one', secureRandom(32));
    const stored = await database.connection().get('secrets', 'one');
    if (stored !== undefined) await database.connection().put('secrets', stored, 'two');
    await expect(vault.get('two')).rejects.toMatchObject({ code: 'bad-hash' });
  });

  it('has one key, also when two tabs begin at once', async () => {
    const other = await openDatabase(name);
    const vaults = [openVault(database, secureRandom), openVault(other, secureRandom)] as const;
    await Promise.all(vaults.map((vault, i) => vault.put(`secret-${i}`, Uint8Array.of(i))));
    expect(await vaults[0].get('secret-1')).toEqual(Uint8Array.of(1));
    expect(await vaults[1].get('secret-0')).toEqual(Uint8Array.of(0));
    other.close();
  });
});

describe('other stores', () => {
  it('keep typed arrays as they are', async () => {
    const datasets = openDatasets(database);
    const dataset = {
      fileName: 'a',
      features: Float32Array.of(0.5, 1),
      labels: Uint8Array.of(1),
      rows: 1,
      width: 2,
      droppedRows: 3,
    };
    await datasets.put('task', dataset);
    expect(await datasets.get('task')).toEqual(dataset);
    await datasets.delete('task');
    expect(await datasets.get('task')).toBeUndefined();
  });

  it('keep a participation', async () => {
    const participations = openParticipations(database);
    const one = { task: '1', registrationId: 2, wallet: '0x', fileName: 'a', joinedAtMs: 5, paused: false };
    await participations.put('network', one);
    expect(await participations.get('network')).toEqual(one);
    await participations.delete('network');
    expect(await participations.get('network')).toBeUndefined();
  });
});

describe('openDatabase with several tabs', () => {
  it('gives way to a newer version and says so', async () => {
    const newer = await openDB(name, DATABASE_VERSION + 1);
    expect(() => database.connection()).toThrow('a newer version of Murmur');
    newer.close();
  });
});
