/** Who may collude, how many shares rebuild a secret (docs/protocol.md, section 1). */

/**
 * C: members of a roster of n that are assumed to collude with the relay.
 * @param corruptBps assumed fraction in basis points
 */
export function corruptBound(n: number, corruptBps: number): number {
  return Math.max(1, Math.floor((n * corruptBps) / 10_000));
}

/**
 * t: Shamir threshold over all n holders, the dealer included. 2t > n + C: answers for two different survivor sets would need more
 * honest members than there are, so nobody collects both kinds of share of one member while honest members answer once.
 */
export function shareThreshold(n: number, corruptBps: number): number {
  return Math.floor((n + corruptBound(n, corruptBps)) / 2) + 1;
}
