/**
 * What a void round lacked, from its record on chain: how many came of those it needed. The thresholds are those of
 * contracts/src/alliance/Phases.sol.
 */
import { popcount } from '../core/bitmap.ts';
import { VoidReason } from './phases.ts';
import type { RoundView, TaskParameters } from './views.ts';

export interface Shortfall {
  readonly came: number;
  readonly needed: number;
}

/**
 * Undefined where a void is no matter of numbers, and where the record does not show the number: key pieces that enough sites confirm,
 * but not of the same members; votes among which are disputes.
 */
export function shortfall(
  view: RoundView,
  { minCohort, survivorFloor }: Pick<TaskParameters, 'minCohort' | 'survivorFloor'>,
): Shortfall | undefined {
  const short = (came: number, needed: number) => (came < needed ? { came, needed } : undefined);
  switch (view.voidReason) {
    case VoidReason.TooFewJoined:
      return short(view.n, minCohort);
    case VoidReason.TooFewShares:
      return short(popcount(view.dealt), view.threshold);
    case VoidReason.TooFewAcks:
      return short(popcount(view.acked), view.threshold);
    case VoidReason.TooFewMasked:
      return short(popcount(view.masked), view.threshold);
    case VoidReason.TooFewSurvivors:
      return short(popcount(view.u3), Math.max(view.threshold, view.corrupt + 2, survivorFloor));
    case VoidReason.TooFewAnswers:
      return short(popcount(view.answered), view.threshold);
    case VoidReason.TooFewVotes:
      return short(popcount(view.voted), view.corrupt + 1);
    default:
      return undefined;
  }
}
