import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasCode } from '../core/errors.ts';
import { gaussianCurve } from '../privacy/accountant.ts';
import { epsilonOf } from '../privacy/conversion.ts';
import {
  type Book,
  budgetView,
  checkRoom,
  costOf,
  DEFAULT_LIMIT,
  EMPTY_BOOK,
  hold,
  letGo,
  limitOf,
  MOST_EPSILON,
  readBook,
  type Release,
  sameData,
  spend,
  spentOf,
  type TaskCost,
  tasksOf,
  withLimit,
  withSource,
  withTask,
  writeBook,
} from './budget-book.ts';

const curve = (z: number, rounds = 1) => gaussianCurve({ z, rounds, q: 1 });
const noisy = (task: string, z = 4): TaskCost => ({
  ...{ task, network: '31337-0x01', title: `Task ${task}`, mechanism: 'gaussian', protects: 'user' },
  release: { user: curve(z), records: curve(z / 2) },
});
const open = (task: string): TaskCost => ({
  ...{ task, network: '31337-0x01', title: `Task ${task}`, mechanism: 'none' },
  release: {},
});

const release = (cost: TaskCost, round: number, change: Partial<Release> = {}): Release => ({
  ...{ rows: '0xa', cost, wallet: '0xW1', nowMs: 5 },
  round: { round, joinEndsAt: 1000 + round },
  ...change,
});

const spentEpsilon = (book: Book, rows = '0xa') => spentOf(book, rows).spent;

describe('a round on the book', () => {
  it('counts once, from when it is held', () => {
    const held = hold(EMPTY_BOOK, release(noisy('1'), 1));
    expect(spentEpsilon(held)).toBe(epsilonOf(curve(4), 1e-5).epsilon);
    expect(hold(held, release(noisy('1'), 1, { wallet: '0xw1' }))).toBe(held);
    const spent = spend(held, release(noisy('1'), 1));
    expect(spent.tasks[0]?.rounds).toEqual([{ round: 1, joinEndsAt: 1001, wallet: '0xw1', spent: true }]);
    expect(spend(spent, release(noisy('1'), 1))).toEqual(spent);
    expect(spentEpsilon(spent)).toBe(spentEpsilon(held));
  });

  it('is let go while it is only held, by the wallet that holds it', () => {
    const held = hold(EMPTY_BOOK, release(noisy('1'), 1));
    expect(letGo(held, release(noisy('1'), 1, { wallet: '0xw2' }))).toEqual(held);
    expect(spentEpsilon(letGo(held, release(noisy('1'), 1)))).toBe(0);
    const spent = spend(EMPTY_BOOK, release(noisy('1'), 1));
    expect(letGo(spent, release(noisy('1'), 1))).toEqual(spent);
  });

  it('of a network that began anew is another one', () => {
    const before = spend(EMPTY_BOOK, release(noisy('1'), 1));
    const after = spend(before, release(noisy('1'), 1, { round: { round: 1, joinEndsAt: 9000 } }));
    expect(after.tasks[0]?.rounds).toHaveLength(2);
  });
});

describe('a budget', () => {
  it('adds the curves of tasks and wallets', () => {
    let book = spend(EMPTY_BOOK, release(noisy('1'), 1));
    book = spend(book, release(noisy('1'), 2, { wallet: '0xW2' }));
    book = spend(book, release(noisy('2'), 1));
    expect(spentEpsilon(book)).toBeCloseTo(epsilonOf(curve(4, 3), 1e-5).epsilon, 12);
    expect(tasksOf(book, '0xa').map(({ task }) => task)).toEqual(['1', '2']);
    expect(spentEpsilon(book, '0xb')).toBe(0);
    const { spent, after, openAfter } = budgetView(book, '0xa', noisy('3'), 22);
    expect(spent).toBe(spentEpsilon(book));
    expect(after).toBeCloseTo(epsilonOf(curve(4, 25), 1e-5).epsilon, 12);
    expect(openAfter).toBe(false);
    expect(costOf(book.tasks[0] as never, 1e-5)).toBeCloseTo(epsilonOf(curve(4, 2), 1e-5).epsilon, 12);
  });

  it('refuses the same rows twice in one noisy sum, and not without noise', () => {
    const book = hold(EMPTY_BOOK, release(noisy('1'), 1));
    expect(() => hold(book, release(noisy('1'), 1, { wallet: '0xW2' }))).toThrow('another wallet');
    const other = hold(EMPTY_BOOK, release(open('1'), 1));
    expect(hold(other, release(open('1'), 1, { wallet: '0xW2' }))).toBe(other);
  });

  it('ties what was read from one file, however it was read', () => {
    let book = spend(EMPTY_BOOK, release(noisy('1'), 1));
    for (const [rows, source] of [
      ['0xa', '0xf1'],
      ['0xb', '0xf1'],
      ['0xb', '0xf2'],
      ['0xc', '0xf2'],
      ['0xd', '0xf3'],
    ] as const)
      book = withSource(book, rows, source);
    expect(withSource(book, '0xa', '0xf1')).toBe(book);
    expect([...sameData(book, '0xc')].toSorted()).toEqual(['0xa', '0xb', '0xc']);
    expect(spentEpsilon(book, '0xc')).toBe(spentEpsilon(book));
    expect(spentEpsilon(book, '0xd')).toBe(0);
    expect(() => hold(book, release(noisy('1'), 1, { rows: '0xc', wallet: '0xW2' }))).toThrow('another wallet');
  });

  it('has the smallest limit of all that is tied together', () => {
    expect(limitOf(EMPTY_BOOK, '0xa')).toEqual(DEFAULT_LIMIT);
    let book = withLimit(EMPTY_BOOK, '0xa', { epsilon: 3, delta: 1e-6 });
    book = withLimit(book, '0xb', { epsilon: 2, delta: 1e-5 });
    expect(limitOf(book, '0xa').epsilon).toBe(3);
    book = withSource(withSource(book, '0xa', '0xf'), '0xb', '0xf');
    expect(limitOf(book, '0xa')).toEqual({ epsilon: 2, delta: 1e-5 });
    book = withLimit(book, '0xa', { epsilon: 5, delta: 1e-5 });
    expect(limitOf(book, '0xb').epsilon).toBe(5);
    for (const epsilon of [-1, NaN, MOST_EPSILON + 1])
      expect(() => withLimit(book, '0xa', { epsilon, delta: 1e-5 })).toThrow('a limit is an epsilon');
    expect(() => withLimit(book, '0xa', { epsilon: 1, delta: 0 })).toThrow('delta');
  });

  it('leaves room for what fits, and for tasks without noise, which have no figure', () => {
    const book = withLimit(EMPTY_BOOK, '0xa', { epsilon: epsilonOf(curve(4, 2), 1e-5).epsilon + 1e-9, delta: 1e-5 });
    checkRoom(book, '0xa', noisy('1'), 2);
    expect(() => checkRoom(book, '0xa', noisy('1'), 3)).toThrow(expect.objectContaining({ code: 'refused' }) as Error);
    checkRoom(book, '0xa', open('2'), 100);
    const opened = spend(book, release(open('2'), 1));
    checkRoom(opened, '0xa', noisy('1'), 2);
    expect(budgetView(opened, '0xa', noisy('1'), 1)).toMatchObject({ openBefore: true, openAfter: true });
    expect(budgetView(book, '0xa', open('2'), 1)).toMatchObject({ openBefore: false, openAfter: true, spent: 0 });
    expect(costOf(opened.tasks[0] as never, 1e-5)).toBeUndefined();
    const full = spend(spend(opened, release(noisy('1'), 1)), release(noisy('3'), 1));
    expect(() => spend(full, release(noisy('1'), 2))).toThrow('spent already');
    // What was held before the limit fell is spent all the same: its vector has left.
    const lowered = withLimit(hold(book, release(noisy('1'), 1)), '0xa', { epsilon: 0, delta: 1e-5 });
    expect(spend(lowered, release(noisy('1'), 1)).tasks[0]?.rounds[0]?.spent).toBe(true);
  });

  const anyRelease = fc
    .tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 6 }), fc.constantFrom('0xw1', '0xw2'))
    .map(([task, round, wallet]) => release(noisy(`${task}`, 10 + task), round, { wallet }));

  it('does not depend on the order of what is spent (property)', () => {
    const put = (book: Book, one: Release) => {
      try {
        return spend(book, one);
      } catch (error) {
        if (!hasCode(error, 'refused')) throw error;
        return book;
      }
    };
    fc.assert(
      fc.property(fc.array(anyRelease, { maxLength: 12 }), fc.func(fc.integer()), (releases, rank) => {
        const shuffled = releases.toSorted((a, b) => rank(a) - rank(b));
        const [one, other] = [releases.reduce(put, EMPTY_BOOK), shuffled.reduce(put, EMPTY_BOOK)];
        expect(spentEpsilon(one)).toBeCloseTo(spentEpsilon(other), 10);
      }),
    );
  });

  it('is never lowered by whatever is done after, and never passes the limit (property)', () => {
    const anyStep = fc.tuple(
      fc.constantFrom('hold', 'spend', 'letGo', 'limit'),
      anyRelease,
      fc.double({ min: 0, max: 2, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 25 }), (steps) => {
        let book = withLimit(EMPTY_BOOK, '0xa', { epsilon: 1, delta: 1e-5 });
        const spentRounds = ({ tasks }: Book) =>
          tasks.flatMap(({ rounds }) => rounds).filter(({ spent }) => spent).length;
        for (const [step, one, epsilon] of steps) {
          const before = { epsilon: spentEpsilon(book), rounds: spentRounds(book) };
          try {
            if (step === 'limit') book = withLimit(book, '0xa', { epsilon, delta: 1e-5 });
            else book = { hold, spend, letGo }[step](book, one);
          } catch (error) {
            if (!hasCode(error, 'refused')) throw error;
          }
          expect(spentRounds(book)).toBeGreaterThanOrEqual(before.rounds);
          const after = spentEpsilon(book);
          expect(step === 'letGo' || after >= before.epsilon).toBe(true);
          expect(after <= before.epsilon || after <= limitOf(book, '0xa').epsilon).toBe(true);
        }
      }),
    );
  });
});

describe('the stored book', () => {
  it('comes back as it was, orders that bound nothing included', () => {
    const cost: TaskCost = {
      ...noisy('1'),
      release: { user: curve(4).map((value, i) => (i > 100 ? Infinity : value)) },
    };
    let book = withTask(withSource(withLimit(EMPTY_BOOK, '0xa', DEFAULT_LIMIT), '0xa', '0xf'), '0xa', cost, 7);
    book = spend(spend(book, release(cost, 1)), release(open('2'), 1));
    expect(readBook(writeBook(book))).toEqual({ ...book });
    expect(readBook(undefined)).toEqual(EMPTY_BOOK);
  });

  it('is never taken for an empty one when it is damaged', () => {
    for (const text of ['', '{}', '[]', 'null', '{"version":2,"tasks":[],"sources":[],"limits":[]}', '{"version":1}'])
      expect(() => readBook(new TextEncoder().encode(text))).toThrow(
        expect.objectContaining({ code: 'bad-hash' }) as Error,
      );
    expect(() => readBook(Uint8Array.of(255))).toThrow('cannot be read');
  });
});
