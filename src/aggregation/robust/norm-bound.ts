/**
 * Norm bound: Sun, Kairouz, Suresh, McMahan, "Can You Really Backdoor Federated Learning?", 2019 (arXiv 1911.07963), section 4: an update
 * longer than M is scaled to length M before the mean. M here is the median of the groups' own norms (of an even number the lower one),
 * as Geyer, Klein, Nabi 2017 (arXiv 1712.07557) choose it, so that no task has to guess it.
 *
 * Guarantees: while at most floor(G / 2) of G groups are bad, no group counts with more than the length of the longest good one. Where no
 * group is longer than the median, or with one group, it is the weighted mean, bit for bit. Not: anything against a wrong direction of
 * an ordinary length, such as flipped labels or signs.
 */
import { type GroupUpdate, checkGroups, weightedMean } from './group-update.ts';

/** @throws MurmurError bad-input as {@link checkGroups} */
export function normBound(groups: readonly GroupUpdate[]): Float64Array {
  const length = checkGroups(groups);
  const norms = Float64Array.from(
    groups,
    ({ weight, update }) => Math.sqrt(update.reduce((sum, value) => sum + value * value, 0)) / weight,
  );
  const bound = norms.toSorted()[(norms.length - 1) >> 1] as number;
  const factors = norms.map((norm) => (norm > bound ? bound / norm : 1));
  return weightedMean(groups, length, factors);
}
