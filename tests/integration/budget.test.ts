/**
 * The privacy budget of a data set against a real chain: a task that costs more than its owner's limit leaves is not joined, and one that
 * runs stops before a round that no longer fits, whatever the file is called and whichever wallet brings it.
 */
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openBookFile } from '../../node/book-file.ts';
import { HEART_FOLDER } from '../../node/places.ts';
import { has } from '../../src/core/bitmap.ts';
import { HEART_SITES } from '../../src/dataset/heart.ts';
import { epsilonOf } from '../../src/privacy/conversion.ts';
import { type RdpCurve, repeat } from '../../src/privacy/rdp-curve.ts';
import { Phase, stepKind } from '../../src/protocol/phases.ts';
import type { BookStore } from '../../src/protocol/ports.ts';
import { type Book, hold, readBook, spentOf, type TaskOnBook, writeBook } from '../../src/session/budget-book.ts';
import { Cohort } from './cohort.ts';

const TIMEOUT_MS = 300_000;
const DELTA = 1e-5;
const ROUNDS = 6;

let folder: string;
let world: Cohort;
let store: BookStore;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-budget-'));
  store = await openBookFile(join(folder, 'budget'));
  world = await Cohort.begin(
    ROUNDS,
    { joinSeconds: 12, phaseSeconds: 20, beaconSeconds: 20 },
    {
      evaluation: { bins: 10, release: 'off' },
      privacy: { kind: 'records', noiseMultiplier: 2, delta: DELTA, clipNorm: 1, samplingRate: 0.1 },
    },
  );
});
afterAll(async () => {
  await world?.end();
  await rm(folder, { recursive: true, force: true });
});

const ownFile = join(HEART_FOLDER, HEART_SITES[0].file);
const book = async (): Promise<Book> => readBook(await store.read());
const onBook = async (): Promise<TaskOnBook> => (await book()).tasks[0] as TaskOnBook;
const epsilonOfRounds = (task: TaskOnBook, rounds: number) =>
  epsilonOf(repeat(task.release.records as RdpCurve, rounds), DELTA).epsilon;

const site = (epsilon: number, dataFile = ownFile) => ({
  dataFile,
  privacy: { book: store, limit: { epsilon, delta: DELTA }, withoutNoise: false },
});

test(
  'a limit refuses the join, and a task that runs stops before the round that would overspend',
  async () => {
    // Before joining: nothing is registered, and what is refused says why.
    await expect(world.start(0, site(0.01))).rejects.toMatchObject({
      code: 'refused',
      message: expect.stringContaining("its owner's limit is 0.01") as string,
      details: { limit: 'privacy' },
    });
    expect((await world.view()).registrations).toBe(0);

    // With room for the whole task it joins; the others' data are nobody's.
    await world.start(0, site(50));
    for (const other of [1, 2, 3]) await world.start(other);
    await world.reaches(2, Phase.Settled);
    const mine = await onBook();
    expect(mine.rounds.length).toBeGreaterThan(0);

    // Another task over the same rows takes what was left but for one round.
    const at = mine.rounds.length;
    const limit = { epsilon: epsilonOfRounds(mine, 40), delta: DELTA };
    await store.update((bytes) => {
      const before = readBook(bytes);
      const { rows, rounds: _, sinceMs: __, ...cost } = before.tasks[0] as TaskOnBook;
      let after: Book = { ...before, limits: [{ rows, ...limit, epsilon: limit.epsilon + 1e-9 }] };
      for (let round = 1; round <= 39 - at; round++)
        after = hold(after, {
          rows,
          cost: { ...cost, task: '77' },
          round: { round, joinEndsAt: round },
          wallet: '0x77',
          nowMs: 1,
        });
      return writeBook(after);
    });
    await expect.poll(() => world.statuses[0]?.state, { timeout: 120_000, interval: 200 }).toBe('failed');
    expect(world.statuses[0]?.error).toMatchObject({ code: 'refused', details: { limit: 'privacy' } });
    const { rows } = await onBook();
    expect(spentOf(await book(), rows).spent).toBeLessThanOrEqual(limit.epsilon + 1e-9);
    // Every round that holds its vector is on the book.
    await world.ends();
    const held = (await onBook()).rounds.map(({ round }) => round);
    const { round: last } = await world.view();
    const withVector: number[] = [];
    for (let round = 1; round <= last; round++) {
      const { u3, step } = await world.round(round);
      const index = await world.rosterIndex(round, 0);
      if (index >= 0 && has(u3, index) && stepKind(step, ROUNDS) === 'training') withVector.push(round);
    }
    expect(withVector.length).toBeGreaterThan(0);
    expect(held).toEqual(expect.arrayContaining(withVector));
    expect((await world.view()).status).toBe('finished');
  },
  TIMEOUT_MS,
);

test('attack: the same rows under another name and another wallet have no fresh budget', async () => {
  const renamed = join(folder, 'another-ward.csv');
  await copyFile(ownFile, renamed);
  const before = await book();
  const { rows } = await onBook();
  const { limit, spent } = spentOf(before, rows);
  const attacker = await Cohort.begin(
    ROUNDS,
    { joinSeconds: 12, phaseSeconds: 20, beaconSeconds: 20 },
    {
      evaluation: { bins: 10, release: 'off' },
      privacy: { kind: 'records', noiseMultiplier: 2, delta: DELTA, clipNorm: 1, samplingRate: 0.1 },
    },
  );
  try {
    const privacy = { book: store, withoutNoise: false };
    await expect(attacker.start(2, { dataFile: renamed, privacy })).rejects.toMatchObject({
      code: 'refused',
      details: { limit: 'privacy', epsilon: limit.epsilon },
    });
    expect((await attacker.view()).registrations).toBe(0);
    // Other rows have one of their own.
    const others = join(HEART_FOLDER, HEART_SITES[3].file);
    await attacker.start(3, { dataFile: others, privacy: { ...privacy, limit: { epsilon: 50, delta: DELTA } } });
    expect(spentOf(await book(), rows).spent).toBe(spent);
  } finally {
    await attacker.end();
  }
}, 120_000);

test('a task without noise needs its owner’s word', async () => {
  const open = await Cohort.begin(1, { joinSeconds: 12, phaseSeconds: 20, beaconSeconds: 20 });
  try {
    const privacy = { book: store, withoutNoise: false };
    await expect(open.start(1, { privacy })).rejects.toMatchObject({
      code: 'refused',
      hint: expect.stringContaining('--without-noise') as string,
    });
    expect((await open.view()).registrations).toBe(0);
    await open.start(1, { privacy: { ...privacy, withoutNoise: true } });
    expect((await open.view()).registrations).toBe(1);
  } finally {
    await open.end();
  }
}, 120_000);
