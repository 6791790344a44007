/** Who may collude, how many shares rebuild a secret (docs/protocol.md, section 1). */

/** C: members of a roster of n that are assumed to collude with the relay. */
export function corruptBound(n: number, corruptBps: number): number {
  return Math.max(1, Math.floor((n * corruptBps) / 10_000));
}

/** t: Shamir threshold over all n, the dealer included. 2t > n + C: two disjoint views of the survivors cannot both be unmasked. */
export function shareThreshold(n: number, corrupt: number): number {
  return Math.floor((n + corrupt) / 2) + 1;
}
