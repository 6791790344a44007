/** The book of what was spent over a real IndexedDB: two connections, as two tabs have, cannot spend the same remainder twice. */
import { afterEach, beforeEach, expect, it } from 'vitest';
import { heartTaskSpec } from '../../src/dataset/heart.ts';
import { isOverBudget } from '../../src/privacy/budget.ts';
import { epsilonOf } from '../../src/privacy/conversion.ts';
import { type RdpCurve, repeat } from '../../src/privacy/rdp-curve.ts';
import { readBook, spentOf, withLimit, writeBook } from '../../src/session/budget-book.ts';
import { openDataBudget, taskCost } from '../../src/session/data-budget.ts';
import { openBook } from '../../src/storage/book.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';

const ROWS = '0xa';
const spec = heartTaskSpec({
  evaluation: { bins: 10, release: 'off' },
  privacy: { kind: 'records', noiseMultiplier: 8, delta: 1e-5, clipNorm: 1, samplingRate: 0.5 },
});
const parameters = { minCohort: 3, maxCohort: 4, corruptBps: 1000, survivorFloor: 3 };

let name: string;
let databases: Database[];
beforeEach(async () => {
  name = `test-${crypto.randomUUID()}`;
  databases = [await openDatabase(name), await openDatabase(name)];
});
afterEach(() => {
  for (const database of databases) database.close();
  indexedDB.deleteDatabase(name);
});

/** A tab of its own, in a task of its own, over the same rows. */
function tab(database: Database, task: string) {
  const cost = taskCost(spec, parameters, { task, network: '31337-0x01' });
  const budget = openDataBudget({
    store: openBook(database),
    rows: ROWS,
    spec,
    cost,
    wallet: `0x${task}`,
    now: () => 1,
  });
  return { cost, budget };
}

it('two tabs that hold rounds at once never pass the limit, and leave no room unused', async () => {
  const [one, other] = databases.map((database, i) => tab(database, `${i + 1}`)) as [
    ReturnType<typeof tab>,
    ReturnType<typeof tab>,
  ];
  const once = one.cost.release.records as RdpCurve;
  const delta = 1e-5;
  const fits = 7;
  const epsilon = epsilonOf(repeat(once, fits), delta).epsilon + 1e-9;
  const store = openBook(databases[0] as Database);
  await store.update((bytes) => writeBook(withLimit(readBook(bytes), ROWS, { epsilon, delta })));
  const round = (i: number) => ({ round: i, joinEndsAt: i, step: 1 });
  const holding = Array.from({ length: 10 }, (_, i) => [one, other].map(({ budget }) => budget.hold(round(i)))).flat();
  const results = await Promise.allSettled(holding);
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(fits);
  const refusals = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
  expect(refusals.every(isOverBudget)).toBe(true);

  // Both tabs, and whoever opens the database again, see the same.
  const { spent } = spentOf(readBook(await openBook(databases[1] as Database).read()), ROWS);
  expect(spent).toBeLessThanOrEqual(epsilon);
  databases.push(await openDatabase(name));
  expect(spentOf(readBook(await openBook(databases.at(-1) as Database).read()), ROWS).spent).toBe(spent);
  await expect(other.budget.checkRound(round(99))).rejects.toMatchObject({ code: 'refused' });
});

it('is on disk before a change resolves, and a change that throws changes nothing', async () => {
  const durabilities: (string | undefined)[] = [];
  const transaction = IDBDatabase.prototype.transaction;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    durabilities.push(options?.durability);
    return transaction.call(this, stores, mode, options);
  };
  const store = openBook(databases[0] as Database);
  try {
    await store.update(() => Uint8Array.of(1));
  } finally {
    IDBDatabase.prototype.transaction = transaction;
  }
  expect(durabilities).toEqual(['strict']);
  await expect(
    store.update(() => {
      throw new RangeError('no room');
    }),
  ).rejects.toThrow('no room');
  await store.update(() => undefined);
  expect(await store.read()).toEqual(Uint8Array.of(1));
});
