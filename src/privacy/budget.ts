/**
 * The privacy budget of one data set, across tasks, networks and wallets: what has been released of it, and whether more may be. Rényi
 * curves add up (rdp-curve.ts), so what many tasks cost together is less than the sum of their epsilons. Pure arithmetic over entries;
 * src/storage keeps them.
 *
 * A release is spent when an unmask answer leaves, also in a round that ends void: whoever collects the answers knows the sum.
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

/** What the data set's owner allows in all. */
export interface BudgetLimit {
  readonly protects: 'user' | 'records';
  readonly epsilon: number;
  readonly delta: number;
}

/** Spent so far. Infinity once anything was released without noise that hides what the limit protects. */
export function budgetSpent(
  entries: readonly BudgetEntry[],
  { protects, delta }: Omit<BudgetLimit, 'epsilon'>,
): Epsilon {
  const curves: RdpCurve[] = [];
  for (const entry of entries) {
    if (entry.releases === 0) continue;
    const release = entry.release[protects];
    if (release === undefined) return { epsilon: Infinity, order: undefined };
    curves.push(repeat(release, entry.releases));
  }
  return epsilonOf(compose(curves), delta);
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
 * before each unmask answer.
 * @returns what will have been spent
 * @throws MurmurError refused
 */
export function checkBudget(
  entries: readonly BudgetEntry[],
  cost: BudgetCost,
  releases: number,
  limit: BudgetLimit,
): Epsilon {
  const spent = budgetSpent(spend(entries, cost, releases), limit);
  if (spent.epsilon <= limit.epsilon) return spent;
  const before = budgetSpent(entries, limit).epsilon;
  throw refused(
    limit,
    spent.epsilon === Infinity
      ? `nothing would bound what this data set gives away: something is released without noise that hides ${NAMES[limit.protects]}`
      : `this data set would have spent an epsilon of ${spent.epsilon.toFixed(2)} of ${limit.epsilon}; ${before.toFixed(2)} is spent already`,
  );
}

/** How many more releases of that cost fit the limit, up to `most`. */
export function releasesLeft(
  entries: readonly BudgetEntry[],
  cost: BudgetCost,
  limit: BudgetLimit,
  most: number,
): number {
  const fits = (releases: number): boolean =>
    budgetSpent(spend(entries, cost, releases), limit).epsilon <= limit.epsilon;
  let fitting = 0;
  let tooMany = most + 1;
  while (fitting + 1 < tooMany) {
    const middle = Math.floor((fitting + tooMany) / 2);
    if (fits(middle)) fitting = middle;
    else tooMany = middle;
  }
  return fitting;
}

const NAMES = { user: 'a participant', records: 'a record' } as const;

function isSameCost(a: BudgetCost, b: BudgetCost): boolean {
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
    hint: 'Raise the limit of this data set, or take part with another one.',
    details: { epsilon, delta },
  });
}
