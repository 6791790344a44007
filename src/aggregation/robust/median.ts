/**
 * Coordinate-wise median of the groups' mean updates: Yin, Chen, Ramchandran, Bartlett, "Byzantine-Robust Distributed Learning: Towards
 * Optimal Statistical Rates", ICML 2018, option I of algorithm 1; of an even number of groups the mean of the middle two.
 *
 * Guarantees: while fewer than half of the groups are bad, every coordinate lies between the least and the greatest of the good groups.
 * With one group it is that group's weighted mean. Not: weights between groups (a small group counts as a large one), a vector that any
 * group sent, or protection against a bias that stays within the spread of the good groups. Where sites differ much, the median of few
 * groups learns more slowly than their mean. It sees groups, not members: one bad member makes its whole group bad.
 */
import { type GroupUpdate, checkGroups, rank } from './group-update.ts';

/** @throws MurmurError bad-input as {@link checkGroups} */
export function median(groups: readonly GroupUpdate[]): Float64Array {
  const length = checkGroups(groups);
  const count = groups.length;
  const values = new Float64Array(count);
  const order = new Uint16Array(count);
  const at = (place: number) => values[order[place] as number] as number;
  const result = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    for (const [group, { weight, update }] of groups.entries()) values[group] = (update[i] as number) / weight;
    rank(values, order);
    const upper = at(count >> 1);
    result[i] = (count % 2 === 1 ? upper : (at((count >> 1) - 1) + upper) / 2) + 0;
  }
  return result;
}
