import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { gaussianCost, gaussianCurve, skellamCost } from './accountant.ts';
import { epsilonOf } from './conversion.ts';
import { exactGaussianDelta, exactGaussianEpsilon } from './exact-gaussian.ts';
import { ORDERS, compose, curveOf, repeat } from './rdp-curve.ts';
import { sampledRdp } from './sampled-rdp.ts';
import { logErfc } from './special.ts';
import { skellamRdp } from './skellam.ts';
import { subsampledGaussianRdp } from './subsampled-gaussian.ts';

/** The part `dp` of the known answers, each with its source there. */
const { dp } = JSON.parse(readFileSync('tests/vectors/known-answers.json', 'utf8')) as {
  dp: {
    epsilon: {
      q?: number;
      n?: number;
      batch?: number;
      z: number;
      steps?: number;
      epochs?: number;
      delta: number;
      epsilon: number;
      order?: number;
    }[];
    rdp_subsampled_gaussian: { q: number; z: number; steps: number; orders: number[]; rdp: number[] };
    'exact_gaussian_q1_delta1e-5': { z: number; steps: number; epsilon: number }[];
    'skellam_z1_d2pow20_delta1e-5': { n: number; bits: number; epsilon: number }[];
  };
};

describe('known answers of other accountants', () => {
  it('gives the RDP of dp-accounting for the sampled Gaussian, at whole and fractional orders', () => {
    const { q, z, steps, orders, rdp } = dp.rdp_subsampled_gaussian;
    for (const [i, order] of orders.entries()) {
      const ratio = (steps * subsampledGaussianRdp(order, q, z)) / (rdp[i] as number);
      expect(ratio, `order ${order}`).toBeCloseTo(1, 4);
    }
  });

  it("gives Opacus's and TensorFlow Privacy's epsilons, and the orders where they are known", () => {
    for (const { q, n = 1, batch = 1, z, steps, epochs = 1, delta, epsilon, order } of dp.epsilon) {
      const rounds = steps ?? Math.ceil((epochs * n) / batch);
      const cost = gaussianCost({ z, rounds, q: q ?? batch / n, delta });
      expect(cost.epsilon / epsilon).toBeCloseTo(1, 9);
      expect([cost.order, undefined]).toContain(order);
    }
  });

  it("reads Opacus's figure as one of the newer conversion", () => {
    // The older one, rdp − log δ/(a − 1), gives 8.0738 over the same orders.
    const [{ q = 0, z, steps = 0, delta }] = dp.epsilon as [(typeof dp.epsilon)[number]];
    const older = ORDERS.map((a) => steps * subsampledGaussianRdp(a, q, z) - Math.log(delta) / (a - 1));
    expect(Math.min(...older)).toBeCloseTo(8.0738, 4);
  });

  it('gives the exact epsilons of the Gaussian', () => {
    for (const { z, steps, epsilon } of dp['exact_gaussian_q1_delta1e-5'])
      expect(exactGaussianEpsilon(z, steps, 1e-5)).toBeCloseTo(epsilon, 4);
  });

  it('gives the epsilons of the Skellam mechanism in rings of 18 and 16 bits', () => {
    const round = { z: 1, rounds: 1, q: 1, delta: 1e-5 };
    for (const { n, bits, epsilon } of dp['skellam_z1_d2pow20_delta1e-5']) {
      const ring = { participants: n, dimension: 2 ** 20, bits, deviations: 4 };
      expect(skellamCost(ring, round).epsilon).toBeCloseTo(epsilon, 4);
    }
    // The ideal that the rings come near: real-valued Gaussian noise, at whole orders like Skellam's.
    const ideal = epsilonOf(
      curveOf((order) => Math.ceil(order) / 2),
      1e-5,
    );
    expect(ideal.epsilon).toBeCloseTo(4.7527, 4);
    expect(ideal.order).toBeCloseTo(5, 0);
  });
});

describe('subsampledGaussianRdp', () => {
  it('is the moment of the mixture, integrated numerically (property)', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1.05, max: 12, noNaN: true }),
        fc.double({ min: 0.001, max: 0.9, noNaN: true }),
        fc.double({ min: 0.6, max: 8, noNaN: true }),
        (order, q, z) => {
          const expected = integratedRdp(order, q, z);
          expect(Math.abs(subsampledGaussianRdp(order, q, z) - expected)).toBeLessThan(1e-9 + 1e-6 * expected);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('grows with order and rate, and falls with noise', () => {
    for (const [a, b] of [
      [2, 2.5],
      [2.5, 3],
      [7.9, 8],
    ] as const)
      expect(subsampledGaussianRdp(a, 0.1, 1)).toBeLessThan(subsampledGaussianRdp(b, 0.1, 1));
    expect(subsampledGaussianRdp(2, 0.1, 1)).toBeLessThan(subsampledGaussianRdp(2, 0.2, 1));
    expect(subsampledGaussianRdp(2, 0.1, 1)).toBeGreaterThan(subsampledGaussianRdp(2, 0.1, 2));
    expect(subsampledGaussianRdp(4, 1, 2)).toBe(0.5);
    expect(subsampledGaussianRdp(4, 0, 2)).toBe(0);
    expect(subsampledGaussianRdp(4, 0.5, 0)).toBe(Infinity);
  });

  it('refuses what is no order, rate or noise', () => {
    expect(() => subsampledGaussianRdp(1, 0.1, 1)).toThrow('above 1');
    expect(() => subsampledGaussianRdp(2, 1.1, 1)).toThrow('between 0 and 1');
    expect(() => subsampledGaussianRdp(2, 0.1, -1)).toThrow('not negative');
  });
});

describe('sampledRdp', () => {
  it('bounds the exact figure of the Gaussian, and never passes the mechanism without sampling', () => {
    const z = 2;
    const whole = (a: number) => a / (2 * z * z);
    for (const order of [2, 3, 5, 9, 20]) {
      const bound = sampledRdp(order, 0.05, whole);
      expect(bound).toBeGreaterThanOrEqual(subsampledGaussianRdp(order, 0.05, z));
      expect(bound).toBeLessThanOrEqual(whole(order));
      expect(sampledRdp(order - 0.5, 0.05, whole)).toBe(bound);
    }
    // Order 2 by hand: log((1 − q)(1 + q) + q² e^ρ(2)).
    expect(sampledRdp(2, 0.05, whole)).toBeCloseTo(Math.log(0.9975 + 0.0025 * Math.exp(0.25)), 14);
    expect(sampledRdp(2, 1, whole)).toBe(0.25);
  });
});

describe('skellamRdp', () => {
  it('is at least the true divergence of two shifted Skellam distributions', () => {
    for (const variance of [2, 20, 300]) {
      const logs = skellamLogs(variance);
      for (const shift of [1, 2, 5]) {
        for (const order of [2, 3, 8]) {
          const truth = divergence(logs, shift, order);
          const bound = skellamRdp(order, { l1: shift, l2: shift }, variance);
          expect(bound, `variance ${variance}, shift ${shift}, order ${order}`).toBeGreaterThanOrEqual(truth);
          // and tight: what it adds to the truth goes with 1/variance
          expect(bound / truth).toBeLessThan(1 + 10 / variance);
        }
      }
    }
  });

  it('is infinite without noise and nothing without a difference', () => {
    expect(skellamRdp(2, { l1: 1, l2: 1 }, 0)).toBe(Infinity);
    expect(skellamRdp(2, { l1: 0, l2: 0 }, 0)).toBe(0);
  });
});

describe('composition and conversion', () => {
  it('adds curves', () => {
    const a = curveOf((order) => order / 8);
    const b = curveOf((order) => order / 2);
    expect(epsilonOf(compose([a, a, a, a]), 1e-5)).toEqual(epsilonOf(b, 1e-5));
    expect(repeat(a, 4)).toEqual(b);
    expect(epsilonOf(compose([]), 1e-5)).toMatchObject({ epsilon: 0 });
    expect(
      epsilonOf(
        curveOf(() => Infinity),
        1e-5,
      ),
    ).toEqual({ epsilon: Infinity, order: undefined });
    expect(() => epsilonOf(a, 0)).toThrow('delta');
  });

  it('is never below the exact Gaussian', () => {
    for (const [z, rounds] of [
      [1, 1],
      [4, 50],
      [8, 500],
      [30, 3],
    ] as const) {
      const exact = exactGaussianEpsilon(z, rounds, 1e-5);
      expect(epsilonOf(gaussianCurve({ z, rounds, q: 1 }), 1e-5).epsilon).toBeGreaterThan(exact);
      expect(exactGaussianDelta(z / Math.sqrt(rounds), exact)).toBeCloseTo(1e-5, 12);
    }
    expect(exactGaussianEpsilon(1, 0, 1e-5)).toBe(0);
    expect(exactGaussianEpsilon(0, 1, 1e-5)).toBe(Infinity);
    expect(exactGaussianEpsilon(1e6, 1, 1e-5)).toBe(0);
  });
});

it('logErfc has known values', () => {
  const known: [number, number][] = [
    [0, 1],
    [0.5, 0.4795001221869535],
    [1.9, 0.007209570764742524],
    [2, 0.004677734981047266],
    [3, 2.209049699858544e-5],
    [10, 2.088487583762545e-45],
    [-1, 1.842700792949715],
  ];
  for (const [x, value] of known) expect(Math.exp(logErfc(x)) / value, `${x}`).toBeCloseTo(1, 11);
  expect(logErfc(100)).toBeCloseTo(-10_005.1776, 3);
});

/** log E_{x ~ N(0, z²)}[((1 − q) + q e^((2x − 1)/(2z²)))^order] / (order − 1), by the trapezium rule. */
function integratedRdp(order: number, q: number, z: number): number {
  const step = z / 200;
  let sum = 0;
  for (let x = -14 * z; x < 14 * z + order + 1; x += step) {
    const logRatio = (2 * x - 1) / (2 * z * z);
    const mixed = Math.log(1 - q + q * Math.exp(Math.min(logRatio, 700)));
    sum += Math.exp(order * mixed - (x * x) / (2 * z * z)) * step;
  }
  return Math.log(sum / (z * Math.sqrt(2 * Math.PI))) / (order - 1);
}

/** log P(X = k) for k = 0..size of the symmetric Skellam distribution: the sum over Poisson pairs. */
function skellamLogs(variance: number): number[] {
  const mean = variance / 2;
  const size = Math.ceil(14 * Math.sqrt(variance) + 30);
  const logPoisson: number[] = [-mean];
  for (let k = 1; k < 4 * size + 2 * mean; k++) logPoisson.push((logPoisson[k - 1] as number) + Math.log(mean / k));
  return Array.from({ length: size + 1 }, (_, k) => {
    let sum = 0;
    for (let j = 0; j + k < logPoisson.length; j++)
      sum += Math.exp((logPoisson[j] as number) + (logPoisson[j + k] as number));
    return Math.log(sum);
  });
}

/** Rényi divergence of the distribution from its copy `shift` further right. */
function divergence(logs: readonly number[], shift: number, order: number): number {
  let sum = 0;
  for (let k = -logs.length + 1 + shift; k < logs.length; k++) {
    const p = logs[Math.abs(k)] as number;
    const q = logs[Math.abs(k - shift)];
    if (q !== undefined && Number.isFinite(p) && Number.isFinite(q)) sum += Math.exp(order * p - (order - 1) * q);
  }
  return Math.log(sum) / (order - 1);
}
