import { describe, expect, it } from 'vitest';
import { VoidReason } from './phases.ts';
import { shortfall } from './shortfall.ts';
import type { RoundView } from './views.ts';

/** Five members of whom one may collude: four key pieces are needed. */
const view = (reason: VoidReason, sets: Partial<RoundView>): RoundView =>
  ({ n: 5, corrupt: 1, threshold: 4, voidReason: reason, ...sets }) as RoundView;
const parameters = { minCohort: 3, survivorFloor: 3 };

describe('shortfall', () => {
  it('counts those whom the round waited for, against its threshold', () => {
    expect(shortfall(view(VoidReason.TooFewJoined, { n: 2 }), parameters)).toEqual({ came: 2, needed: 3 });
    expect(shortfall(view(VoidReason.TooFewShares, { dealt: 0b10101n }), parameters)).toEqual({ came: 3, needed: 4 });
    expect(shortfall(view(VoidReason.TooFewAcks, { acked: 0b1n }), parameters)).toEqual({ came: 1, needed: 4 });
    expect(shortfall(view(VoidReason.TooFewMasked, { masked: 0n }), parameters)).toEqual({ came: 0, needed: 4 });
    expect(shortfall(view(VoidReason.TooFewAnswers, { answered: 0b11n }), parameters)).toEqual({ came: 2, needed: 4 });
    expect(shortfall(view(VoidReason.TooFewVotes, { voted: 0b1n }), parameters)).toEqual({ came: 1, needed: 2 });
  });

  it('needs as many survivors as the strictest rule says', () => {
    const two = view(VoidReason.TooFewSurvivors, { u3: 0b11n, threshold: 2 });
    expect(shortfall(two, { minCohort: 3, survivorFloor: 2 })).toEqual({ came: 2, needed: 3 });
    expect(shortfall(two, { minCohort: 3, survivorFloor: 5 })).toEqual({ came: 2, needed: 5 });
  });

  it('says nothing where numbers do not tell it', () => {
    expect(shortfall(view(VoidReason.SumMissing, {}), parameters)).toBeUndefined();
    expect(shortfall(view(VoidReason.SumDisputed, { voted: 0b11111n }), parameters)).toBeUndefined();
    expect(shortfall(view(VoidReason.TooFewAcks, { acked: 0b11111n }), parameters)).toBeUndefined();
    expect(shortfall(view(VoidReason.TooFewVotes, { voted: 0b11n }), parameters)).toBeUndefined();
  });
});
