/** What a task costs in privacy, as the page says it: worked out from what the worker answers. Pure, so that it is tested without a page. */
import type { DatasetBudget, DatasetUse } from '../../../workers/api/data.ts';
import type { PrivacyView } from '../../../workers/api/tasks.ts';
import type { BudgetView } from '../../session/status.ts';
import type { Privacy } from '../components/charts/gauge.ts';
import { budgetWords as budgets } from '../words/budget.ts';
import { privacyCostWords as text } from '../words/privacy.ts';

/**
 * For the gauge: the cost of the whole task, or why there is no limit.
 * @param budget of the rows that would take part, once they are chosen
 */
export function gaugeOf(privacy: PrivacyView, budget?: BudgetView): Privacy {
  if ('open' in privacy) return { none: whyNone(privacy) };
  const { epsilon, delta, protects } = privacy;
  if (budget === undefined) return { epsilon, delta, protects };
  const { spent, after, limit } = budget;
  return { epsilon, delta, protects, budget: { spent, after, limit: limit.epsilon } };
}

/** Whether a task costs more than the owner's limit leaves. */
export function isOverLimit(privacy: PrivacyView, budget: BudgetView | undefined): boolean {
  return 'epsilon' in privacy && budget !== undefined && budget.after > budget.limit.epsilon;
}

/** A budget as figures; of a task that is joined, what is left of the limit rather than what the task adds. */
export function budgetFigures({ spent, after, openBefore, openAfter, limit }: BudgetView, joined: boolean) {
  const figure = (epsilon: number, open: boolean) => (open ? budgets.besides(epsilon) : budgets.epsilon(epsilon));
  const adds = openAfter && after === spent ? budgets.none : budgets.epsilon(after - spent);
  return [
    { name: budgets.spent, value: figure(spent, openBefore), testid: 'budget-spent' },
    joined
      ? { name: budgets.left, value: budgets.epsilon(Math.max(0, limit.epsilon - spent)), testid: 'budget-left' }
      : { name: budgets.task, value: adds, testid: 'budget-task' },
    { name: joined ? budgets.now : budgets.after, value: figure(after, openAfter), testid: 'budget-after' },
    { name: budgets.limit, value: budgets.limitOf(limit.epsilon, limit.delta), testid: 'budget-limit' },
  ];
}

/** A decimal number as a person types it; NaN for anything else, and what stands there already where nothing was typed. */
export function readNumber(text: string | undefined, unchanged: number): number {
  if (text === undefined) return unchanged;
  return text.trim() === '' ? NaN : Number(text.trim().replace(',', '.'));
}

function whyNone({ open, noise }: Extract<PrivacyView, { open: unknown }>): string {
  if (noise === undefined) return text.noNoise;
  if (open.length === 0) return text.nobody;
  return open.every((released) => released === 'evaluation') ? text.exactScores : text.someOpen;
}

/** What a data set has spent in all, and what is left of its owner's limit. */
export function datasetFigures({ spent, openBefore, limit }: DatasetBudget) {
  return [
    {
      name: budgets.spent,
      value: openBefore ? budgets.besides(spent) : budgets.epsilon(spent),
      testid: 'dataset-spent',
    },
    { name: budgets.left, value: budgets.epsilon(Math.max(0, limit.epsilon - spent)) },
    { name: budgets.limit, value: budgets.limitOf(limit.epsilon, limit.delta), testid: 'dataset-limit' },
  ];
}

/** What a task by itself has cost a data set. */
export function useCost({ epsilon, releases }: DatasetUse): string {
  if (releases === 0) return budgets.epsilon(0);
  return epsilon === undefined ? budgets.none : budgets.epsilon(epsilon);
}
