import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { bitmapOf, firstOf, has, members, popcount, withIndex, without } from './bitmap.ts';

describe('bitmaps', () => {
  it('are sets of indices (property)', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 127 })), (indices) => {
        const map = bitmapOf(indices);
        expect(members(map)).toEqual([...indices].sort((a, b) => a - b));
        expect(popcount(map)).toBe(indices.length);
        for (let i = 0; i < 128; i++) expect(has(map, i)).toBe(indices.includes(i));
      }),
    );
  });

  it('have bit i for index i', () => {
    expect(bitmapOf([0, 2, 2, 127])).toBe(1n + 4n + (1n << 127n));
    expect(firstOf(5)).toBe(31n);
    expect(without(withIndex(0n, 3), 3)).toBe(0n);
    expect(without(4n, 3)).toBe(4n);
    expect(popcount(0n)).toBe(0);
  });
});
