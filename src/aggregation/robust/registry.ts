/** The rules that fold groups, by the name that a task has for them. */
import type { RobustRule } from '../../protocol/robust-rule.ts';
import type { GroupUpdate } from './group-update.ts';
import { mean } from './mean.ts';
import { median } from './median.ts';
import { normBound } from './norm-bound.ts';
import { trimmedMean } from './trimmed-mean.ts';

/**
 * Delta of the server step: one update for the groups' many, one entry a weight.
 * @throws MurmurError bad-input as checkGroups (group-update.ts)
 */
export function combine(groups: readonly GroupUpdate[], rule: RobustRule): Float64Array {
  switch (rule.kind) {
    case 'mean':
      return mean(groups);
    case 'median':
      return median(groups);
    case 'trimmed-mean':
      return trimmedMean(groups, rule.trim);
    case 'norm-bound':
      return normBound(groups);
  }
}
