import { describe, expect, it } from 'vitest';
import type { Bytes } from '../core/bytes.ts';
import { heartTaskSpec } from '../dataset/heart.ts';
import { isOverBudget } from '../privacy/budget.ts';
import { Phase } from '../protocol/phases.ts';
import type { BookStore } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { readBook } from './budget-book.ts';
import { openDataBudget, placeOf, taskCost } from './data-budget.ts';

const PARAMETERS = { minCohort: 3, maxCohort: 4, corruptBps: 1000, survivorFloor: 3 };
const open = heartTaskSpec();
const { rounds } = open.training;
const noisy = heartTaskSpec({
  evaluation: { bins: 10, release: 'off' },
  privacy: { kind: 'records', noiseMultiplier: 8, delta: 1e-5, clipNorm: 1, samplingRate: 0.5 },
});

function memory(): BookStore {
  let value: Bytes | undefined;
  return {
    read: async () => value,
    update: async (change) => {
      value = change(value) ?? value;
    },
  };
}

function budgetOf(spec: TaskSpec, store = memory(), wallet = '0xA') {
  const cost = taskCost(spec, PARAMETERS, { task: '1', network: '31337-0x01' });
  const budget = openDataBudget({ store, rows: '0xa', spec, cost, wallet, now: () => 7 });
  const onBook = async () => readBook(await store.read()).tasks.flatMap((task) => task.rounds);
  return { store, budget, onBook };
}

const round = (number: number, step: number) => ({ round: number, joinEndsAt: 10 * number, step });

describe('a data set in a task', () => {
  it('costs what releases something of it: every step without noise, training steps with it', async () => {
    const [without, withNoise] = [budgetOf(open), budgetOf(noisy)];
    for (const { budget } of [without, withNoise])
      for (const step of [0, 1, rounds, rounds + 1]) await budget.spend(round(step + 1, step));
    expect(await without.onBook()).toHaveLength(4);
    expect((await withNoise.onBook()).map((known) => known.round)).toEqual([2, rounds + 1]);
    expect(without.budget.protects).toBeUndefined();
    expect(withNoise.budget.protects).toBe('records');
  });

  it('shows what is left to come, once', async () => {
    const { budget } = budgetOf(noisy);
    const whole = await budget.view({ step: 0 });
    expect(whole).toMatchObject({ spent: 0, protects: 'records', openBefore: false, openAfter: false });
    expect((await budget.view({ step: 1 })).after).toBe(whole.after);
    expect((await budget.view({ step: rounds + 1 })).after).toBe(0);
    // A live round that is held already is not counted again.
    await budget.hold(round(5, 1));
    expect((await budget.view({ step: 1, live: round(5, 1) })).after).toBeCloseTo(whole.after, 12);
    expect((await budget.view({ step: 1 })).after).toBeGreaterThan(whole.after);
    await budget.letGo(round(5, 1));
    expect(await budget.view({ step: 0 })).toEqual(whole);
  });

  it('is refused past the limit: the whole task before joining, then the round', async () => {
    const { budget } = budgetOf(noisy);
    const { after } = await budget.view({ step: 0 });
    await budget.describe('0xf', { epsilon: after - 1e-6, delta: 1e-5 });
    const refusal: unknown = await budget.checkTask({ step: 0 }).catch((error: unknown) => error);
    expect(isOverBudget(refusal)).toBe(true);
    await budget.checkTask({ step: 2 });
    for (let number = 1; number < rounds; number++) await budget.spend(round(number, 1));
    await expect(budget.checkRound(round(rounds, 1))).rejects.toMatchObject({ code: 'refused' });
    await expect(budget.hold(round(rounds, 1))).rejects.toMatchObject({ code: 'refused' });
    // A round that is on the book goes on, whatever becomes of the limit.
    await budget.describe('0xf', { epsilon: 0, delta: 1e-5 });
    await budget.checkRound(round(1, 1));
    await budget.spend(round(1, 1));
  });

  it('is noted before anything is released', async () => {
    const { budget, store } = budgetOf(open);
    await budget.begin();
    await budget.begin();
    expect(readBook(await store.read()).tasks).toMatchObject([
      { task: '1', title: open.title, sinceMs: 7, rounds: [] },
    ]);
    expect(await budget.view({ step: 0 })).toMatchObject({ openBefore: false, openAfter: true });
  });
});

it('placeOf tells a live round from one that is over', async () => {
  const chain = (phase: Phase) => ({ round: async () => ({ phase, round: 3 }) }) as never;
  const view = { task: 1n, step: 2, round: 3 } as never;
  expect(await placeOf(chain(Phase.Mask), view)).toMatchObject({ step: 2, live: { round: 3 } });
  expect(await placeOf(chain(Phase.Settled), view)).toEqual({ step: 2, live: undefined });
  expect(await placeOf(chain(Phase.Mask), { task: 1n, step: 0, round: 0 } as never)).toEqual({
    step: 0,
    live: undefined,
  });
});
