import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { gaussianCurve } from './accountant.ts';
import { type BudgetCost, type BudgetEntry, budgetSpent, checkBudget, isOverBudget, spend } from './budget.ts';
import { epsilonOf } from './conversion.ts';

const curve = (z: number) => gaussianCurve({ z, rounds: 1, q: 1 });
const cost = (task: string, z: number): BudgetCost => ({
  task,
  network: 'eip155:8453/0xabc',
  mechanism: 'gaussian',
  release: { user: curve(z), records: curve(z / 2) },
});
const open: BudgetCost = { ...cost('9', 1), mechanism: 'none', release: {} };
const limit = { protects: 'user', epsilon: 3, delta: 1e-5 } as const;

describe('budget', () => {
  it('adds Rényi curves, not epsilons', () => {
    // 50 releases at z = 4 and 100 at z = 8 are 200 + 100 / 4 · ... = 50/32 + 100/128 per order: that of 75 at z = 4.
    let entries: readonly BudgetEntry[] = spend([], cost('1', 4), 50);
    entries = spend(entries, cost('2', 8), 100);
    const together = budgetSpent(entries, limit);
    expect(together.epsilon).toBeCloseTo(epsilonOf(gaussianCurve({ z: 4, rounds: 75, q: 1 }), 1e-5).epsilon, 9);
    const alone = entries.map((entry) => budgetSpent([entry], limit).epsilon);
    expect(together.epsilon).toBeLessThan((alone[0] as number) + (alone[1] as number));
  });

  it('counts one task once, whatever the wallet, and each network for itself', () => {
    let entries = spend([], cost('1', 4), 1);
    entries = spend(entries, cost('1', 4), 2);
    expect(entries).toHaveLength(1);
    expect(entries[0]?.releases).toBe(3);
    entries = spend(entries, { ...cost('1', 4), network: 'eip155:31337/0xabc' }, 1);
    entries = spend(entries, cost('1', 5), 1);
    expect(entries).toHaveLength(3);
    expect(() => spend(entries, cost('1', 4), 0.5)).toThrow('whole number');
  });

  it('refuses what passes the limit, and is spent to the last release before', () => {
    const entries = spend([], cost('1', 20), 5);
    let fits = 0;
    while (budgetSpent(spend(entries, cost('2', 10), fits + 1), limit).epsilon <= 3) fits++;
    expect(fits).toBeGreaterThan(10);
    expect(checkBudget(entries, cost('2', 10), fits, limit).epsilon).toBeLessThanOrEqual(3);
    const refuse = () => checkBudget(entries, cost('2', 10), fits + 1, limit);
    expect(refuse).toThrow(
      expect.objectContaining({ code: 'refused', details: { limit: 'privacy', epsilon: 3, delta: 1e-5 } }) as Error,
    );
    expect(refuse).toThrow(expect.toSatisfy(isOverBudget) as Error);
    expect(isOverBudget(new Error('refused'))).toBe(false);
  });

  it('is unbounded for ever once something had no noise, and goes on to limit the rest', () => {
    expect(() => checkBudget([], open, 1, limit)).toThrow('no noise that hides a participant');
    const entries = spend(spend([], open, 1), cost('1', 20), 5);
    expect(budgetSpent(entries, limit)).toEqual({ ...budgetSpent(spend([], cost('1', 20), 5), limit), open: true });
    expect(checkBudget(entries, cost('1', 20), 1, limit).open).toBe(true);
    expect(() => checkBudget(entries, cost('1', 1), 9, limit)).toThrow('is spent already');
    expect(budgetSpent(spend([], open, 0), limit)).toMatchObject({ epsilon: 0, open: false });
  });

  it('does not take noise for a record as noise for a participant', () => {
    const records: BudgetCost = { ...cost('3', 2), mechanism: 'subsampled-gaussian', release: { records: curve(2) } };
    const entries = spend([], records, 1);
    expect(budgetSpent(entries, limit)).toMatchObject({ epsilon: 0, open: true });
    const { epsilon, open } = budgetSpent(entries, { ...limit, protects: 'records' });
    expect([epsilon, open]).toEqual([epsilonOf(curve(2), 1e-5).epsilon, false]);
  });

  it('never falls (property)', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 })), { maxLength: 8 }),
        (spends) => {
          let entries: readonly BudgetEntry[] = [];
          let before = 0;
          for (const [task, releases] of spends) {
            entries = spend(entries, cost(`${task}`, 10 + task), releases);
            const { epsilon } = budgetSpent(entries, limit);
            expect(epsilon).toBeGreaterThan(before);
            before = epsilon;
          }
        },
      ),
    );
  });
});
