import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBookFile } from './book-file.ts';
import { identify } from './data-identity.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-book-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const count = (value: Uint8Array | undefined) => value?.[0] ?? 0;

describe('the book as a file', () => {
  it('loses no change of two that write at once, and is there for the next process', async () => {
    const [one, other] = [await openBookFile(folder), await openBookFile(folder)];
    expect(await one.read()).toBeUndefined();
    const add = (value: Uint8Array | undefined) => Uint8Array.of(count(value) + 1);
    await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? one : other).update(add)));
    expect(count(await (await openBookFile(folder)).read())).toBe(20);
  });

  it('stays as it was when a change is refused or changes nothing', async () => {
    const book = await openBookFile(folder);
    await book.update(() => Uint8Array.of(7));
    await expect(
      book.update(() => {
        throw new RangeError('no room');
      }),
    ).rejects.toThrow('no room');
    await book.update(() => undefined);
    expect(count(await book.read())).toBe(7);
  });

  it('takes the lock over from a process that died', async () => {
    await writeFile(join(folder, 'lock'), '999999999\n');
    const book = await openBookFile(folder);
    await book.update(() => Uint8Array.of(1));
    expect(count(await book.read())).toBe(1);
  });
});

describe('what a data set is known by', () => {
  const rows = (...values: number[]) => ({
    features: Float32Array.from(values),
    labels: Uint8Array.from(values, (value) => value % 2),
    rows: values.length,
    width: 1,
  });

  it('is its rows in any order and split, and its files by any name', async () => {
    const [a, b] = [join(folder, 'a.csv'), join(folder, 'b.csv')];
    for (const file of [a, b]) await writeFile(file, 'x\n1\n');
    const one = await identify(a, { train: rows(1, 2, 3), heldOut: rows(4) });
    expect(one.rows).toMatch(/^0x[0-9a-f]{64}$/);
    expect(await identify(b, { train: rows(4, 2), heldOut: rows(3, 1) })).toEqual(one);
    await writeFile(b, 'x\n2\n');
    const other = await identify(b, { train: rows(1, 2, 3), heldOut: rows(5) });
    expect(other.rows).not.toBe(one.rows);
    expect(other.source).not.toBe(one.source);
  });
});
