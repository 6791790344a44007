import { describe, expect, it } from 'vitest';
import { interval, margin, mean, seedCount } from './seeds.ts';

describe('a mean over seeds', () => {
  it('has the interval of Student', () => {
    // Variance 1 over three values, so a standard error of 1 / √3, times 4.303.
    expect(mean([1, 2, 3])).toBe(2);
    expect(margin([1, 2, 3])).toBeCloseTo(4.303 / Math.sqrt(3), 12);
    expect(interval([1, 2, 3])).toBe('95 % interval of the mean over 3 seeds -0.4843 to 4.4843');
  });

  it('has that of a normal distribution where there are many', () => {
    const values = Array.from({ length: 100 }, (_, i) => i % 2);
    expect(margin(values)).toBeCloseTo((1.96 * Math.sqrt(25 / 99)) / 10, 12);
  });

  it('is taken over as many as are asked for', () => {
    expect(seedCount({ args: {} }, 3)).toBe(3);
    expect(seedCount({ args: { seeds: '7' } }, 3)).toBe(7);
    for (const seeds of ['1', '1001', '2.5', 'all'])
      expect(() => seedCount({ args: { seeds } }, 3)).toThrow(/2\.\.1000/);
  });
});
