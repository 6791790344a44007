/** What the privacy gauge shows, worked out from its figures. Pure, so that it is tested without a page. */

/** The privacy of a task over one set of rows, in epsilon at the given delta; or none, and why. */
export type Privacy =
  | {
      readonly epsilon: number;
      readonly delta: number;
      /** by earlier tasks over the same rows */
      readonly spent: number;
      /** the owner's, over all tasks */
      readonly limit: number;
    }
  | { readonly none: string };

export type PrivacyLevel = 'none' | 'strong' | 'fair' | 'weak' | 'over';

/** Epsilon up to which protection is called strong, and fair (Ponomareva et al., "How to DP-fy ML", JAIR 77, 2023). */
const STRONG = 1;
const FAIR = 10;

/** Over: the task costs more than the limit leaves, whatever its epsilon. */
export function privacyLevel(privacy: Privacy): PrivacyLevel {
  if ('none' in privacy) return 'none';
  const { epsilon, spent, limit } = privacy;
  if (spent + epsilon > limit) return 'over';
  if (epsilon <= STRONG) return 'strong';
  return epsilon <= FAIR ? 'fair' : 'weak';
}

/** Widths of the parts of the bar, as shares of it; the bar is as long as the limit, or longer where that is passed. */
export function gaugeShares({ epsilon, spent, limit }: Exclude<Privacy, { none: string }>) {
  const whole = Math.max(limit, spent + epsilon, Number.MIN_VALUE);
  return { spent: spent / whole, task: epsilon / whole, limit: limit / whole };
}
