import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type BallotBox, isVotedDown, keptGroups } from './ballots.ts';
import { Verdict } from './phases.ts';

/** Stakes of those who say worse, better, nothing of use; drawn stake. */
const box = (worse: bigint, better: bigint, abstain: bigint, drawn: bigint): BallotBox => ({
  ballots: [
    { verdict: Verdict.Worse, stake: worse },
    { verdict: Verdict.Better, stake: better },
    { verdict: Verdict.Abstain, stake: abstain },
  ],
  drawn,
});

describe('isVotedDown', () => {
  it.each<[string, BallotBox, boolean]>([
    ['nobody says anything', box(0n, 0n, 0n, 12n), false],
    ['all abstain', box(0n, 0n, 12n, 12n), false],
    ['a third says worse', box(4n, 0n, 8n, 12n), true],
    ['one less than a third', box(3n, 0n, 9n, 12n), false],
    ['a tie', box(5n, 5n, 2n, 12n), false],
    ['3 worse, 2 better of 12: five is above a third', box(3n, 2n, 7n, 12n), true],
    ['2 worse, 1 better of 12: three is below it', box(2n, 1n, 9n, 12n), false],
    ['better wins', box(4n, 8n, 0n, 12n), false],
    ['nobody was drawn', box(0n, 0n, 0n, 0n), false],
    ['stakes beyond 2^53 count to the last unit', box(10n ** 24n + 1n, 10n ** 24n, 0n, 6n * 10n ** 24n + 3n), true],
    ['and one unit more drawn is too many', box(10n ** 24n + 1n, 10n ** 24n, 0n, 6n * 10n ** 24n + 4n), false],
  ])('%s', (_, votes, expected) => expect(isVotedDown(votes)).toBe(expected));

  it('a dispute is no opinion on the model', () => {
    expect(isVotedDown({ ballots: [{ verdict: Verdict.Dispute, stake: 12n }], drawn: 12n })).toBe(false);
  });

  it('refuses more stake than was drawn, and less than none', () => {
    expect(() => isVotedDown(box(8n, 5n, 0n, 12n))).toThrow('more stake');
    expect(() => isVotedDown(box(-1n, 0n, 0n, 12n))).toThrow('not negative');
  });

  const stake = fc.bigInt({ min: 0n, max: 10n ** 27n });
  it('a sixth of the drawn stake rejects nothing', () => {
    fc.assert(
      fc.property(stake, stake, stake, (worse, better, abstain) => {
        const drawn = 6n * worse + better + abstain + 1n;
        expect(isVotedDown(box(worse, better, abstain, drawn))).toBe(false);
      }),
    );
  });

  it('splitting a stake over two wallets changes nothing', () => {
    fc.assert(
      fc.property(stake, stake, stake, stake, (worse, better, abstain, silent) => {
        const votes = box(worse, better, abstain, worse + better + abstain + silent);
        const ballots = votes.ballots.flatMap((ballot) => [
          { ...ballot, stake: ballot.stake / 3n },
          { ...ballot, stake: ballot.stake - ballot.stake / 3n },
        ]);
        expect(isVotedDown({ ...votes, ballots })).toBe(isVotedDown(votes));
      }),
    );
  });
});

it('keeps the groups that are not decisively worse', () => {
  expect(
    keptGroups([box(4n, 0n, 8n, 12n), box(0n, 0n, 12n, 12n), box(6n, 6n, 0n, 12n), box(12n, 0n, 0n, 12n)]),
  ).toEqual([1, 2]);
  expect(keptGroups([])).toEqual([]);
});
