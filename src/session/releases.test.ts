import { expect, test } from 'vitest';
import type { Bytes } from '../core/bytes.ts';
import type { Journal } from '../protocol/ports.ts';
import { checkRelease, readReleases, type Release, spendRelease } from './releases.ts';

const release = (round: number, survivors: string[], change: Partial<Release> = {}): Release => ({
  round,
  kind: 'training',
  model: '0xaa',
  survivors,
  ...change,
});
const strict = { retry: 'strict', minDiff: 2 } as const;
const first = release(1, ['a', 'b', 'c', 'd']);

test('the same survivors may try again, one fewer or one more may not', () => {
  expect(() => checkRelease(strict, [first], release(2, ['a', 'b', 'c', 'd']))).not.toThrow();
  for (const survivors of [
    ['a', 'b', 'c'],
    ['a', 'b', 'c', 'd', 'e'],
  ]) {
    expect(() => checkRelease(strict, [first], release(2, survivors))).toThrowError(
      expect.objectContaining({ code: 'refused' }) as Error,
    );
  }
});

test('one swapped for another differs by two sites', () => {
  expect(() => checkRelease(strict, [first], release(2, ['a', 'b', 'c', 'e']))).not.toThrow();
  expect(() => checkRelease({ ...strict, minDiff: 3 }, [first], release(2, ['a', 'b', 'c', 'e']))).toThrow();
});

test('every earlier release counts, not only the last', () => {
  const second = release(2, ['a', 'b', 'e', 'f']);
  expect(() => checkRelease(strict, [first, second], release(3, ['a', 'b', 'c']))).toThrow();
});

test('another model, another kind of step, exact evaluation and a task that accepts it are free', () => {
  const fewer = ['a', 'b', 'c'];
  expect(() => checkRelease(strict, [first], release(2, fewer, { model: '0xbb' }))).not.toThrow();
  expect(() =>
    checkRelease(
      strict,
      [release(1, ['a', 'b', 'c', 'd'], { kind: 'evaluation' })],
      release(2, fewer, { kind: 'evaluation' }),
    ),
  ).not.toThrow();
  expect(() => checkRelease({ ...strict, retry: 'accept' }, [first], release(2, fewer))).not.toThrow();
});

test('a release is spent once and is there after a restart', async () => {
  const entries = new Map<string, Bytes>();
  const journal: Journal = {
    get: async (key) => entries.get(key),
    put: async (key, value) => void entries.set(key, value),
    keys: async () => [...entries.keys()],
    delete: async (key) => void entries.delete(key),
  };
  await spendRelease(journal, 3n, first);
  await spendRelease(journal, 3n, first);
  expect(await readReleases(journal, 3n)).toEqual([first]);
  expect(await readReleases(journal, 4n)).toEqual([]);
});
