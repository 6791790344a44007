import { expect, it } from 'vitest';
import { privacyCostWords as text } from '../words/privacy.ts';
import { budgetFigures, datasetFigures, gaugeOf, isOverLimit, readNumber, useCost } from './privacy-view.ts';

it('gaugeOf shows the cost where there is a limit', () => {
  const cost = { epsilon: 3, delta: 1e-5, protects: 'records' } as const;
  expect(gaugeOf({ ...cost, rounds: 20, noise: 'records' })).toEqual(cost);
});

it('gaugeOf says why there is none', () => {
  expect(gaugeOf({ open: ['update', 'evaluation'] })).toEqual({ none: text.noNoise });
  expect(gaugeOf({ open: ['evaluation'], noise: 'user' })).toEqual({ none: text.exactScores });
  expect(gaugeOf({ open: ['weight'], noise: 'records' })).toEqual({ none: text.someOpen });
  expect(gaugeOf({ open: [], noise: 'user' })).toEqual({ none: text.nobody });
});

const budget = {
  protects: 'user',
  ...{ spent: 2, after: 3.5, openBefore: false, openAfter: false },
  limit: { epsilon: 4, delta: 1e-5 },
} as const;
const cost = { epsilon: 2, delta: 1e-5, protects: 'user', rounds: 20 } as const;

it('gaugeOf shows the budget of the rows that would take part', () => {
  expect(gaugeOf(cost, budget)).toMatchObject({ epsilon: 2, budget: { spent: 2, after: 3.5, limit: 4 } });
  expect(isOverLimit(cost, budget)).toBe(false);
  expect(isOverLimit(cost, { ...budget, after: 4.1 })).toBe(true);
  expect(isOverLimit(cost, undefined)).toBe(false);
  expect(isOverLimit({ open: [] }, { ...budget, after: 4.1 })).toBe(false);
});

it('budgetFigures say what a task adds, and none where nothing bounds it', () => {
  const values = (view: typeof budget | object, joined: boolean) =>
    budgetFigures({ ...budget, ...view }, joined).map(({ value }) => value);
  expect(values({}, false)).toEqual(['epsilon 2', 'epsilon 1.5', 'epsilon 3.5', 'epsilon 4 (delta 0.00001)']);
  expect(values({}, true)[1]).toBe('epsilon 2');
  const open = { spent: 0, after: 0, openAfter: true };
  expect(values(open, false).slice(0, 3)).toEqual(['0', 'none: no bound', 'none: no bound']);
  expect(values({ openBefore: true, openAfter: true }, false).slice(0, 3)).toEqual([
    'none: no bound (with noise: epsilon 2)',
    'epsilon 1.5',
    'none: no bound (with noise: epsilon 3.5)',
  ]);
});

it('a data set shows what is spent, in all and by each task', () => {
  expect(datasetFigures(budget).map(({ value }) => value)).toEqual([
    'epsilon 2',
    'epsilon 2',
    'epsilon 4 (delta 0.00001)',
  ]);
  expect(datasetFigures({ ...budget, spent: 0, openBefore: true })[0]?.value).toBe('none: no bound');
  const use = { task: '1', title: '', network: '', sinceMs: 0, active: false };
  expect(useCost({ ...use, releases: 0 })).toBe('0');
  expect(useCost({ ...use, releases: 3 })).toBe('none: no bound');
  expect(useCost({ ...use, releases: 3, epsilon: 1.25 })).toBe('epsilon 1.25');
});

it('readNumber takes decimals as people type them, and nothing else', () => {
  expect([readNumber(undefined, 4), readNumber(' 2,5 ', 4), readNumber('1e-5', 4)]).toEqual([4, 2.5, 1e-5]);
  expect([readNumber('', 4), readNumber('ten', 4)]).toEqual([NaN, NaN]);
});
