import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { gaussianCurve } from './accountant.ts';
import { type BudgetCost, type BudgetEntry, budgetSpent, checkBudget, releasesLeft, spend } from './budget.ts';
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

  it('refuses what passes the limit, and says how many releases fit', () => {
    const entries = spend([], cost('1', 20), 5);
    const left = releasesLeft(entries, cost('2', 10), limit, 1000);
    expect(checkBudget(entries, cost('2', 10), left, limit).epsilon).toBeLessThanOrEqual(3);
    expect(() => checkBudget(entries, cost('2', 10), left + 1, limit)).toThrow(
      expect.objectContaining({ code: 'refused', details: { epsilon: 3, delta: 1e-5 } }) as Error,
    );
    expect(releasesLeft(entries, cost('2', 10), limit, 2)).toBe(2);
    expect(releasesLeft(entries, open, limit, 10)).toBe(0);
  });

  it('is spent for ever once something had no noise', () => {
    expect(() => checkBudget([], open, 1, limit)).toThrow('nothing would bound');
    const entries = spend([], open, 1);
    expect(budgetSpent(entries, limit).epsilon).toBe(Infinity);
    expect(() => checkBudget(entries, cost('1', 50), 1, limit)).toThrow('hides a participant');
    expect(budgetSpent(spend([], open, 0), limit).epsilon).toBe(0);
  });

  it('does not take noise for a record as noise for a participant', () => {
    const records: BudgetCost = { ...cost('3', 2), mechanism: 'subsampled-gaussian', release: { records: curve(2) } };
    const entries = spend([], records, 1);
    expect(budgetSpent(entries, limit).epsilon).toBe(Infinity);
    expect(budgetSpent(entries, { ...limit, protects: 'records' }).epsilon).toBe(epsilonOf(curve(2), 1e-5).epsilon);
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
