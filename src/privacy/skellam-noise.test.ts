import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { Bytes } from '../core/bytes.ts';
import type { RandomBytes } from '../core/random.ts';
import { BitSource } from './bit-source.ts';
import { PoissonSampler, poissonQuantile } from './poisson.ts';
import { poissonTable } from './poisson-table.ts';
import { skellamNoise } from './skellam-noise.ts';
import { logNormalCdf } from './special.ts';
import { seededBytes } from './testing/seeded.ts';

const DRAWS = 1_000_000;

/** Bits as scripted, 48 at a time; then it throws. */
function scripted(...values: number[]): RandomBytes {
  return () => {
    const bytes = new Uint8Array(values.length * 6) as Bytes;
    const view = new DataView(bytes.buffer);
    for (const [i, value] of values.splice(0).entries()) {
      view.setUint32(6 * i, value % 2 ** 32);
      view.setUint16(6 * i + 4, Math.floor(value / 2 ** 32));
    }
    if (bytes.length === 0) throw new Error('no more bits');
    return bytes;
  };
}

/** P(X = k), by Stirling's series where k is large. */
function poissonChance(mean: number, k: number): number {
  if (k < 30) {
    let chance = Math.exp(-mean);
    for (let i = 1; i <= k; i++) chance *= mean / i;
    return chance;
  }
  const x = (mean - k) / k;
  return Math.exp(k * (Math.log1p(x) - x) - 1 / (12 * k) + 1 / (360 * k ** 3)) / Math.sqrt(2 * Math.PI * k);
}

/** P(X = k) of the difference of two Poisson draws of mean variance / 2. */
function skellamChance(variance: number, k: number): number {
  let chance = 0;
  const reach = variance / 2 + 12 * Math.sqrt(variance) + 40;
  for (let j = 0; j < reach; j++)
    chance += poissonChance(variance / 2, j) * poissonChance(variance / 2, j + Math.abs(k));
  return chance;
}

/** Σ (observed − expected)² / expected over cells of at least 20 expected draws, the rest pooled; and the cells. */
function chiSquare(draws: Int32Array, chance: (k: number) => number, reach: number): { sum: number; cells: number } {
  const seen = new Map<number, number>();
  for (const k of draws) seen.set(k, (seen.get(k) ?? 0) + 1);
  let [sum, cells, restSeen, restExpected] = [0, 0, draws.length, draws.length];
  for (let k = -reach; k <= reach; k++) {
    const expected = draws.length * chance(k);
    if (expected < 20) continue;
    const observed = seen.get(k) ?? 0;
    sum += (observed - expected) ** 2 / expected;
    restSeen -= observed;
    restExpected -= expected;
    cells += 1;
  }
  return { sum: sum + (restSeen - restExpected) ** 2 / Math.max(restExpected, 1), cells };
}

/** Largest distance of the empirical distribution function from `cdf`, times √n: beyond 1.95 once in a thousand. */
function kolmogorov(draws: Int32Array, cdf: (k: number) => number): number {
  const sorted = draws.toSorted();
  let worst = 0;
  for (let i = 0; i < sorted.length; i++) {
    const k = sorted[i] as number;
    if (sorted[i + 1] !== k) worst = Math.max(worst, Math.abs((i + 1) / sorted.length - cdf(k)));
  }
  return worst * Math.sqrt(sorted.length);
}

function moments(draws: Int32Array): { mean: number; variance: number; skew: number; kurtosis: number } {
  const n = draws.length;
  const mean = draws.reduce((sum, k) => sum + k, 0) / n;
  const power = (p: number) => draws.reduce((sum, k) => sum + (k - mean) ** p, 0) / n;
  const variance = power(2);
  return { mean, variance, skew: power(3) / variance ** 1.5, kurtosis: power(4) / variance ** 2 };
}

describe('skellamNoise', () => {
  it.each([0.02, 0.7, 3, 50.3, 1000])('has the distribution of variance %d: chi-square, KS, 10^6 draws', (variance) => {
    const draws = skellamNoise(DRAWS, variance, seededBytes(1));
    const reach = Math.ceil(8 * Math.sqrt(variance) + 12);
    const chances = Array.from({ length: reach + 1 }, (_, k) => skellamChance(variance, k));
    const chance = (k: number) => chances[Math.abs(k)] ?? 0;
    const { sum, cells } = chiSquare(draws, chance, reach);
    // Four deviations of the chi-square distribution above its mean.
    expect(sum).toBeLessThan(cells + 4 * Math.sqrt(2 * cells) + 8);
    const cdf = new Map<number, number>();
    for (let [k, total] = [-reach, 0]; k <= reach; k++) cdf.set(k, (total += chance(k)));
    expect(kolmogorov(draws, (k) => cdf.get(k) ?? Number.NaN)).toBeLessThan(1.95);
  });

  it('has the distribution of variance 2^30: KS against the normal, which it is within 1e-5', () => {
    const draws = skellamNoise(DRAWS, 2 ** 30, seededBytes(2));
    expect(kolmogorov(draws, (k) => Math.exp(logNormalCdf((k + 0.5) / 2 ** 15)))).toBeLessThan(1.95);
  });

  it.each([0.25, 9, 4096, 2 ** 30, 2 ** 31])('has the moments of variance %d', (variance) => {
    const { mean, variance: found, skew, kurtosis } = moments(skellamNoise(DRAWS, variance, seededBytes(3)));
    const excess = 1 / variance;
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / DRAWS));
    expect(Math.abs(found / variance - 1)).toBeLessThan(4 * Math.sqrt((2 + excess) / DRAWS));
    expect(Math.abs(skew)).toBeLessThan(0.02 * (1 + excess));
    expect(Math.abs(kurtosis - 3 - excess)).toBeLessThan(0.05 * (1 + excess) ** 2);
  });

  it('adds up: draws of many small variances are a draw of the sum', () => {
    const sum = new Int32Array(200_000);
    for (let tab = 0; tab < 10; tab++) {
      for (const [i, k] of skellamNoise(sum.length, 0.3, seededBytes(20 + tab)).entries())
        sum[i] = (sum[i] as number) + k;
    }
    const { sum: chi, cells } = chiSquare(sum, (k) => skellamChance(3, k), 25);
    expect(chi).toBeLessThan(cells + 4 * Math.sqrt(2 * cells) + 8);
  });

  it('refuses what is no variance; none is no noise', () => {
    expect([...skellamNoise(2, 0, seededBytes(1))]).toEqual([0, 0]);
    for (const variance of [-1, Number.NaN, 2 ** 31 + 1])
      expect(() => skellamNoise(1, variance, seededBytes(1))).toThrow('variance');
  });
});

describe('poissonTable', () => {
  it('brackets the distribution function, more tightly with more bits (property)', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 3000, noNaN: true }), (mean) => {
        const coarse = poissonTable(mean, 32);
        const fine = poissonTable(mean, 100);
        let cdf = 0;
        for (let k = 0; k < fine.first; k++) cdf += poissonChance(mean, k);
        for (let entry = 0; entry < fine.size; entry++) {
          cdf += poissonChance(mean, fine.first + entry);
          expect(Math.abs(Number(fine.lo(entry)) / 2 ** 100 - cdf)).toBeLessThan(1e-9);
          expect(fine.hi(entry) - fine.lo(entry)).toBeLessThan(100n);
          const there = fine.first + entry - coarse.first;
          if (there < 0 || there >= coarse.size) continue;
          expect(coarse.lo(there) << 68n).toBeLessThanOrEqual(fine.hi(entry));
          expect(coarse.hi(there) << 68n).toBeGreaterThanOrEqual(fine.lo(entry));
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe('PoissonSampler', () => {
  it('gives what the exact search gives for the same bits (property)', () => {
    for (const mean of [0.3, 7.5, 5000]) {
      fc.assert(
        fc.property(fc.bigInt({ min: 0n, max: 2n ** 48n - 1n }), fc.nat(2 ** 32), (u, further) => {
          const draw = new PoissonSampler(mean, new BitSource(scripted(Number(u), further, further, further))).next();
          expect(draw).toBe(poissonQuantile(mean, u, 48, new BitSource(scripted(further, further, further))));
        }),
        { numRuns: 20 },
      );
    }
  });

  it('draws more bits where 48 do not decide', () => {
    // P(X <= 0) = e^-1 lies inside the unit of 2^-48 below which U falls: its further bits decide between 0 and 1.
    const u = Math.floor(Math.exp(-1) * 2 ** 48);
    const draw = (...bits: number[]) => new PoissonSampler(1, new BitSource(scripted(u, ...bits))).next();
    expect(draw(0, 0)).toBe(0);
    expect(draw(2 ** 48 - 1, 0)).toBe(1);
    expect(() => draw()).toThrow('no more bits');
  });

  it('reaches into the tails', () => {
    // U below 2^-96 at mean 1000 is 14 deviations out; U above 1 − 2^-96 at mean 1 is about 27.
    const low = new PoissonSampler(1000, new BitSource(scripted(0, 0, 2 ** 40))).next();
    expect(low).toBeGreaterThan(550);
    expect(low).toBeLessThan(680);
    const top = 2 ** 48 - 1;
    const high = new PoissonSampler(1, new BitSource(scripted(top, top, 5))).next();
    expect(high).toBeGreaterThan(22);
    expect(high).toBeLessThan(32);
  });

  it('refuses a mean past 2^30', () => {
    for (const mean of [0, -1, Number.NaN, 2 ** 30 + 1])
      expect(() => new PoissonSampler(mean, new BitSource(seededBytes(1)))).toThrow('Poisson mean');
  });
});
