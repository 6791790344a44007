/** Why a round did not count, and what to do about it. */
import type { VoidReason } from '../../protocol/phases.ts';
import type { RoundSummary } from '../../session/status.ts';

/** By the number that the contract gives. */
const REASONS: Readonly<Record<VoidReason, string>> = {
  1: 'too few sites joined',
  2: 'the random number was known too early',
  3: 'the random number did not come',
  4: 'too few sites dealt their key pieces',
  5: 'too few key pieces arrived',
  6: 'too few sites sent their masked vector',
  7: 'too few masked vectors arrived',
  8: 'too few sites answered',
  9: 'nobody posted the sum',
  10: 'sites found the posted sum wrong',
  11: 'too few sites checked the sum',
};

/** Who can do what; that the round is tried again by itself is said apart. */
const ADVICE: Readonly<Record<VoidReason, string>> = {
  1: 'It starts again as soon as enough sites are here: ask the others to open the task and to keep their tabs open.',
  2: 'Nobody has to do anything: the next try draws another number.',
  3: 'The service that draws it is away or late. If this goes on, tell whoever runs the relay.',
  4: 'Some sites left, or lost their connection, right after they had joined. Keep this tab open until the round is over.',
  5: 'Some sites left, or their connection is slow. Keep this tab open until the round is over.',
  6: 'Some sites left, or their machines did not finish training in time. Keep this tab open and the machine awake. If it happens again and again, the rounds of this task are too short for its model: tell who created it.',
  7: 'The vectors were sent but did not get around in time: some connections are slow, or the relay was away for a while.',
  8: 'Some sites left after they had sent their vectors. Too few were left to take the masks off the sum, so nobody has seen it.',
  9: 'The relay should have posted it and was away or late, and no site could do it instead. If this goes on, tell whoever runs the relay.',
  10: 'The sites worked it out themselves and got something else, so it was thrown away, and whoever posted it loses a deposit. If it happens again, do not trust this relay.',
  11: 'Some sites left, or were too slow, before they had checked it. Keep this tab open until the round is over.',
};

export const voidWords = {
  title: (round: number) => `Round ${round} did not count`,
  /** as one line of a table has it: with the numbers, where it is a matter of numbers */
  why: ({ reason, shortfall }: Pick<RoundSummary, 'reason' | 'shortfall'>) => {
    if (reason === 0) return '';
    const why = REASONS[reason];
    return shortfall === undefined ? why : `${why} (${shortfall.came}; ${shortfall.needed} are needed)`;
  },
  advice: (reason: VoidReason) => ADVICE[reason],
  because: (why: string) => `Why: ${why}.`,
  again: 'The model is as it was. The round is tried again by itself, with the same rows.',
  released: 'The sum may have been uncovered all the same, so this try counts in your privacy budget.',
} as const;
