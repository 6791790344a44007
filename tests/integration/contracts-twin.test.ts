/**
 * The contract and the round machine of src/protocol/round.ts do the same: seeded random sequences of actions on the real
 * coordinator, beacon and token, compared after every action. Where they differ, docs/protocol.md decides.
 */
import { expect, test } from 'vitest';
import { Phase, phaseName, SkipReason, VoidReason } from '../../src/protocol/phases.ts';
import { TestChain } from './support-chain.ts';
import { MOST_WALLETS, runSequence, Tally } from './support-twin-run.ts';

const FIRST = Number(process.env['MURMUR_TWIN_FIRST'] ?? 0);
const SEEDS = Number(process.env['MURMUR_TWIN_SEEDS'] ?? 40);
const BATCH = 10;

const tally = new Tally();

for (let from = FIRST; from < FIRST + SEEDS; from += BATCH) {
  const to = Math.min(from + BATCH, FIRST + SEEDS);
  test(`sequences ${from} to ${to - 1} agree; replay one with MURMUR_TWIN_FIRST=SEED MURMUR_TWIN_SEEDS=1`, async () => {
    // A chain of their own, because anvil gets slower with every block.
    const chain = await TestChain.start(MOST_WALLETS);
    try {
      for (let seed = from; seed < to; seed++) await runSequence(chain, seed, tally);
    } finally {
      await chain.stop();
    }
    expect(tally.count(phaseName(Phase.Join))).toBeGreaterThan(to - from);
  });
}

test('everything that can happen to a round has happened in some sequence', ({ skip }) => {
  if (SEEDS < 40) skip('too few sequences to say');
  const phases = Object.values(Phase).filter((phase) => phase !== Phase.None);
  const wanted = [
    ...phases.map(phaseName),
    ...Object.values(VoidReason).map((reason) => `void ${reason}`),
    ...Object.values(SkipReason).map((reason) => `skip ${reason}`),
    ...['BadSignature', 'WrongPhase', 'RoundStillLive', 'InsufficientDeposit', 'NotCreator'].map(
      (name) => `revert ${name}`,
    ),
    ...['statistics accepted', 'training accepted', 'training rejected', 'evaluation accepted', 'finished', 'failed'],
  ];
  expect(wanted.filter((what) => !tally.seen.includes(what))).toEqual([]);
});
