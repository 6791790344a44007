/**
 * How many colluding members a group survives and how many shares rebuild a secret (docs/protocol.md, section 1):
 * the rule of src/protocol/threshold.ts, from the task's `corruptBps` and with its arguments checked.
 * 2t > n + C: two disjoint answers to two different survivor sets would need more honest members than there are, so
 * nobody collects both kinds of share of one member while honest members answer once. Known answers: `small_groups`.
 */
import { check } from '../core/errors.ts';
import * as rule from '../protocol/threshold.ts';

/**
 * C, the members assumed to collude with the relay.
 * @param n roster size, 3..128
 * @param corruptBps assumed fraction in basis points, 0..9999
 */
export function corruptBound(n: number, corruptBps: number): number {
  check(Number.isInteger(n) && n >= 3 && n <= 128, `a group has 3 to 128 members, not ${n}`);
  check(Number.isInteger(corruptBps) && corruptBps >= 0 && corruptBps < 10_000, 'corruptBps is not in 0..9999');
  return rule.corruptBound(n, corruptBps);
}

/** t, the Shamir threshold over all n holders, the dealer included; t may exceed n, and such a round can only be void. */
export function shareThreshold(n: number, corruptBps: number): number {
  return rule.shareThreshold(n, corruptBound(n, corruptBps));
}
