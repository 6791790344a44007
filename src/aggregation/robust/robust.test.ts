import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RobustRule } from '../../protocol/robust-rule.ts';
import type { GroupUpdate } from './group-update.ts';
import { combine } from './registry.ts';

const group = (weight: number, ...update: number[]): GroupUpdate => ({ weight, update: Float64Array.from(update) });
const RULES: readonly RobustRule[] = [
  { kind: 'mean' },
  { kind: 'median' },
  { kind: 'trimmed-mean', trim: 1 },
  { kind: 'norm-bound' },
];
const bits = (values: Float64Array) => Array.from(new BigUint64Array(values.buffer));

/** Whole numbers over 2^20, as sums in fixed point are. */
const value = fc.integer({ min: -(2 ** 30), max: 2 ** 30 }).map((whole) => whole / 2 ** 20);
const weight = fc.integer({ min: 1, max: 2 ** 20 }).map((whole) => whole / 2 ** 18);
const someGroups = (minLength: number, maxLength = 9) =>
  fc
    .array(fc.tuple(weight, value, value, value), { minLength, maxLength })
    .map((list) => list.map((of) => group(...of)));

describe('worked by hand', () => {
  // Mean updates (1, 0), (2, -4), (3, 4) and, spoilt, (100, 0).
  const groups = [group(2, 2, 0), group(1, 2, -4), group(1, 3, 4), group(4, 400, 0)];

  it.each<[string, RobustRule, number[]]>([
    // (2 + 2 + 3 + 400) / 8
    ['mean', { kind: 'mean' }, [50.875, 0]],
    // 1 2 | 3 100 and -4 0 | 0 4
    ['median', { kind: 'median' }, [2.5, 0]],
    // without 1 and 100: (2 + 3) / 2. Without -4 and 4: 0
    ['trimmed mean', { kind: 'trimmed-mean', trim: 1 }, [2.5, 0]],
    ['trimmed mean that trims all it can', { kind: 'trimmed-mean', trim: 9 }, [2.5, 0]],
    ['trimmed mean that trims nothing', { kind: 'trimmed-mean', trim: 0 }, [50.875, 0]],
  ])('%s', (_, rule, expected) => expect(Array.from(combine(groups, rule))).toEqual(expected));

  it('norm bound: lengths 5, 5, 10 and 50 count with 5 at most', () => {
    const sent = [group(1, 3, 4), group(2, 0, 10), group(1, 6, -8), group(1, -50, 0)];
    // (3, 4) + (0, 10) + (3, -4) + (-5, 0) over 5
    expect(Array.from(combine(sent, { kind: 'norm-bound' }))).toEqual([0.2, 2]);
  });

  it('the middle of three is one group’s own, and the trimmed mean weighs what is left', () => {
    expect(Array.from(combine([group(1, 9), group(4, 8), group(1, -5)], { kind: 'median' }))).toEqual([2]);
    // 1, 2, 4, 8, 16 with weights 1, 1, 3, 1, 1: (2 + 12 + 8) / 5
    const five = [group(1, 1), group(1, 2), group(3, 12), group(1, 8), group(1, 16)];
    expect(Array.from(combine(five, { kind: 'trimmed-mean', trim: 1 }))).toEqual([4.4]);
  });

  it('norm bound: updates of zeros stay', () => {
    expect(Array.from(combine([group(1, 0), group(1, 0), group(1, 5)], { kind: 'norm-bound' }))).toEqual([0]);
  });
});

describe.each(RULES)('$kind', (rule) => {
  it('of one group is its weighted mean, bit for bit', () => {
    fc.assert(
      fc.property(someGroups(1, 1), (groups) => {
        expect(bits(combine(groups, rule))).toEqual(bits(combine(groups, { kind: 'mean' })));
      }),
    );
  });

  it('of equal groups is their update, and never holds -0', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 9 }), fc.tuple(value, value), (count, [a, b]) => {
        const result = combine(
          Array.from({ length: count }, () => group(1, a + 0, b + 0)),
          rule,
        );
        expect(result[0]).toBeCloseTo(a, 9);
        expect(result.some((entry) => Object.is(entry, -0))).toBe(false);
      }),
    );
  });

  it('leaves what it was given as it was', () => {
    const groups = [group(1, 3, 4), group(1, 30, 40), group(2, -1, 2)];
    const before = structuredClone(groups);
    combine(groups, rule);
    expect(groups).toEqual(before);
  });

  it('refuses no group, other lengths, weights that are not positive, NaN, infinities and -0', () => {
    const bad: readonly (readonly GroupUpdate[])[] = [
      [],
      [group(1, 1), group(1, 1, 2)],
      [group(0, 1)],
      [group(-1, 1)],
      [group(Number.NaN, 1)],
      [group(1, Number.NaN)],
      [group(1, Infinity)],
      [group(1, 1), group(1, -0)],
    ];
    for (const groups of bad)
      expect(() => combine(groups, rule)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });
});

it('a trimmed mean that trims nothing is the weighted mean, bit for bit', () => {
  fc.assert(
    fc.property(someGroups(1), (groups) => {
      expect(bits(combine(groups, { kind: 'trimmed-mean', trim: 0 }))).toEqual(bits(combine(groups, { kind: 'mean' })));
    }),
  );
});

it('a norm bound that bounds nobody is the weighted mean, bit for bit', () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 9 }), (signs) => {
      const groups = signs.map((positive) => group(1, positive ? 3 : -3, 4));
      expect(bits(combine(groups, { kind: 'norm-bound' }))).toEqual(bits(combine(groups, { kind: 'mean' })));
    }),
  );
});

it('median and trimmed mean stay between the good groups while the bad are few', () => {
  fc.assert(
    fc.property(someGroups(2, 6), someGroups(1, 6), (good, more) => {
      const bad = more
        .slice(0, good.length - 1)
        .map(({ weight: w, update }) => group(w, ...update.map((v) => v * 1e6 + 0)));
      const groups = [...bad, ...good];
      for (const rule of [{ kind: 'median' }, { kind: 'trimmed-mean', trim: bad.length }] as const) {
        for (const [i, entry] of combine(groups, rule).entries()) {
          const means = good.map(({ weight: w, update }) => (update[i] as number) / w);
          const slack = 1e-9 * (1 + Math.max(...means.map(Math.abs)));
          expect(entry).toBeGreaterThanOrEqual(Math.min(...means) - slack);
          expect(entry).toBeLessThanOrEqual(Math.max(...means) + slack);
        }
      }
    }),
  );
});

it('norm bound: nobody counts with more than the longest good group while at most half are bad', () => {
  fc.assert(
    fc.property(someGroups(1, 5), someGroups(1, 5), (good, more) => {
      const bad = more.slice(0, good.length).map(({ update }) => group(1, ...update.map((v) => v * 1e6 + 0)));
      const alike = good.map(({ update }) => group(1, ...update));
      const norm = (values: Float64Array) => Math.hypot(...values);
      const longest = Math.max(...alike.map(({ update }) => norm(update)));
      const result = combine([...bad, ...alike], { kind: 'norm-bound' });
      expect(norm(result)).toBeLessThanOrEqual(longest * (1 + 1e-9));
    }),
  );
});
