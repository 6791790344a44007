/** What the privacy gauge shows, worked out from its figures. Pure, so that it is tested without a page. */

/** Of the owner of some rows, in epsilon. */
interface Budget {
  /** by earlier tasks over the same rows */
  readonly spent: number;
  /** with this task; less than both added, as curves add up and epsilons do not */
  readonly after: number;
  /** over all tasks */
  readonly limit: number;
}

/** The privacy of a task over one set of rows, in epsilon at the given delta; or none, and why. */
export type Privacy =
  | {
      readonly epsilon: number;
      readonly delta: number;
      /** whose presence it hides: a participant with all their rows, or one row */
      readonly protects: 'user' | 'records';
      /** absent where no limit is set: then the cost is all that is shown */
      readonly budget?: Budget;
    }
  | { readonly none: string };

export type PrivacyLevel = 'none' | 'strong' | 'fair' | 'weak' | 'over';

/** Epsilon up to which protection is called strong, and fair (Ponomareva et al., "How to DP-fy ML", JAIR 77, 2023). */
const STRONG = 1;
const FAIR = 10;

/** Over: the task costs more than the limit leaves, whatever its epsilon. */
export function privacyLevel(privacy: Privacy): PrivacyLevel {
  if ('none' in privacy) return 'none';
  const { epsilon, budget } = privacy;
  if (budget !== undefined && budget.after > budget.limit) return 'over';
  if (epsilon <= STRONG) return 'strong';
  return epsilon <= FAIR ? 'fair' : 'weak';
}

/** Widths of the parts of the bar, as shares of it; the bar is as long as the limit, or longer where that is passed. */
export function gaugeShares({ spent, after, limit }: Budget) {
  const whole = Math.max(limit, after, Number.MIN_VALUE);
  return { spent: spent / whole, task: (after - spent) / whole, limit: limit / whole };
}
