import { describe, expect, it } from 'vitest';
import { VoidReason } from '../../protocol/phases.ts';
import { voidWords } from './voids.ts';

describe('voidWords', () => {
  it('says why, with the numbers where it is a matter of numbers', () => {
    const round = { reason: VoidReason.TooFewMasked, shortfall: { came: 2, needed: 3 } };
    expect(voidWords.because(voidWords.why(round))).toBe(
      'Why: too few sites sent their masked vector (2; 3 are needed).',
    );
    expect(voidWords.why({ reason: VoidReason.SumDisputed })).toBe('sites found the posted sum wrong');
    expect(voidWords.why({ reason: 0 })).toBe('');
  });

  it('has advice for every reason, each its own', () => {
    const advice = Object.values(VoidReason).map(voidWords.advice);
    expect(new Set(advice).size).toBe(advice.length);
    for (const sentence of advice) expect(sentence).toMatch(/^[A-Z].{30,}\.$/);
  });
});
