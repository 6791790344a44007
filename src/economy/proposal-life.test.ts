import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PROPOSAL_GRACE_SECONDS, type ProposalFacts, proposalState, quorumOf, type Tally } from './proposal-life.ts';

describe('quorum', () => {
  test.each([
    // 4 % of 100 million units is 4 million, above a floor of a million
    [100_000_000n, 400n, 1_000_000n, 4_000_000n],
    // 4 % of 10 million is 400,000: the floor holds
    [10_000_000n, 400n, 1_000_000n, 1_000_000n],
    // nobody has locked: the floor, which nobody can reach
    [0n, 400n, 1_000_000n, 1_000_000n],
    // 4 % of 26 is 1.04: a fraction of a vote is a whole one
    [26n, 400n, 0n, 2n],
    [25n, 400n, 0n, 1n],
  ])('of %i units at %i/10,000 with a floor of %i is %i', (units, bps, floor, wanted) => {
    expect(quorumOf(units, bps, floor)).toBe(wanted);
  });

  test('is never below the floor nor below the exact fraction, and less than one wei above the greater', () => {
    const amount = fc.bigInt({ min: 0n, max: 2n ** 112n });
    fc.assert(
      fc.property(amount, fc.bigInt({ min: 0n, max: 10_000n }), amount, (units, bps, floor) => {
        const quorum = quorumOf(units, bps, floor);
        expect(quorum >= floor).toBe(true);
        expect(quorum * 10_000n >= units * bps).toBe(true);
        expect(quorum === floor || (quorum - 1n) * 10_000n < units * bps).toBe(true);
      }),
    );
  });

  test('refuses what is negative', () => {
    expect(() => quorumOf(-1n, 400n, 0n)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});

describe('state', () => {
  const tally = (against: bigint, yes: bigint, abstain = 0n): Tally => ({ against, for: yes, abstain });
  const facts = (more: Partial<ProposalFacts> = {}): ProposalFacts => ({
    snapshot: 1_000,
    deadline: 2_000,
    eta: 0,
    canceled: false,
    executed: false,
    tally: tally(3n, 7n),
    quorum: 7n,
    ...more,
  });

  test.each([
    ['pending', 999, {}],
    // The snapshot's second is not over: its units may still change.
    ['pending', 1_000, {}],
    ['active', 1_001, {}],
    ['active', 2_000, {}],
    ['succeeded', 2_001, {}],
    ['defeated', 2_001, { quorum: 8n }],
    // abstentions make a quorum, votes against do not
    ['succeeded', 2_001, { quorum: 8n, tally: tally(3n, 7n, 1n) }],
    ['defeated', 2_001, { tally: tally(7n, 7n) }],
    ['defeated', 2_001, { quorum: 0n, tally: tally(0n, 0n) }],
    ['succeeded', 2_000 + PROPOSAL_GRACE_SECONDS, {}],
    ['expired', 2_001 + PROPOSAL_GRACE_SECONDS, {}],
    ['queued', 5_000, { eta: 5_000 }],
    ['queued', 5_000 + PROPOSAL_GRACE_SECONDS, { eta: 5_000 }],
    ['expired', 5_001 + PROPOSAL_GRACE_SECONDS, { eta: 5_000 }],
    ['executed', 2 ** 31, { eta: 5_000, executed: true }],
    ['canceled', 999, { canceled: true }],
  ] as const)('is %s at second %i with %o', (wanted, now, more) => {
    expect(proposalState(facts(more), now)).toBe(wanted);
  });

  test('never goes back while time passes', () => {
    const order = ['pending', 'active', 'defeated', 'succeeded', 'queued', 'expired'];
    const second = fc.integer({ min: 0, max: 4_000_000 });
    fc.assert(
      fc.property(second, second, fc.nat(20), fc.nat(20), (one, two, yes, no) => {
        const given = facts({ tally: tally(BigInt(no), BigInt(yes)) });
        const [early, late] = [Math.min(one, two), Math.max(one, two)].map((now) => proposalState(given, now));
        expect(order.indexOf(late as string)).toBeGreaterThanOrEqual(order.indexOf(early as string));
      }),
    );
  });
});
