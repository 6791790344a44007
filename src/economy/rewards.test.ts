import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { delegatedShare, divide } from './delegation-split.ts';
import { emitted } from './emission-schedule.ts';
import { WAD, afterFee, expNeg, intervalShare, splitPool } from './reward-split.ts';

interface Node {
  stake: number;
  delegated: number;
  /** FLock's weight of the rank */
  g: number;
}

const { arena_rewards: day } = JSON.parse(readFileSync('tests/vectors/known-answers.json', 'utf8')) as {
  arena_rewards: {
    emission: number;
    lambda: number;
    sigma: number;
    nodes: [Node, Node];
    validator_stakes: number[];
    expect: { nodes_pool: number; validators_pool: number; node_a_pool: number; delegator_of_a_v21: number };
  };
};

const wei = (flock: number) => BigInt(Math.round(flock * 1e6)) * 10n ** 12n;
const flock = (amount: bigint) => Number(amount) / 1e18;
const pools = fc.bigInt(0n, 10n ** 27n);
const lambdas = fc.bigInt(10n ** 15n, 20n * WAD);
const stakes = fc.bigInt(1n, 10n ** 27n);

/** e^-x with 400 fractional bits by the plain series of e^(x / 64), inverted and squared: shares nothing with the twin. */
function preciseExpNeg(x: bigint): bigint {
  const one = 1n << 400n;
  const z = (x << 272n) / 64n;
  let [sum, term] = [one, one];
  for (let n = 1n; term !== 0n; n++) sum += term = (term * z) / (one * n);
  let y = (one * one) / sum;
  for (let i = 0; i < 6; i++) y = (y * y) / one;
  return y;
}

describe('the two-node Arena day of FLock', () => {
  const [a, b] = day.nodes;
  const lambda = wei(day.lambda);
  const validators = wei(day.validator_stakes.reduce((x, y) => x + y));
  const pool = splitPool(wei(day.emission), 0n, wei(a.stake + b.stake), validators);

  it('splits the emission between nodes and validators, to the hundredth', () => {
    expect(flock(pool.nodes)).toBeCloseTo(day.expect.nodes_pool, 2);
    expect(flock(pool.validators)).toBeCloseTo(day.expect.validators_pool, 2);
  });

  it('pays node A 58,087 and its delegator 4,679.24', () => {
    const place = {
      before: 0n,
      own: wei(a.stake),
      delegated: wei(a.delegated),
      total: wei(a.stake + a.delegated + b.stake),
    };
    const { alone, added } = delegatedShare(pool.nodes, lambda, place);
    expect(flock(alone + added)).toBeCloseTo(day.expect.node_a_pool, 0);
    const { operator, delegators } = divide(added, wei(day.sigma));
    // FLock weighs stake by rank, with the example's g; a lambda of four digits meets that to 0.02 FLOCK (3 parts in a million).
    const rank = (delegated: number) => {
      const own = (a.stake + delegated) * a.g;
      return own / (own + b.stake * b.g);
    };
    const byRank = (1 - day.sigma) * flock(pool.nodes) * (rank(a.delegated) - rank(0));
    expect(byRank).toBeCloseTo(day.expect.delegator_of_a_v21, 2);
    expect(Math.abs(flock(delegators) - day.expect.delegator_of_a_v21)).toBeLessThan(0.02);
    expect(operator + delegators).toBe(added);
  });
});

describe('the exponential', () => {
  it('is within 4 units of the last place', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 130n << 128n), (x) => {
        const error = (expNeg(x) << 272n) - preciseExpNeg(x);
        expect(error < 4n << 272n && error > -(4n << 272n)).toBe(true);
      }),
      { numRuns: 500 },
    );
    expect(expNeg(0n)).toBe(1n << 128n);
  });
});

describe('shares by interval', () => {
  it('give ten wallets of a stake no more than one, and all together no more than the pool', () => {
    const cut = fc.array(fc.bigInt(0n, 10n ** 27n), { minLength: 10, maxLength: 10 });
    fc.assert(
      fc.property(pools, lambdas, stakes, cut, stakes, (pool, lambda, before, parts, after) => {
        const stake = parts.reduce((x, y) => x + y, 0n);
        const total = before + stake + after;
        let [at, split] = [before, 0n];
        for (const part of parts) {
          split += intervalShare(pool, lambda, { before: at, stake: part, total });
          at += part;
        }
        const whole = intervalShare(pool, lambda, { before, stake, total });
        expect(split <= whole && whole - split <= 10n).toBe(true);
        const first = intervalShare(pool, lambda, { before: 0n, stake: before, total });
        const last = intervalShare(pool, lambda, { before: at, stake: after, total });
        expect(first + whole + last <= pool).toBe(true);
      }),
    );
    expect(intervalShare(7n, WAD, { before: 0n, stake: 5n, total: 5n })).toBe(7n);
  });

  it('refuse an interval beyond the whole and a lambda out of bounds', () => {
    expect(() => intervalShare(1n, WAD, { before: 1n, stake: 1n, total: 1n })).toThrow('beyond the whole');
    for (const lambda of [10n ** 15n - 1n, 20n * WAD + 1n]) {
      expect(() => intervalShare(1n, lambda, { before: 0n, stake: 1n, total: 1n })).toThrow('lambda');
    }
    expect(intervalShare(1n, WAD, { before: 0n, stake: 0n, total: 0n })).toBe(0n);
  });
});

describe('the rest', () => {
  it('splits no more than the pool, mirrored', () => {
    fc.assert(
      fc.property(pools, fc.bigInt(0n, WAD / 2n), stakes, stakes, (pool, gamma, t, s) => {
        const split = splitPool(pool, gamma, t, s);
        const sum = split.nodes + split.validators;
        expect(sum <= pool && pool - sum <= 1n).toBe(true);
        expect(splitPool(pool, gamma, s, t).nodes).toBe(split.validators);
      }),
    );
    expect(splitPool(5n, 0n, 0n, 0n)).toEqual({ nodes: 0n, validators: 0n });
    expect(() => splitPool(5n, WAD / 2n + 1n, 1n, 1n)).toThrow('gamma');
  });

  it('never finds that delegation took something away', () => {
    fc.assert(
      fc.property(pools, lambdas, stakes, stakes, stakes, stakes, (pool, lambda, before, own, delegated, after) => {
        const total = before + own + delegated + after;
        expect(delegatedShare(pool, lambda, { before, own, delegated, total }).added >= 0n).toBe(true);
      }),
    );
    expect(() => divide(1n, WAD + 1n)).toThrow('sigma');
    expect(divide(5n, WAD / 2n)).toEqual({ operator: 3n, delegators: 2n });
  });

  it('rounds fees up', () => {
    expect(afterFee(100n, 800n)).toEqual({ net: 92n, fee: 8n });
    expect(afterFee(1n, 1450n)).toEqual({ net: 0n, fee: 1n });
    expect(() => afterFee(1n, 10_001n)).toThrow('fee');
  });

  it('emits 1 % of what is left in each 30 days, evenly within them, never falling, never all', () => {
    const period = 30n * 86_400n;
    const supply = 10n ** 27n;
    expect(emitted(supply, 0n)).toBe(0n);
    expect(flock(emitted(supply, period))).toBeCloseTo(1e7, 3);
    expect(flock(emitted(supply, period / 2n))).toBeCloseTo(0.5e7, 3);
    expect(flock(emitted(supply, 2n * period))).toBeCloseTo(1.99e7, 3);
    expect(flock(emitted(supply, 12n * period))).toBeCloseTo(1e9 * (1 - 0.99 ** 12), 2);
    fc.assert(
      fc.property(fc.bigInt(0n, 2n ** 96n - 1n), fc.bigInt(0n, 5000n * period), fc.bigInt(0n, period), (s, t, dt) => {
        const early = emitted(s, t);
        expect(early <= emitted(s, t + dt) && emitted(s, t + dt) <= s).toBe(true);
      }),
    );
  });
});
