/**
 * The weighted mean over groups, Σ update / Σ w: what one masked sum of everybody would give (McMahan et al., AISTATS 2017).
 *
 * Guarantees: the task's fold without groups, to the last bit where the sums are exact, as sums in fixed point are. Not: any defence; one
 * group moves the result as far as its norm allows.
 */
import { type GroupUpdate, checkGroups, weightedMean } from './group-update.ts';

/** @throws MurmurError bad-input as {@link checkGroups} */
export function mean(groups: readonly GroupUpdate[]): Float64Array {
  return weightedMean(groups, checkGroups(groups));
}
