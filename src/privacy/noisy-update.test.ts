import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { SeededRandom } from '../core/random.ts';
import { largestFractionBits, noisePlan } from '../protocol/noise-plan.ts';
import { BitSource } from './bit-source.ts';
import { clipToNorm } from './clip.ts';
import { rotate, unrotate } from './hadamard.ts';
import { largestSumNorm, noisyUpdate, sumOfNoisyUpdates } from './noisy-update.ts';
import { roundedSensitivity } from './quantisation.ts';
import { roundWithin } from './rounding.ts';
import { seededBytes } from './testing/seeded.ts';

const norm = (values: Iterable<number>) => Math.sqrt([...values].reduce((sum, value) => sum + value * value, 0));
const privacy = { kind: 'user', noiseMultiplier: 1, delta: 1e-5, honest: 3 } as const;

describe('clipToNorm', () => {
  it('scales what is longer, and leaves the rest', () => {
    const long = Float64Array.of(3, 4);
    expect(clipToNorm(long, 1)).toEqual({ clipped: true, norm: 5 });
    expect(long[0]).toBeCloseTo(0.6, 15);
    const short = Float64Array.of(0.3, 0.4);
    expect(clipToNorm(short, 1).clipped).toBe(false);
    expect([...short]).toEqual([0.3, 0.4]);
    expect(clipToNorm(Float64Array.of(Number.NaN), 1)).toEqual({ clipped: false, norm: Number.NaN });
  });
});

describe('rotate', () => {
  it('gives a block of four worked by hand, but for its signs', () => {
    const values = Float64Array.of(1, 0, 0, 0);
    rotate(values, 4, 1);
    expect([...values].map(Math.abs)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('keeps lengths and comes back (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 6 }),
        fc.integer({ min: 1, max: 5 }),
        fc.nat(100),
        fc.infiniteStream(fc.double({ min: -1e3, max: 1e3, noNaN: true })),
        (log, blocks, step, stream) => {
          const values = Float64Array.from([...stream.take(blocks * 2 ** log)]);
          const rotated = values.slice();
          rotate(rotated, 2 ** log, step);
          expect(norm(rotated)).toBeCloseTo(norm(values), 8);
          unrotate(rotated, 2 ** log, step);
          for (const [i, value] of rotated.entries()) expect(value).toBeCloseTo(values[i] as number, 8);
        },
      ),
    );
  });

  it('has other signs in every step, and refuses half a block', () => {
    const rotated = (step: number) => {
      const values = new Float64Array(64).fill(1);
      rotate(values, 64, step);
      return [...values];
    };
    expect(rotated(1)).not.toEqual(rotated(2));
    expect(rotated(1)).toEqual(rotated(1));
    expect(() => rotate(new Float64Array(6), 4, 1)).toThrow('whole blocks');
    expect(() => rotate(new Float64Array(6), 3, 1)).toThrow('power of two');
  });
});

describe('roundWithin', () => {
  it('stays within the bound that the accountant charges, on neighbours of the value (property)', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.double({ min: 0.1, max: 50, noNaN: true }),
        fc.nat(200),
        (length, limit, seed) => {
          const random = new SeededRandom(Uint8Array.from({ length: 12 }, (_, i) => seed + i));
          const values = Float64Array.from({ length }, () => random.uniform() - 0.5);
          const factor = limit / norm(values);
          for (let i = 0; i < length; i++) values[i] = (values[i] as number) * factor;
          const { l1, l2 } = roundedSensitivity(limit, length);
          const rounded = roundWithin(values, l2, new BitSource(seededBytes(seed)));
          expect(norm(rounded)).toBeLessThanOrEqual(l2);
          expect(rounded.reduce((sum, value) => sum + Math.abs(value), 0)).toBeLessThanOrEqual(l1 * (1 + 1e-12));
          for (const [i, value] of rounded.entries()) expect(Math.abs(value - (values[i] as number))).toBeLessThan(1);
        },
      ),
    );
  });

  it('keeps the mean where the bound is not in its way', () => {
    const values = new Float64Array(100_000).fill(-0.3);
    const rounded = roundWithin(values, 1e6, new BitSource(seededBytes(7)));
    expect(rounded.reduce((sum, value) => sum + value, 0) / values.length).toBeCloseTo(-0.3, 2);
  });

  it('refuses what was not clipped', () => {
    expect(() => roundWithin(Float64Array.of(9, 9), 5, new BitSource(seededBytes(1)))).toThrow('cannot be rounded');
  });
});

describe('noisePlan', () => {
  it('pads by at most an eighth, in blocks of a power of two', () => {
    const ring = { clipNorm: 1, updateFractionBits: 10, maxCohort: 8 };
    for (const weights of [1, 7, 16, 161, 1281, 2 ** 20, 2 ** 24]) {
      const { blockSize, length } = noisePlan(weights, ring, privacy);
      expect(Number.isInteger(Math.log2(blockSize))).toBe(true);
      expect(length % blockSize).toBe(0);
      expect(length).toBeGreaterThanOrEqual(weights);
      expect(length - weights).toBeLessThan(Math.max(1, weights / 8));
    }
  });

  it('has numbers worked by hand', () => {
    // 16 weights: blocks of 2. C = 1 in 2^-4 steps is 16; variance (1 · 16)² / 4 = 64; 8 members: signal 8 · 17, noise 6 √(2 + 512).
    const plan = noisePlan(16, { clipNorm: 1, updateFractionBits: 4, maxCohort: 8 }, { ...privacy, honest: 4 });
    expect(plan).toEqual({
      blockSize: 2,
      length: 16,
      clipSteps: 16,
      variance: 64,
      bound: Math.ceil(136 + 6 * Math.sqrt(514)),
    });
    expect(largestFractionBits(16, { clipNorm: 1, maxCohort: 8 }, 10, { ...privacy, honest: 4 })).toBe(4);
    expect(largestFractionBits(16, { clipNorm: 1, maxCohort: 128 }, 4, privacy)).toBeUndefined();
  });
});

describe('noisy updates', () => {
  const weights = 1281;
  const ring = { clipNorm: 1, maxCohort: 8 };
  const updateFractionBits = largestFractionBits(weights, ring, 18, privacy) as number;
  const plan = noisePlan(weights, { ...ring, updateFractionBits }, privacy);
  const stepsPerUnit = 2 ** updateFractionBits;
  const updateOf = (seed: number) => {
    const random = new SeededRandom(Uint8Array.from({ length: 12 }, (_, i) => seed + i));
    const update = Float64Array.from({ length: weights }, () => random.uniform() - 0.4);
    clipToNorm(update, 1);
    return update;
  };

  it('add up to the sum of updates and noise of the right variance', () => {
    const members = 6;
    const sum = new Float64Array(plan.length);
    const truth = new Float64Array(weights);
    for (let tab = 0; tab < members; tab++) {
      const update = updateOf(tab);
      const sent = noisyUpdate(update, { plan, stepsPerUnit, step: 3, random: seededBytes(100 + tab) });
      for (const [i, value] of sent.entries()) sum[i] = (sum[i] as number) + value;
      for (const [i, value] of update.entries()) truth[i] = (truth[i] as number) + value;
    }
    const found = sumOfNoisyUpdates(sum, { plan, members, weights, step: 3 });
    const squares = found.reduce((total, value, i) => total + (value - (truth[i] as number) * stepsPerUnit) ** 2, 0);
    // 6 members give twice the noise of the 3 that the plan counts on.
    const expected = 2 * plan.clipSteps ** 2;
    expect(Math.abs(squares / weights / expected - 1)).toBeLessThan(4 * Math.sqrt(2 / weights));
    expect(found.length).toBe(weights);
  });

  it('void what honest members cannot give', () => {
    const args = { plan, members: 2, weights, step: 1 };
    const far = new Float64Array(plan.length);
    far[5] = plan.bound + 1;
    expect(() => sumOfNoisyUpdates(far, args)).toThrow('a coordinate');
    const long = new Float64Array(plan.length).fill((1.01 * largestSumNorm(plan, 2)) / Math.sqrt(plan.length));
    expect(() => sumOfNoisyUpdates(long, args)).toThrow('a norm');
    expect(() =>
      sumOfNoisyUpdates(
        long.map((value) => value * 0.9),
        args,
      ),
    ).not.toThrow();
    expect(() => sumOfNoisyUpdates(far.fill(Number.NaN), args)).toThrow('a coordinate');
  });

  it('refuse an update that is not clipped', () => {
    const update = updateOf(1).map((value) => value * 1.5);
    expect(() => noisyUpdate(update, { plan, stepsPerUnit, step: 1, random: seededBytes(1) })).toThrow(
      'cannot be rounded',
    );
  });
});
