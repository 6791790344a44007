/**
 * Coordinate-wise trimmed mean of the groups' mean updates: Yin, Chen, Ramchandran, Bartlett, "Byzantine-Robust Distributed Learning:
 * Towards Optimal Statistical Rates", ICML 2018, option II of algorithm 1. Of every coordinate the `trim` least and the `trim` greatest
 * groups are left out. Unlike the paper's, the rest counts by its weight.
 *
 * Guarantees: while at most `trim` groups are bad, every coordinate lies between the least and the greatest of the good groups. With trim
 * 0 or one group it is the weighted mean, bit for bit. Not: any defence against more bad groups than that, or against a bias that
 * stays within the spread of the good ones; nor that a bad group's weight, which it names itself, is true.
 */
import { check } from '../../core/errors.ts';
import { type GroupUpdate, checkGroups, rank } from './group-update.ts';

/**
 * @param trim groups left out on each side; where there are too few, as many as leave one or two
 * @throws MurmurError bad-input as {@link checkGroups}, or when trim is not a whole number
 */
export function trimmedMean(groups: readonly GroupUpdate[], trim: number): Float64Array {
  check(Number.isInteger(trim) && trim >= 0, `cannot leave out ${trim} groups`);
  const length = checkGroups(groups);
  const count = groups.length;
  const out = Math.min(trim, (count - 1) >> 1);
  const values = new Float64Array(count);
  const order = new Uint16Array(count);
  const isKept = new Uint8Array(count);
  const result = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    for (const [group, { weight, update }] of groups.entries()) values[group] = (update[i] as number) / weight;
    rank(values, order);
    for (const [place, group] of order.entries()) isKept[group] = place >= out && place < count - out ? 1 : 0;
    let [sum, weights] = [0, 0];
    // In the order of the groups, so that nothing depends on which of equal values came first.
    for (const [group, { weight, update }] of groups.entries()) {
      if (isKept[group] === 0) continue;
      sum += update[i] as number;
      weights += weight;
    }
    result[i] = sum / weights + 0;
  }
  return result;
}
