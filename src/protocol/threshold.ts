/** Who may collude, how many shares rebuild a secret (docs/protocol.md, section 1). */
import type { TaskParameters } from './views.ts';

/**
 * C: members of a roster of n that are assumed to collude with the relay.
 * @param corruptBps assumed fraction in basis points
 */
export function corruptBound(n: number, corruptBps: number): number {
  return Math.max(1, Math.floor((n * corruptBps) / 10_000));
}

/**
 * Fewest honest members of any sum that a task can unmask: the survivor floor less those that may collude, in the worst cohort. It is what
 * a task's noise may count on.
 */
export function fewestHonest(
  p: Pick<TaskParameters, 'minCohort' | 'maxCohort' | 'corruptBps' | 'survivorFloor'>,
): number {
  let fewest = Infinity;
  for (let n = p.minCohort; n <= p.maxCohort; n++) {
    const corrupt = corruptBound(n, p.corruptBps);
    const floor = Math.max(shareThreshold(n, p.corruptBps), corrupt + 2, p.survivorFloor);
    fewest = Math.min(fewest, floor - corrupt);
  }
  return fewest;
}

/**
 * t: Shamir threshold over all n holders, the dealer included. 2t > n + C: answers for two different survivor sets would need more
 * honest members than there are, so nobody collects both kinds of share of one member while honest members answer once.
 */
export function shareThreshold(n: number, corruptBps: number): number {
  return Math.floor((n + corruptBound(n, corruptBps)) / 2) + 1;
}
