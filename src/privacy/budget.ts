/**
 * The privacy budget of one data set, across tasks, networks and wallets: what has been released of it, and whether more may be. Rényi
 * curves add up (rdp-curve.ts), so what many tasks cost together is less than the sum of their epsilons. Pure arithmetic over entries;
 * src/session/budget-book.ts keeps them.
 *
 * What was released without noise has no figure to add. It makes the whole unbounded, for ever, and is said beside the figure; the limit
 * then holds for the rest, so that it goes on to keep whoever lets a noisy task follow an open one from giving away more and more.
 */
import { MurmurError, check } from '../core/errors.ts';
import type { Mechanism } from './accountant.ts';
import { type Epsilon, epsilonOf } from './conversion.ts';
import { type RdpCurve, compose, repeat } from './rdp-curve.ts';

/**
 * Rényi curves of one release: for the presence of a participant with all their data, and for that of a single record. Where one is absent
 * nothing bounds it: noise that hides a record does not hide hundreds.
 */
export interface ReleaseCurves {
  readonly user?: RdpCurve;
  readonly records?: RdpCurve;
}

/** What one task costs, release by release. */
export interface BudgetCost {
  readonly task: string;
  /** chain and contract: task numbers begin anew on each */
  readonly network: string;
  /** 'none': releases without noise */
  readonly mechanism: Mechanism | 'none';
  /** of one release */
  readonly release: ReleaseCurves;
}

export interface BudgetEntry extends BudgetCost {
  /** releases so far */
  readonly releases: number;
}

/** What noise hides: that a participant's data were there, all of them, or that a single record was. */
export type Protects = 'user' | 'records';

/** What the data set's owner allows in all. */
export interface BudgetLimit {
  readonly protects: Protects;
  readonly epsilon: number;
  readonly delta: number;
}

export interface Spent extends Epsilon {
  /** whether anything was released without noise that hides what is asked about: then epsilon bounds only the rest */
  readonly open: boolean;
}

/** Spent so far. */
export function budgetSpent(entries: readonly BudgetEntry[], { protects, delta }: Omit<BudgetLimit, 'epsilon'>): Spent {
  const curves: RdpCurve[] = [];
  let open = false;
  for (const entry of entries) {
    if (entry.releases === 0) continue;
    const release = entry.release[protects];
    if (release === undefined) open = true;
    else curves.push(repeat(release, entry.releases));
  }
  return { ...epsilonOf(compose(curves), delta), open };
}

/**
 * The entries after so many more releases.
 * @returns a new list; the entry of the same task, network and cost grows, or one is added
 */
export function spend(entries: readonly BudgetEntry[], cost: BudgetCost, releases: number): readonly BudgetEntry[] {
  check(Number.isSafeInteger(releases) && releases >= 0, `releases are a whole number, not ${releases}`);
  const at = entries.findIndex((entry) => isSameCost(entry, cost));
  const known = entries[at];
  if (known === undefined) return [...entries, { ...cost, releases }];
  return entries.with(at, { ...known, releases: known.releases + releases });
}

/**
 * Refuses releases that the owner's limit does not leave room for; to be called with a whole task's rounds before joining, and with one
 * before each that is made.
 * @returns what will have been spent
 * @throws MurmurError refused, also for a cost without noise that hides what the limit is about
 */
export function checkBudget(
  entries: readonly BudgetEntry[],
  cost: BudgetCost,
  releases: number,
  limit: BudgetLimit,
): Spent {
  if (cost.release[limit.protects] === undefined) {
    throw refused(
      limit,
      `nothing would bound what this task gives away: it has no noise that hides ${NAMES[limit.protects]}`,
    );
  }
  const spent = budgetSpent(spend(entries, cost, releases), limit);
  if (spent.epsilon <= limit.epsilon) return spent;
  const before = budgetSpent(entries, limit).epsilon;
  throw refused(
    limit,
    `this data set would have spent an epsilon of ${spent.epsilon.toFixed(2)}, and its owner's limit is ${limit.epsilon}; ${before.toFixed(2)} is spent already`,
  );
}

const NAMES = { user: 'a participant', records: 'a record' } as const;

/** Whether two costs are of the same task: where a network began anew, its task of the same number may be another one. */
export function isSameCost(a: BudgetCost, b: BudgetCost): boolean {
  return (
    a.task === b.task &&
    a.network === b.network &&
    a.mechanism === b.mechanism &&
    a.release.user?.join() === b.release.user?.join() &&
    a.release.records?.join() === b.release.records?.join()
  );
}

function refused({ epsilon, delta }: BudgetLimit, what: string): MurmurError {
  return new MurmurError('refused', what, {
    hint: 'Raise the limit of this data set, or choose a task that costs less.',
    details: { limit: 'privacy', epsilon, delta },
  });
}

/** Whether an error says that a limit of privacy is reached: waiting does not mend it. */
export function isOverBudget(error: unknown): boolean {
  return error instanceof MurmurError && error.code === 'refused' && error.details?.['limit'] === 'privacy';
}
