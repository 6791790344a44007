import { describe, expect, it } from 'vitest';
import { gaugeWords } from '../../words/gauge.ts';
import { gaugeShares, privacyLevel } from './gauge.ts';

const budget = { spent: 2, after: 3, limit: 4 };
const privacy = { epsilon: 1, delta: 1e-5, protects: 'user', budget } as const;

describe('privacyLevel', () => {
  it('goes by epsilon, and by what the limit leaves', () => {
    expect(privacyLevel(privacy)).toBe('strong');
    expect(privacyLevel({ ...privacy, epsilon: 2, budget: { ...budget, after: 4 } })).toBe('fair');
    expect(privacyLevel({ ...privacy, epsilon: 2, budget: { ...budget, after: 4.1 } })).toBe('over');
    expect(privacyLevel({ ...privacy, epsilon: 12, budget: { spent: 2, after: 13, limit: 20 } })).toBe('weak');
    expect(privacyLevel({ epsilon: 12, delta: 1e-5, protects: 'records' })).toBe('weak');
    expect(privacyLevel({ none: 'no noise' })).toBe('none');
  });
});

describe('gaugeShares', () => {
  it('are of the limit, or of more where that is passed', () => {
    expect(gaugeShares(budget)).toEqual({ spent: 0.5, task: 0.25, limit: 1 });
    expect(gaugeShares({ ...budget, after: 8 })).toEqual({ spent: 0.25, task: 0.75, limit: 0.5 });
    expect(gaugeShares({ spent: 0, after: 0, limit: 0 }).task).toBe(0);
  });
});

describe('meaning', () => {
  it('is how sure somebody can become: e / (1 + e) at epsilon 1', () => {
    expect(gaugeWords.meaning(1, 'user')).toContain('at most 73.1\u202f% sure');
    expect(gaugeWords.meaning(0, 'records')).toContain('at most 50.0\u202f% sure');
    expect(gaugeWords.meaning(8, 'user')).toContain('all but certain');
  });
});
