import { describe, expect, it } from 'vitest';
import { SeededRandom, secureRandom } from './random.ts';

const seed = Uint8Array.from({ length: 32 }, (_, i) => i);

describe('SeededRandom', () => {
  it('repeats itself, and differs between seeds', () => {
    const draw = (bytes: Uint8Array) => {
      const random = new SeededRandom(bytes);
      return Array.from({ length: 8 }, () => random.u32());
    };
    expect(draw(seed)).toEqual(draw(seed));
    expect(draw(seed)).not.toEqual(draw(seed.map((byte) => byte ^ 1)));
  });

  it('is uniform below a bound that is no power of two', () => {
    const random = new SeededRandom(seed);
    const seen = new Float64Array(7);
    for (let i = 0; i < 70_000; i++) {
      const value = random.below(7);
      seen[value] = (seen[value] as number) + 1;
    }
    const chiSquare = seen.reduce((sum, count) => sum + (count - 10_000) ** 2 / 10_000, 0);
    expect(chiSquare).toBeLessThan(22.5); // 6 degrees of freedom, p = 0.001
    expect(random.below(1)).toBe(0);
    expect(random.below(2 ** 32)).toBeLessThan(2 ** 32);
    for (const bound of [0, -1, 1.5, 2 ** 32 + 1, NaN]) expect(() => random.below(bound)).toThrow('bound');
  });

  it('permutes', () => {
    const order = new SeededRandom(seed).permutation(100);
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
    expect([...order]).not.toEqual([...Array(100).keys()]);
  });

  it('needs 12 bytes', () => {
    expect(() => new SeededRandom(new Uint8Array(11))).toThrow('12 bytes');
  });
});

describe('secureRandom', () => {
  it('gives fresh bytes', () => {
    expect(secureRandom(32)).toHaveLength(32);
    expect(secureRandom(32)).not.toEqual(secureRandom(32));
  });
});
