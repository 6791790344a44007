/**
 * How many colluding members a group survives and how many shares rebuild a secret (docs/protocol.md, section 1).
 * 2t > n + C: two disjoint answers to two different survivor sets would need more honest members than there are, so
 * nobody collects both kinds of share of one member while honest members answer once. Known answers: `small_groups`.
 */
import { check } from '../core/errors.ts';

/**
 * C, the members assumed to collude with the relay.
 * @param n roster size, 3..128
 * @param corruptBps assumed fraction in basis points, 0..9999
 */
export function corruptBound(n: number, corruptBps: number): number {
  check(Number.isInteger(n) && n >= 3 && n <= 128, `a group has 3 to 128 members, not ${n}`);
  check(Number.isInteger(corruptBps) && corruptBps >= 0 && corruptBps < 10_000, 'corruptBps is not in 0..9999');
  return Math.max(1, Math.floor((n * corruptBps) / 10_000));
}

/** t, the Shamir threshold over all n holders, the dealer included; t may exceed n, and such a round can only be void. */
export function shareThreshold(n: number, corruptBps: number): number {
  return Math.floor((n + corruptBound(n, corruptBps)) / 2) + 1;
}
