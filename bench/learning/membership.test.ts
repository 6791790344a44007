/** The attacks on numbers worked by hand, and on models that remember what is known. */
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/core/bytes.ts';
import { SeededRandom } from '../../src/core/random.ts';
import { type Trained, attackAucs, likelihoodRatios } from './membership.ts';

it('compares the normal laws of shadows with and without a row', () => {
  const shadow = (member: 0 | 1, evidence: number) => ({
    member: Uint8Array.of(member),
    evidence: Float64Array.of(evidence),
  });
  // With the row: mean 4, variance (1 + 1) / 1 = 2; without: mean 0, variance 2.
  const shadows = [shadow(1, 3), shadow(1, 5), shadow(0, -1), shadow(0, 1)];
  // −(3 − 4)² / 4 + (3 − 0)² / 4 = 2; half way nothing is known
  expect(likelihoodRatios(Float64Array.of(3), shadows)[0]).toBeCloseTo(2, 12);
  expect(likelihoodRatios(Float64Array.of(2), shadows)[0]).toBeCloseTo(0, 12);
});

const ROWS = 400;

/** Pairs of models whose losses on their members are smaller by a factor; each row is harder or easier for all of them. */
function remembering(factor: number): Trained[] {
  const random = new SeededRandom(utf8('models that remember'));
  const hard = Float64Array.from({ length: ROWS }, () => 0.2 + 2 * random.uniform());
  return Array.from({ length: 3 }, () => random.permutation(ROWS)).flatMap((order) =>
    [0, 1].map((half) => {
      const member = Uint8Array.from(order, (place) => (place % 2 === half ? 1 : 0));
      const losses = Float64Array.from(
        hard,
        (loss, row) => loss * (member[row] === 1 ? factor : 1) * (0.95 + 0.1 * random.uniform()),
      );
      return { member, losses: [losses, losses] };
    }),
  );
}

describe('attacks on pairs of models', () => {
  it('find members that are remembered, the ratio where hard rows mislead the threshold', () => {
    const found = attackAucs(remembering(0.8));
    expect(found.loss).toBeGreaterThan(0.53);
    expect(found.loss).toBeLessThan(0.7);
    expect(found.ratio).toBeGreaterThan(0.9);
    // The second round says the same again.
    expect(found['loss, all rounds']).toBeCloseTo(found.loss, 2);
  });

  it('find nobody where nobody is remembered', () => {
    for (const auc of Object.values(attackAucs(remembering(1)))) expect(Math.abs(auc - 0.5)).toBeLessThan(0.03);
  });
});
