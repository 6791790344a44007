/**
 * What voters' verdicts decide (docs/protocol.md, sections 4 and 11). One round's step is mostly too small to see on few rows, so abstaining is
 * normal and must not stop the training: whatever is judged stands unless it is decisively worse, that is worse > better and at least a
 * third of the drawn stake was decisive.
 *
 * Guarantees: less than a sixth of the drawn stake can reject nothing by itself (a third must be decisive, more than half of it worse).
 * Not: honest verdicts. Liars with more stake than the decisive honest ones drop whom they want, and keep whom they want.
 */
import { check } from '../core/errors.ts';
import { Verdict } from './phases.ts';

export interface Ballot {
  readonly verdict: Verdict;
  /** what the voter staked, in the token's smallest unit, or 1 a head */
  readonly stake: bigint;
}

/** What was said of one thing that is judged. */
export interface BallotBox {
  readonly ballots: readonly Ballot[];
  /** stake of all who were drawn to judge it, whether they said anything or not */
  readonly drawn: bigint;
}

/** Whether what was judged falls: worse > better, and decisive stake is at least a third of the drawn. */
export function isDecisivelyWorse(stake: {
  readonly worse: bigint;
  readonly better: bigint;
  readonly drawn: bigint;
}): boolean {
  const { worse, better, drawn } = stake;
  return worse > better && (worse + better) * 3n >= drawn;
}

/**
 * Whether the ballots reject what they judge.
 * @throws MurmurError bad-input when more voted than were drawn, or a stake is negative
 */
export function isVotedDown({ ballots, drawn }: BallotBox): boolean {
  check(
    ballots.every(({ stake }) => stake >= 0n),
    'a stake is not negative',
  );
  const stakeOf = (said: readonly Ballot[]) => said.reduce((sum, { stake }) => sum + stake, 0n);
  check(stakeOf(ballots) <= drawn, 'more stake voted than was drawn');
  const of = (verdict: Verdict) => stakeOf(ballots.filter((ballot) => ballot.verdict === verdict));
  return isDecisivelyWorse({ worse: of(Verdict.Worse), better: of(Verdict.Better), drawn });
}

/**
 * The groups that a round keeps. A verdict on a group compares the fold of all groups with the fold of all but it: worse means that the
 * model is worse with the group in it.
 * @param boxes one a group, of voters outside it
 * @returns numbers of the kept groups, ascending; none means that the round keeps the model it has
 */
export function keptGroups(boxes: readonly BallotBox[]): readonly number[] {
  return Array.from(boxes.keys()).filter((group) => !isVotedDown(boxes[group] as BallotBox));
}
