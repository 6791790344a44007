import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileJournal } from './files.ts';

let folder: string;
beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'murmur-journal-'))));
afterEach(() => rm(folder, { recursive: true }));

describe('openFileJournal', () => {
  it('gives back what was put, after a restart too', async () => {
    const journal = await openFileJournal(folder);
    await journal.put('round/3/mask', Uint8Array.of(1, 2, 3));
    expect(await journal.get('round/3/mask')).toEqual(Uint8Array.of(1, 2, 3));
    expect(await (await openFileJournal(folder)).get('round/3/mask')).toEqual(Uint8Array.of(1, 2, 3));
    expect(await journal.get('round/4/mask')).toBeUndefined();
  });

  it('keeps the later of two puts that overlap', async () => {
    const journal = await openFileJournal(folder);
    await Promise.all(Array.from({ length: 20 }, (_, i) => journal.put('key', Uint8Array.of(i))));
    expect(await journal.get('key')).toEqual(Uint8Array.of(19));
  });

  it('holds the value of the moment of the call', async () => {
    const journal = await openFileJournal(folder);
    const value = Uint8Array.of(7);
    const done = journal.put('key', value);
    value[0] = 8;
    await done;
    expect(await journal.get('key')).toEqual(Uint8Array.of(7));
  });

  it('lists keys by prefix in order, whatever characters they have', async () => {
    const journal = await openFileJournal(folder);
    const keys = ['a/2', 'a/10', 'A/1', 'b%2f', 'a/1.x', 'a:1'];
    for (const key of keys) await journal.put(key, new Uint8Array(1));
    expect(await journal.keys('a/')).toEqual(['a/1.x', 'a/10', 'a/2']);
    expect(await journal.keys('')).toEqual([...keys].sort());
  });

  it('keeps keys apart that differ in case, on any file system', async () => {
    const journal = await openFileJournal(folder);
    await journal.put('k', Uint8Array.of(1));
    await journal.put('K', Uint8Array.of(2));
    expect(new Set((await readdir(folder)).map((name) => name.toLowerCase())).size).toBe(2);
  });

  it('forgets a key, and forgetting twice is no error', async () => {
    const journal = await openFileJournal(folder);
    await journal.put('key', new Uint8Array(1));
    await journal.delete('key');
    await journal.delete('key');
    expect(await journal.keys('')).toEqual([]);
  });

  it('removes what a crash left unfinished and keeps the old value', async () => {
    await (await openFileJournal(folder)).put('key', Uint8Array.of(1));
    await writeFile(join(folder, 'key.tmp'), 'half');
    const journal = await openFileJournal(folder);
    expect(await journal.get('key')).toEqual(Uint8Array.of(1));
    expect(await readdir(folder)).toEqual(['key']);
  });

  it('goes on after a failed write', async () => {
    const journal = await openFileJournal(folder);
    expect(() => journal.put('', new Uint8Array(1))).toThrow('printable ASCII');
    await journal.put('key', Uint8Array.of(1));
    expect(await journal.get('key')).toEqual(Uint8Array.of(1));
  });

  it.each(['', 'ä', 'x'.repeat(300)])('refuses the key %j', async (key) => {
    const journal = await openFileJournal(folder);
    await expect(async () => journal.put(key, new Uint8Array(1))).rejects.toMatchObject({ code: 'bad-input' });
  });
});
