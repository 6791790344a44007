/** What a robust rule is given of each group, and the checks and sums that all rules share. */
import { check } from '../../core/errors.ts';

/** The unmasked sums of one group. */
export interface GroupUpdate {
  /** Σ w of its members, positive */
  readonly weight: number;
  /** Σ w · delta, one entry a weight of the model */
  readonly update: Float64Array;
}

/**
 * @returns entries of an update
 * @throws MurmurError bad-input for no group, different lengths, a weight that is not positive, and NaN, an infinity or -0: two machines
 * may order -0 and 0 differently, and no sum in fixed point is -0
 */
export function checkGroups(groups: readonly GroupUpdate[]): number {
  const length = groups[0]?.update.length;
  check(length !== undefined, 'there is no group to fold');
  for (const [group, { weight, update }] of groups.entries()) {
    check(weight > 0 && Number.isFinite(weight), `group ${group}: the weight ${weight} is not positive`);
    check(update.length === length, `group ${group}: expected ${length} values, got ${update.length}`);
    const isPlain = update.every((value) => Number.isFinite(value) && !Object.is(value, -0));
    check(isPlain, `group ${group}: a value is NaN, infinite or -0`);
  }
  return length;
}

/** Σ update / Σ w over the groups in order, each update times its factor; never -0. @param factors default 1 each */
export function weightedMean(groups: readonly GroupUpdate[], length: number, factors?: Float64Array): Float64Array {
  const sum = new Float64Array(length);
  let weights = 0;
  for (const [group, { weight, update }] of groups.entries()) {
    const factor = factors?.[group] ?? 1;
    weights += weight;
    for (let i = 0; i < length; i++) sum[i] = (sum[i] as number) + factor * (update[i] as number);
  }
  // + 0: what underflows from below would be -0.
  return sum.map((value) => value / weights + 0);
}

/** Writes the numbers of the groups into `order` by their value, equal ones by number. Insertion sort: groups are few. */
export function rank(values: Float64Array, order: Uint16Array): void {
  for (let group = 0; group < values.length; group++) {
    const value = values[group] as number;
    let place = group;
    for (; place > 0 && (values[order[place - 1] as number] as number) > value; place--) {
      order[place] = order[place - 1] as number;
    }
    order[place] = group;
  }
}
