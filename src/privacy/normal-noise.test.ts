import { describe, expect, it } from 'vitest';
import { normalNoise } from './normal-noise.ts';
import { logNormalCdf } from './special.ts';
import { seededBytes } from './testing/seeded.ts';

describe('normalNoise', () => {
  it('has the normal law: KS and moments of 10^6 draws', () => {
    const draws = normalNoise(1_000_000, seededBytes(5)).toSorted();
    const n = draws.length;
    let worst = 0;
    for (const [i, x] of draws.entries()) worst = Math.max(worst, Math.abs((i + 0.5) / n - Math.exp(logNormalCdf(x))));
    expect(worst * Math.sqrt(n)).toBeLessThan(1.95);
    const moment = (p: number) => draws.reduce((sum, x) => sum + x ** p, 0) / n;
    expect(Math.abs(moment(1))).toBeLessThan(0.004);
    expect(moment(2)).toBeCloseTo(1, 2);
    expect(moment(4)).toBeCloseTo(3, 1);
  });

  it('has neighbours that know nothing of each other, also in odd numbers', () => {
    const draws = normalNoise(100_001, seededBytes(6));
    let product = 0;
    for (let i = 0; i + 1 < draws.length; i++) product += (draws[i] as number) * (draws[i + 1] as number);
    expect(Math.abs(product / draws.length)).toBeLessThan(0.013);
    expect(draws.every(Number.isFinite)).toBe(true);
    expect(normalNoise(0, seededBytes(1))).toHaveLength(0);
  });
});
