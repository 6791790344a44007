/**
 * Twin of the delegation part of contracts/src/economy/libraries/RewardMath.sol (FLock's V2.1), equal to it to the wei. Delegated
 * stake makes its operator's interval longer; what that adds to the operator's reward, D = pool (p_with - p_without), is divided:
 * sigma D to the operator, (1 - sigma) D to the delegators.
 */
import { MurmurError } from '../core/errors.ts';
import { WAD, intervalShare } from './reward-split.ts';

/** A node's place, in wei of effective stake. */
export interface DelegatedPlace {
  readonly before: bigint;
  readonly own: bigint;
  /** Epsilon times what is delegated to it; part of `total`. */
  readonly delegated: bigint;
  readonly total: bigint;
}

/** @returns wei: `alone` is pool p_without, `added` is D */
export function delegatedShare(pool: bigint, lambda: bigint, place: DelegatedPlace): { alone: bigint; added: bigint } {
  const { before, own, delegated, total } = place;
  const withDelegation = intervalShare(pool, lambda, { before, stake: own + delegated, total });
  const alone = intervalShare(pool, lambda, { before, stake: own, total: total - delegated });
  return { alone, added: withDelegation - alone };
}

/** Divides D; the delegators' part is rounded down and the rest is the operator's. @param sigma in 1e18 */
export function divide(added: bigint, sigma: bigint): { operator: bigint; delegators: bigint } {
  if (sigma > WAD) throw new MurmurError('bad-input', `sigma must be at most 1, in 1e18; it is ${sigma}`);
  const delegators = (added * (WAD - sigma)) / WAD;
  return { operator: added - delegators, delegators };
}
