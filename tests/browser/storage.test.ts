/** The stores of a tab over a real IndexedDB. */
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { SeededRandom, secureRandom } from '../../src/core/random.ts';
import { allRows } from '../../src/dataset/row-sources.ts';
import { digestsOf } from '../../src/dataset/split.ts';
import type { RowBlock } from '../../src/protocol/row-source.ts';
import {
  clearDatabase,
  type Database,
  DATABASE_VERSION,
  openDatabase,
  type SealedValue,
  type StoredParticipation,
} from '../../src/storage/database.ts';
import { openJournal, openParticipations } from '../../src/storage/idb.ts';
import { openLibrary, rowsPerBlock, storeRows } from '../../src/storage/library.ts';
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

describe('openLibrary', () => {
  const facts = { fileName: 'rows.csv', schema: '0x01', columns: ['x', 'y'], droppedRows: 3, readAtMs: 5 };
  const rowsOf = (rows: number, seed = 1): RowBlock => {
    const random = new SeededRandom(new Uint8Array(32).fill(seed));
    const features = Float32Array.from({ length: 2 * rows }, () => random.uniform());
    return { features, labels: Uint8Array.from({ length: rows }, () => random.below(2)), rows, width: 2 };
  };
  const open = () => openLibrary(database, openVault(database, secureRandom));
  const stored = () => database.connection().getAllKeys('blocks');
  /** of rows; the classes of a set have a negative number */
  const blocks = async () => {
    const keys = (await stored()).filter(([, number]) => number >= 0);
    return Promise.all(keys.map((key) => database.connection().get('blocks', key)));
  };
  const read = async (id: string) => {
    const rows = await open().open(id);
    return rows && allRows(rows);
  };

  it('gives rows back as they were, in several blocks, after reopening too', async () => {
    const rows = rowsOf(2 * rowsPerBlock(2) + 7);
    const stored = await storeRows(open(), facts, rows);
    expect(stored).toMatchObject({ ...facts, rows: rows.rows, width: 2, blocks: 3 });
    expect(stored.sizeBytes).toBe(9 * rows.rows + 3 * 16);
    database.close();
    database = await openDatabase(name);
    expect(await read(stored.id)).toEqual(rows);
    expect(await open().describe(stored.id)).toEqual(stored);
    expect(await open().all()).toEqual([stored]);
  });

  it('stores no row in the clear', async () => {
    const rows = rowsOf(500);
    await storeRows(open(), facts, rows);
    const plain = new Uint8Array(rows.features.buffer);
    const everything: Uint8Array[] = [];
    for (const store of database.connection().objectStoreNames)
      for (const value of await database.connection().getAll(store)) collectBytes(value, everything);
    expect(everything.length).toBeGreaterThan(1);
    for (let at = 0; at + 16 <= plain.length; at += 160) {
      const piece = plain.subarray(at, at + 16);
      expect(everything.some((bytes) => includesBytes(bytes, piece))).toBe(false);
    }
    expect((await database.connection().get('vault', 'vault'))?.extractable).toBe(false);
  });

  it('refuses a block that was altered, moved or removed', async () => {
    const { id } = await storeRows(open(), facts, rowsOf(rowsPerBlock(2) + 1));
    const [first, second] = (await blocks()) as [SealedValue, SealedValue];
    const sealed = first.sealed.slice();
    sealed[100] = (sealed[100] as number) ^ 1;
    const put = (value: SealedValue, index: number) => database.connection().put('blocks', value, [id, index]);
    await put({ ...first, sealed }, 0);
    await expect(read(id)).rejects.toMatchObject({ code: 'bad-hash' });
    await put(second, 0);
    await expect(read(id)).rejects.toMatchObject({ code: 'bad-hash' });
    await put(first, 0);
    await database.connection().delete('blocks', [id, 1]);
    await expect(read(id)).rejects.toMatchObject({ code: 'bad-hash' });
  });

  it('stores all or nothing', async () => {
    const writer = open().write();
    writer.add(rowsOf(10));
    await writer.settled();
    expect(await open().all()).toEqual([]);
    expect(() => writer.add(rowsOf(10))).toThrow('another number of rows');
    await expect(writer.finish({ ...facts, fileName: (() => 1) as never })).rejects.toThrow('could not be cloned');
    expect(await stored()).toEqual([]);
    expect(await open().all()).toEqual([]);
    const given = open().write();
    given.add(rowsOf(10));
    await given.abort();
    await given.abort();
    expect(await stored()).toEqual([]);
    expect(() => given.add(rowsOf(10))).toThrow('has ended');
  });

  it('sweeps away what a closed tab left, and nothing that is being written or was stored', async () => {
    const kept = await storeRows(open(), facts, rowsOf(9));
    const [sealed] = (await blocks()) as [SealedValue];
    await database.connection().put('blocks', sealed, ['left-behind', 0]);
    await database.connection().put('blocks', sealed, ['left-behind', 1]);
    const writing = open().write();
    writing.add(rowsOf(rowsPerBlock(2), 2));
    await writing.settled();
    const another = open().write();
    another.add(rowsOf(5, 3));
    await another.settled();
    const ids = new Set((await stored()).map(([id]) => id));
    expect([ids.size, ids.has(kept.id), ids.has('left-behind')]).toEqual([3, true, false]);
    await another.abort();
    writing.add(rowsOf(5, 2));
    const { id } = await writing.finish(facts);
    expect((await read(id))?.rows).toBe(rowsPerBlock(2) + 5);
  });

  it('reads single rows, in any order, from the blocks that hold them', async () => {
    const rows = rowsOf(3 * rowsPerBlock(2) + 7);
    const { id, digests, contentHash } = await storeRows(open(), facts, rows);
    await database.connection().delete('blocks', [id, 1]);
    const source = await open().open(id);
    const last = rows.rows - 1;
    const picked = await source?.read(Uint32Array.of(0, last, 5, 6, last - 1, 0));
    const wanted = [0, last, 5, 6, last - 1, 0];
    expect([...(picked?.labels ?? [])]).toEqual(wanted.map((row) => rows.labels[row]));
    expect([...(picked?.features ?? [])]).toEqual(
      wanted.flatMap((row) => [...rows.features.subarray(2 * row, 2 * row + 2)]),
    );
    expect([...(source?.starts ?? [])]).toEqual([0, 1, 2, 3].map((i) => i * rowsPerBlock(2)).concat(rows.rows));
    await expect(source?.read(Uint32Array.of(rowsPerBlock(2)))).rejects.toMatchObject({ code: 'bad-hash' });
    await expect(source?.read(Uint32Array.of(rows.rows))).rejects.toMatchObject({ code: 'bad-input' });
    // What a split needs is known without reading a row.
    expect(source?.classes).toEqual(rows.labels);
    expect(source?.digests).toEqual(await digestsOf([rows]));
    expect(contentHash).toBe(toHex(await sha256(digests.features, digests.labels)));
  });

  it('keeps the same rows once for a schema, under the newest name', async () => {
    const first = await storeRows(open(), facts, rowsOf(9));
    const again = await storeRows(open(), { ...facts, fileName: 'again.csv' }, rowsOf(9));
    const other = await storeRows(open(), { ...facts, schema: '0x02' }, rowsOf(9));
    const different = await storeRows(open(), facts, rowsOf(9, 2));
    expect(again).toEqual({ ...first, fileName: 'again.csv' });
    expect(other.rowsHash).toBe(first.rowsHash);
    expect(new Set([first.id, other.id, different.id]).size).toBe(3);
    expect(await blocks()).toHaveLength(3);
  });

  it('forgets rows with all their blocks', async () => {
    const library = open();
    const { id } = await storeRows(library, facts, rowsOf(rowsPerBlock(2) + 1));
    await library.delete(id);
    expect(await library.open(id)).toBeUndefined();
    expect(await stored()).toEqual([]);
  });
});

describe('clearDatabase', () => {
  it('leaves nothing', async () => {
    await openVault(database, secureRandom).put('wallet', secureRandom(32));
    await openJournal(database, 'a').put('key', new Uint8Array(1));
    await clearDatabase(database);
    for (const store of database.connection().objectStoreNames)
      expect(await database.connection().count(store)).toBe(0);
    await openVault(database, secureRandom).put('wallet', secureRandom(32));
  });
});

describe('openParticipations', () => {
  it('keeps a participation', async () => {
    const participations = openParticipations(database);
    const one: StoredParticipation = {
      id: 'a',
      network: '1-0x',
      task: '1',
      registrationId: 2,
      wallet: '0x00',
      dataset: 'd',
      fileName: 'a',
      joinedAtMs: 5,
      paused: false,
    };
    await participations.put(one);
    expect(await participations.all()).toEqual([one]);
    await participations.delete('a');
    expect(await participations.all()).toEqual([]);
  });
});

describe('openDatabase with several tabs', () => {
  it('gives way to a newer version and says so', async () => {
    const newer = await openDB(name, DATABASE_VERSION + 1);
    expect(() => database.connection()).toThrow('a newer version of Murmur');
    newer.close();
  });
});

/** Every byte array within a value. */
function collectBytes(value: unknown, found: Uint8Array[]): void {
  if (ArrayBuffer.isView(value)) found.push(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  else if (typeof value === 'object' && value !== null)
    for (const part of Object.values(value)) collectBytes(part, found);
}

function includesBytes(bytes: Uint8Array, piece: Uint8Array): boolean {
  for (let at = bytes.indexOf(piece[0] as number); at >= 0; at = bytes.indexOf(piece[0] as number, at + 1)) {
    if (piece.every((byte, i) => bytes[at + i] === byte)) return true;
  }
  return false;
}
