import { describe, expect, it } from 'vitest';
import known from '../../tests/vectors/known-answers.json' with { type: 'json' };
import { corruptBound, shareThreshold } from './threshold.ts';

describe('shareThreshold', () => {
  it('gives the known answers of small groups', () => {
    const { gamma, cases } = known.small_groups;
    for (const { n, t, dropouts } of cases) {
      expect(shareThreshold(n, gamma * 10_000)).toBe(t);
      expect(n - shareThreshold(n, gamma * 10_000)).toBe(dropouts);
    }
  });

  it('keeps 2t > n + C, so two survivor sets cannot both be answered', () => {
    for (let n = 3; n <= 128; n++) {
      for (const bps of [0, 1, 1000, 3300, 9999])
        expect(2 * shareThreshold(n, bps)).toBeGreaterThan(n + corruptBound(n, bps));
    }
  });
});
