/** What a lock is worth: FLock's published examples, cases worked by hand, and what holds for every lock. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { extendLock, type Lock, multiplierOf, newLock, pokeLock, slashLock, unitsOf } from './gmflock.ts';

const DAY = 86_400n;
const ONE = 10n ** 18n;
const NOW = 1_800_000_000n;

const durations = fc.bigInt({ min: 30n * DAY, max: 365n * DAY });
const amounts = fc.bigInt({ min: 1n, max: 10n ** 27n });
const locks = fc.record({ amount: amounts, duration: durations }).map((l) => newLock(l.amount, l.duration, NOW));

describe('multiplier', () => {
  // FLock documentation: m = n (1 + 2.19 (t - 30)/365); shared/vectors/known-answers.json, gmflock. The cap of 395 days there is ours of 365.
  it.each([
    [1000n, 30n, 1000n],
    [1000n, 365n, 3010n],
    [1000n, 180n, 1900n],
  ])('%i FLOCK for %i days give %i', (flock, days, units) => {
    expect(unitsOf(flock * ONE, multiplierOf(days * DAY))).toBe(units * ONE);
  });

  it('is a floor in 10^18, by hand', () => {
    // 2.19e18 / 31,536,000 s = 69,444,444,444.4
    expect(multiplierOf(30n * DAY + 1n)).toBe(1_000_000_069_444_444_444n);
    expect(unitsOf(3n, multiplierOf(180n * DAY))).toBe(5n);
  });

  it('is refused below 30 and above 365 days', () => {
    for (const seconds of [0n, -1n, 30n * DAY - 1n, 365n * DAY + 1n]) {
      expect(() => multiplierOf(seconds)).toThrow('30 to 365 days');
    }
  });

  it('grows with the time, and a split never gives more units (property)', () => {
    fc.assert(
      fc.property(durations, durations, amounts, amounts, (d, e, a, b) => {
        const [short, long] = d < e ? [d, e] : [e, d];
        expect(multiplierOf(short) <= multiplierOf(long)).toBe(true);
        expect(multiplierOf(d) >= ONE && multiplierOf(d) <= (301n * ONE) / 100n).toBe(true);
        const m = multiplierOf(d);
        expect(unitsOf(a, m) + unitsOf(b, m) <= unitsOf(a + b, m)).toBe(true);
      }),
    );
  });
});

describe('a lock', () => {
  it('holds something', () => {
    expect(newLock(7n, 180n * DAY, NOW)).toEqual({
      amount: 7n,
      unlockAt: NOW + 180n * DAY,
      multiplier: (19n * ONE) / 10n,
    });
    expect(() => newLock(0n, 180n * DAY, NOW)).toThrow('nothing');
  });

  it('keeps its multiplier when it is made longer by less than it was made for', () => {
    const lock = newLock(1n, 365n * DAY, NOW);
    const later = NOW + 300n * DAY;
    expect(extendLock(lock, lock.unlockAt + 1n, later)).toEqual({ ...lock, unlockAt: lock.unlockAt + 1n });
    expect(extendLock(newLock(1n, 30n * DAY, NOW), NOW + 365n * DAY, NOW).multiplier).toBe((301n * ONE) / 100n);
  });

  it('that is over counts as poked when it is made longer', () => {
    const lock = newLock(1n, 365n * DAY, NOW);
    expect(extendLock(lock, lock.unlockAt + 30n * DAY, lock.unlockAt).multiplier).toBe(ONE);
  });

  it('is never made shorter, nor longer than a year from now', () => {
    const lock = newLock(1n, 60n * DAY, NOW);
    expect(() => extendLock(lock, lock.unlockAt, NOW)).toThrow('longer');
    expect(() => extendLock(lock, NOW + 365n * DAY + 1n, NOW)).toThrow('365 days');
    expect(() => extendLock(lock, lock.unlockAt + 1n, lock.unlockAt)).toThrow('30 to 365');
  });

  it('is poked to 1 once it is over, and left alone before (property)', () => {
    fc.assert(
      fc.property(locks, fc.bigInt({ min: 0n, max: 400n * DAY }), (lock, passed) => {
        const poked = pokeLock(lock, NOW + passed);
        expect(poked).toEqual(NOW + passed < lock.unlockAt ? lock : { ...lock, multiplier: ONE });
        expect(pokeLock(poked, NOW + passed)).toEqual(poked);
      }),
    );
  });

  it('never has fewer units for being made longer in time (property)', () => {
    fc.assert(
      fc.property(locks, durations, fc.bigInt({ min: 0n, max: 365n * DAY }), (lock, duration, passed) => {
        const now = NOW + passed;
        fc.pre(now < lock.unlockAt && now + duration > lock.unlockAt);
        const longer = extendLock(lock, now + duration, now);
        expect(longer.multiplier >= lock.multiplier && longer.multiplier >= multiplierOf(duration)).toBe(true);
      }),
    );
  });
});

describe('a slash', () => {
  const lock: Lock = { amount: 100n, unlockAt: NOW, multiplier: 2n * ONE };

  it('splits by hand', () => {
    expect(slashLock(lock, 60n, 39n)).toEqual({
      left: { ...lock, amount: 61n },
      reward: { ...lock, amount: 3n },
      toTreasury: 36n,
    });
    expect(slashLock(lock, 60n, 9n)).toMatchObject({ reward: undefined, toTreasury: 9n });
    expect(slashLock(lock, 60n, 60n, false)).toMatchObject({ reward: undefined, toTreasury: 60n });
  });

  it('takes no more than the position, which holds no more than the lock', () => {
    expect(() => slashLock(lock, 60n, 0n)).toThrow('takes something');
    expect(() => slashLock(lock, 60n, 61n)).toThrow('no more than the position');
    expect(() => slashLock(lock, 101n, 1n)).toThrow('more than its lock');
  });

  it('loses nothing, gives the prover at most a tenth, and frees nothing early (property)', () => {
    fc.assert(
      fc.property(locks, fc.bigInt({ min: 1n, max: 10n ** 27n }), fc.bigInt({ min: 1n }), (held, p, a) => {
        const principal = (p % held.amount) + 1n;
        const amount = (a % principal) + 1n;
        const { left, reward, toTreasury } = slashLock(held, principal, amount);
        expect(left.amount + (reward?.amount ?? 0n) + toTreasury).toBe(held.amount);
        expect(toTreasury * 10n >= amount * 9n).toBe(true);
        expect((reward ?? left).unlockAt).toBe(held.unlockAt);
        const after = [left, reward].map((lock) => unitsOf(lock?.amount ?? 0n, held.multiplier));
        expect((after[0] ?? 0n) + (after[1] ?? 0n) <= unitsOf(held.amount, held.multiplier)).toBe(true);
      }),
    );
  });
});

/**
 * One life of a lock: locked, time passes, made longer where that is possible, a position opened and slashed, poked at the end.
 * contracts/test/economy/GmFlockTwin.t.sol plays the same with the contract, which has to give the same figures.
 */
function life([amount, duration, passed, longer, principal, slashed]: readonly bigint[]): bigint[] {
  let lock = newLock(amount ?? 0n, duration ?? 0n, NOW);
  const figures = [lock.multiplier, unitsOf(lock.amount, lock.multiplier)];
  const now = NOW + (passed ?? 0n);
  if (now + (longer ?? 0n) > lock.unlockAt) lock = extendLock(lock, now + (longer ?? 0n), now);
  lock = pokeLock(lock, now);
  const { left, reward, toTreasury } = slashLock(lock, principal ?? 0n, slashed ?? 0n);
  const after = pokeLock(left, left.unlockAt);
  return [
    ...figures,
    lock.multiplier,
    lock.unlockAt,
    unitsOf(principal ?? 0n, lock.multiplier),
    unitsOf(left.amount, left.multiplier),
    reward === undefined ? 0n : unitsOf(reward.amount, reward.multiplier),
    toTreasury,
    unitsOf(after.amount, after.multiplier),
  ];
}

describe('the contract', () => {
  it('is given the same lives of locks, and what comes of them', async () => {
    // Knuth's MMIX generator: the same cases for ever.
    let state = 5n;
    const upTo = (limit: bigint) => {
      state = (state * 6364136223846793005n + 1442695040888963407n) % 2n ** 64n;
      return (state >> 16n) % limit;
    };
    const cases = Array.from({ length: 200 }, (_, i) => {
      const amount = i % 2 === 0 ? 1n + upTo(1000n) : 1n + upTo(10n ** 9n) * upTo(10n ** 9n) * 100n;
      const principal = 1n + (upTo(2n ** 40n) * amount) / 2n ** 40n;
      const slashed = 1n + (upTo(2n ** 40n) * principal) / 2n ** 40n;
      const duration = () => 30n * DAY + upTo(335n * DAY + 1n);
      return [amount, duration(), upTo(500n * DAY), duration(), principal, slashed];
    });
    const text = (numbers: readonly bigint[]) => JSON.stringify(numbers.map(String));
    const lines = cases.map((numbers) => `    { "given": ${text(numbers)}, "gives": ${text(life(numbers))} }`);
    const json = `{\n  "count": ${cases.length},\n  "lives": [\n${lines.join(',\n')}\n  ]\n}\n`;
    await expect(json).toMatchFileSnapshot('../../contracts/test/vectors/gmflock.json');
  });
});
