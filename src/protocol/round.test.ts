import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bitmapOf, firstOf, has, members, popcount } from '../core/bitmap.ts';
import { isOver, Phase, SkipReason, Verdict, VoidReason } from './phases.ts';
import {
  acceptBeacon,
  acceptJoin,
  acceptRecord,
  acceptSum,
  advance,
  computeU2,
  computeU3,
  openRound,
  type RoundState,
} from './round.ts';
import { shareThreshold } from './threshold.ts';
import { type TaskParameters, ZERO_HASH } from './views.ts';

const parameters: TaskParameters = {
  minCohort: 3,
  maxCohort: 8,
  trainingRounds: 2,
  corruptBps: 1000,
  survivorFloor: 3,
  joinSeconds: 10,
  phaseSeconds: 20,
  beaconSeconds: 60,
  maxVoids: 3,
  allowListed: true,
  stake: 0n,
  sumBond: 0n,
  pool: 0n,
};
const HASH = `0x${'ab'.repeat(32)}` as const;

const at = (state: RoundState, seconds: number) => advance(state, parameters, seconds);

function must(result: RoundState | SkipReason): RoundState {
  if (typeof result === 'number') throw new Error(`skipped: ${result}`);
  return result;
}

/** A round of n members in the Share phase, which began at second 11. */
function dealt(n: number, step = 1): RoundState {
  let state = openRound({ step, baseModel: ZERO_HASH, beaconRound: 1n, parameters, nowSeconds: 0 });
  for (let id = 0; id < n; id++) state = must(acceptJoin(state, parameters, 10 + id));
  return acceptBeacon(at(state, 11), parameters, HASH, 11);
}

function all(
  state: RoundState,
  phase: Exclude<Phase, 0 | 1 | 2 | 8 | 10 | 11>,
  indices: readonly number[],
  value: bigint,
): RoundState {
  let next = state;
  for (const index of indices) next = must(acceptRecord(next, phase, index, value));
  return at(next, 12);
}

/** Takes a round of four to the Vote phase. */
function voting(step = 1): RoundState {
  const everybody = [0, 1, 2, 3];
  let state = all(dealt(4, step), Phase.Share, everybody, 0n);
  state = all(state, Phase.Ack, everybody, 15n);
  state = all(state, Phase.Mask, everybody, 0n);
  state = all(state, Phase.Have, everybody, 15n);
  state = all(state, Phase.Unmask, everybody, 0n);
  return acceptSum(state, parameters, HASH, HASH, 12);
}

describe('U2', () => {
  test('drops one whose shares too few hold, and whoever depended on it', () => {
    // 4 dealt, t = 3; member 3 acknowledged nobody, and only itself and 0 hold its shares
    const acks = [0b1111n, 0b0111n, 0b0111n, 0b0000n];
    expect(computeU2(15n, 15n, acks, 3)).toBe(0b0111n);
  });

  test('of one that joined and stayed silent is everybody else', () => {
    expect(computeU2(0b0111n, 0b0111n, [7n, 7n, 7n], 3)).toBe(7n);
  });

  test('is stable: everybody in it has t acks from inside it', () => {
    fc.assert(
      fc.property(
        fc
          .integer({ min: 3, max: 12 })
          .chain((n) =>
            fc.tuple(
              fc.constant(n),
              fc.array(fc.bigInt(0n, firstOf(n)), { minLength: n, maxLength: n }),
              fc.bigInt(0n, firstOf(n)),
            ),
          ),
        ([n, acks, present]) => {
          const threshold = shareThreshold(n, 1000);
          const u2 = computeU2(present, present, acks, threshold);
          for (const dealer of members(u2)) {
            expect(members(u2).filter((holder) => has(acks[holder] as bigint, dealer)).length).toBeGreaterThanOrEqual(
              threshold,
            );
          }
        },
      ),
    );
  });
});

test('U3 needs C + 1 witnesses other than oneself', () => {
  const haves = [0b0011n, 0b0011n, 0b0101n, 0n];
  // 0: seen by 1 and 2; 1: by 0 only; 2: by nobody else
  expect(computeU3(15n, 15n, 7n, haves, 1)).toBe(0b0001n);
});

describe('phases', () => {
  test('end at their deadline as of their deadline', () => {
    const state = at(dealt(4), 1_000_000);
    expect(state.phase).toBe(Phase.Void);
    expect(state.voidReason).toBe(VoidReason.TooFewShares);
    expect(state.phaseEndsAt).toBe(31);
  });

  test('end at once when complete, join excepted', () => {
    let state = openRound({ step: 0, baseModel: ZERO_HASH, beaconRound: 1n, parameters, nowSeconds: 0 });
    for (let id = 0; id < 8; id++) state = must(acceptJoin(state, parameters, id));
    expect(at(state, 10).phase).toBe(Phase.Join);
    expect(acceptJoin(state, parameters, 9)).toBe(SkipReason.Full);
    expect(acceptJoin(state, parameters, 3)).toBe(SkipReason.Duplicate);
    expect(at(state, 11).phase).toBe(Phase.Beacon);
    expect(all(dealt(4), Phase.Share, [0, 1, 2, 3], 0n).phase).toBe(Phase.Ack);
  });

  test('one dropout of four in any phase is survived', () => {
    const three = [0, 1, 2];
    let state = at(all(dealt(4), Phase.Share, three, 0n), 40);
    state = at(all(state, Phase.Ack, three, 7n), 40);
    expect(state.u2).toBe(7n);
    state = voting();
    state = must(acceptRecord(state, Phase.Vote, 0, BigInt(Verdict.Abstain)));
    state = must(acceptRecord(state, Phase.Vote, 1, BigInt(Verdict.Abstain)));
    expect(at(state, 1000).phase).toBe(Phase.Settled);
  });

  test('a beacon shown while joins are open voids the round', () => {
    const state = openRound({ step: 0, baseModel: ZERO_HASH, beaconRound: 1n, parameters, nowSeconds: 0 });
    expect(acceptBeacon(state, parameters, HASH, 1)).toMatchObject({
      phase: Phase.Void,
      voidReason: VoidReason.BeaconEarly,
    });
  });

  test('never go back, whatever is said in whatever order', () => {
    const action = fc.record({
      phase: fc.constantFrom(Phase.Share, Phase.Ack, Phase.Mask, Phase.Have, Phase.Unmask, Phase.Vote),
      index: fc.integer({ min: 0, max: 5 }),
      value: fc.bigInt(0n, 40n),
      later: fc.integer({ min: 0, max: 9 }),
      sum: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
        let state = dealt(5);
        let seconds = 11;
        for (const { phase, index, value, later, sum } of actions) {
          seconds += later;
          const before = at(state, seconds);
          expect(before.phase).toBeGreaterThanOrEqual(state.phase);
          const result = sum
            ? acceptSum(before, parameters, HASH, HASH, seconds)
            : acceptRecord(before, phase, index, value);
          state = typeof result === 'number' ? before : at(result, seconds);
          expect(state.phase).toBeGreaterThanOrEqual(before.phase);
          expect(state.u3 & ~state.u2).toBe(0n);
        }
        expect(isOver(at(state, seconds + 1000).phase)).toBe(true);
      }),
    );
  });
});

describe('the vote', () => {
  const vote = (step: number, verdicts: readonly Verdict[]): RoundState => {
    let state = voting(step);
    for (const [index, verdict] of verdicts.entries())
      state = must(acceptRecord(state, Phase.Vote, index, BigInt(verdict)));
    return advance(state, parameters, 1000);
  };
  const { Worse, Better, Abstain, Dispute } = Verdict;

  test('lets a candidate stand that nobody can judge', () => {
    expect(vote(1, [Abstain, Abstain, Abstain, Abstain])).toMatchObject({ phase: Phase.Settled, accepted: true });
  });

  test('rejects what is decisively worse, in training only', () => {
    expect(vote(1, [Worse, Worse, Abstain, Abstain])).toMatchObject({ phase: Phase.Settled, accepted: false });
    expect(vote(0, [Worse, Worse, Abstain, Abstain])).toMatchObject({ accepted: true });
    expect(vote(1, [Worse, Better, Abstain, Abstain])).toMatchObject({ accepted: true });
    expect(vote(1, [Worse, Abstain, Abstain, Abstain])).toMatchObject({ accepted: true }); // 1 of 4 is not a third
  });

  test('voids what more than C find wrong, or what at most C checked', () => {
    expect(vote(1, [Dispute, Dispute, Abstain, Abstain]).voidReason).toBe(VoidReason.SumDisputed);
    expect(vote(1, [Dispute, Abstain, Abstain, Abstain])).toMatchObject({ phase: Phase.Settled, accepted: true });
    expect(vote(1, [Abstain]).voidReason).toBe(VoidReason.TooFewVotes);
  });
});

test('records of strangers, of the wrong phase and beyond the roster are skipped', () => {
  const state = dealt(4);
  expect(acceptRecord(state, Phase.Share, 4, 0n)).toBe(SkipReason.NotMember);
  expect(acceptRecord(state, Phase.Ack, 0, 0n)).toBe(SkipReason.Late);
  const acking = all(state, Phase.Share, [0, 1, 2, 3], 0n);
  expect(acceptRecord(acking, Phase.Ack, 0, 16n)).toBe(SkipReason.BadDigest);
  expect(popcount(bitmapOf([1, 2]))).toBe(2);
});
