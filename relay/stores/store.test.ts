/** Both stores keep the promises of core/store.ts; the file store keeps them across a reopening too. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Bytes, equalBytes, type Hex, toHex, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import type { RelayStore } from '../core/store.ts';
import { FileStore } from './files.ts';
import { MemoryStore } from './memory.ts';

const folders: string[] = [];
afterAll(async () => {
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'murmur-store-'));
  folders.push(path);
  return path;
}

const bytesOf = (length: number): Bytes => Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
const nameOf = async (bytes: Bytes): Promise<Hex> => toHex(await sha256(bytes));

const stores: readonly [string, () => Promise<RelayStore>][] = [
  ['memory', async () => new MemoryStore()],
  ['files', async () => FileStore.open(await folder())],
];

describe.each(stores)('%s store', (_name, make) => {
  it('keeps blobs under their hash and reads ranges', async () => {
    const store = await make();
    const bytes = bytesOf(100_000);
    const name = await store.putBlob(bytes);
    expect(name).toBe(await nameOf(bytes));
    expect(await store.putBlob(bytes)).toBe(name);
    expect(await store.blobSize(name)).toBe(100_000);
    expect(equalBytes(await store.readBlob(name), bytes)).toBe(true);
    expect(await store.readBlob(name, 99_990, 100)).toEqual(bytes.slice(99_990));
    expect(await store.readBlob(name, 10, 5)).toEqual(bytes.slice(10, 15));
    expect(await store.blobTotals()).toEqual({ blobs: 1, sizeBytes: 100_000 });
    await store.deleteBlob(name);
    expect(await store.blobSize(name)).toBeUndefined();
    await expect(store.readBlob(name)).rejects.toMatchObject({ code: 'not-found' });
    await store.close();
  });

  it('takes an upload in parts, from the right offset only, for its owner only', async () => {
    const store = await make();
    const bytes = bytesOf(1000);
    const name = await nameOf(bytes);
    await expect(store.appendUpload('a', name, 0, bytes)).rejects.toMatchObject({ code: 'not-found' });
    expect(await store.beginUpload('a', name, 1000)).toBe(0);
    expect(await store.appendUpload('a', name, 0, bytes.slice(0, 400))).toBe(400);
    expect(await store.beginUpload('b', name, 1000)).toBe(0);
    await expect(store.appendUpload('a', name, 300, bytes.slice(300))).rejects.toMatchObject({
      code: 'conflict',
      details: { offset: 400 },
    });
    await expect(store.appendUpload('a', name, 400, bytes)).rejects.toMatchObject({ code: 'too-large' });
    await expect(store.finishUpload('a', name)).rejects.toMatchObject({ code: 'conflict' });
    expect(await store.beginUpload('a', name, 1000)).toBe(400);
    expect(await store.openUploads('a')).toBe(1);
    expect(await store.appendUpload('a', name, 400, bytes.slice(400))).toBe(1000);
    await store.finishUpload('a', name);
    await store.finishUpload('a', name);
    expect(await store.readBlob(name)).toEqual(bytes);
    expect(await store.beginUpload('c', name, 1000)).toBe(1000);
    expect(await store.openUploads('a')).toBe(0);
    await store.close();
  });

  it('deletes an upload whose hash is wrong', async () => {
    const store = await make();
    const name = await nameOf(bytesOf(10));
    await store.beginUpload('a', name, 10);
    await store.appendUpload('a', name, 0, new Uint8Array(10));
    await expect(store.finishUpload('a', name)).rejects.toMatchObject({ code: 'bad-hash' });
    expect(await store.uploadOffset('a', name)).toBeUndefined();
    expect(await store.blobSize(name)).toBeUndefined();
    await store.close();
  });

  it('gives each entry of a log one place', async () => {
    const store = await make();
    const puts = await Promise.all(
      Array.from({ length: 40 }, (_, i) => store.append('7', `key${i % 20}`, utf8(`value${i % 20}`))),
    );
    expect(puts.filter(({ added }) => added)).toHaveLength(20);
    expect(await store.logLength('7')).toBe(20);
    const all = await store.read('7', 0, 100);
    expect(all.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    for (const [i, { sequence }] of puts.entries()) expect(all[sequence - 1]?.value).toEqual(utf8(`value${i % 20}`));
    expect((await store.read('7', 19, 100)).map(({ sequence }) => sequence)).toEqual([19, 20]);
    expect((await store.read('7', 3, 2)).map(({ sequence }) => sequence)).toEqual([3, 4]);
    expect(await store.read('70', 0, 10)).toEqual([]);
    expect(await store.findEntry('7', 'key3')).toBe(puts[3]?.sequence);
    expect(await store.findEntry('7', 'no')).toBeUndefined();
    await store.close();
  });

  it('lists key-values by prefix', async () => {
    const store = await make();
    for (const key of ['a/2', 'a/1', 'b/1']) await store.setValue(key, key);
    expect(await store.listKeys('a/', 10)).toEqual(['a/1', 'a/2']);
    expect(await store.listKeys('a/', 1)).toEqual(['a/1']);
    await store.deleteValue('a/1');
    expect(await store.getValue('a/1')).toBeUndefined();
    expect(await store.getValue('b/1')).toBe('b/1');
    await store.close();
  });
});

it('the file store has everything after it was opened again', async () => {
  const path = await folder();
  const bytes = bytesOf(5000);
  const name = await nameOf(bytes);
  const first = await FileStore.open(path);
  await first.beginUpload('a', name, 5000);
  await first.appendUpload('a', name, 0, bytes.slice(0, 2500));
  await first.append('1', 'k', utf8('v'));
  await first.setValue('x', 'y');
  const blob = await first.putBlob(utf8('blob'));
  await first.close();

  const second = await FileStore.open(path);
  expect(await second.beginUpload('a', name, 5000)).toBe(2500);
  expect(await second.append('1', 'k', utf8('v'))).toEqual({ sequence: 1, added: false });
  expect(await second.append('1', 'l', utf8('w'))).toEqual({ sequence: 2, added: true });
  expect(await second.getValue('x')).toBe('y');
  expect(await second.blobTotals()).toEqual({ blobs: 1, sizeBytes: 4 });
  expect(await second.readBlob(blob)).toEqual(utf8('blob'));
  await second.close();
});

it('names that are no hashes never reach the disk', async () => {
  const store = await FileStore.open(await folder());
  await expect(store.blobSize('0x../../etc/passwd' as Hex)).rejects.toMatchObject({ code: 'bad-input' });
  await expect(store.beginUpload('../x', `0x${'0'.repeat(64)}`, 1)).rejects.toMatchObject({ code: 'bad-input' });
  await store.close();
});
