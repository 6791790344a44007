import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import known from '../../tests/vectors/known-answers.json' with { type: 'json' };
import { bytesToBigInt, uintBytes, type Bytes } from '../core/bytes.ts';
import { secureRandom } from '../core/random.ts';
import { SHARE_PRIME, combine, evaluate, interpolateAtZero, lagrangeAtZero, split } from './shamir.ts';

const indexed = (shares: readonly Bytes[]) => shares.map((share, i) => ({ x: i + 1, share }));
const secretBytes = fc.uint8Array({ minLength: 31, maxLength: 31 }).map((bytes) => new Uint8Array(bytes));

describe('the field', () => {
  it('gives the legacy vector of federated-compute (p = 2147483659, two words)', () => {
    const { p, threshold, shares, secret_words } = known.shamir;
    const words = shares.map((bytes) => [
      bytesToBigInt(Uint8Array.from(bytes.slice(0, 4))),
      bytesToBigInt(Uint8Array.from(bytes.slice(4))),
    ]);
    for (const set of [
      [0, 1, 2],
      [4, 2, 0],
      [1, 3, 4],
    ]) {
      expect(set).toHaveLength(threshold);
      const rebuilt = [0, 1].map((word) =>
        interpolateAtZero(
          set.map((i) => ({ x: i + 1, y: words[i]?.[word] as bigint })),
          BigInt(p),
        ),
      );
      expect(rebuilt).toEqual(secret_words.map(BigInt));
    }
  });

  it('interpolates what it evaluates, over small primes too (property)', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(101n, 2147483659n, SHARE_PRIME),
        fc.array(fc.bigInt({ min: 0n, max: 100n }), { minLength: 1, maxLength: 6 }),
        (prime, coefficients) => {
          const shares = coefficients.map((_, i) => ({
            x: 7 * i + 3,
            y: evaluate(coefficients, BigInt(7 * i + 3), prime),
          }));
          expect(interpolateAtZero(shares, prime)).toBe(coefficients[0]);
        },
      ),
    );
  });

  it('refuses x = 0 and repeated x', () => {
    expect(() => lagrangeAtZero([0, 1], SHARE_PRIME)).toThrow('x = 0');
    expect(() => lagrangeAtZero([2, 2], SHARE_PRIME)).toThrow('same x');
  });
});

describe('split and combine', () => {
  it('give the secret from any threshold shares (property)', () => {
    fc.assert(
      fc.property(
        secretBytes,
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 0, max: 6 }),
        fc.infiniteStream(fc.nat()),
        (secret, threshold, spare, order) => {
          const shares = indexed(split(secret, threshold, threshold + spare, secureRandom));
          const shuffled = shares
            .map((share) => ({ share, key: order.next().value as number }))
            .sort((a, b) => a.key - b.key)
            .map(({ share }) => share);
          expect(combine(shuffled.slice(0, threshold), threshold)).toEqual(secret);
        },
      ),
      { numRuns: 50 },
    );
  });

  it('say nothing with one share too few: every secret stays possible', () => {
    const secret = new Uint8Array(31).fill(7);
    const shares = indexed(split(secret, 3, 5, secureRandom)).slice(0, 2);
    expect(() => combine(shares, 3)).toThrow('2 shares where 3');
    // For another secret there is a third share that fits the same two.
    const wanted = new Uint8Array(31).fill(9);
    const known3 = [...shares.map(({ x, share }) => ({ x, y: bytesToBigInt(share) }))];
    const [c1, c2, c3] = lagrangeAtZero([1, 2, 3], SHARE_PRIME) as [bigint, bigint, bigint];
    const rest =
      (((bytesToBigInt(wanted) - c1 * (known3[0]?.y as bigint) - c2 * (known3[1]?.y as bigint)) % SHARE_PRIME) +
        SHARE_PRIME) %
      SHARE_PRIME;
    let inverse = 1n;
    for (let base = c3, power = SHARE_PRIME - 2n; power > 0n; power >>= 1n, base = (base * base) % SHARE_PRIME)
      if (power & 1n) inverse = (inverse * base) % SHARE_PRIME;
    const third = { x: 3, share: uintBytes((rest * inverse) % SHARE_PRIME, 32) };
    expect(combine([...shares, third], 3)).toEqual(wanted);
  });

  it('refuse what is no share', () => {
    const shares = indexed(split(new Uint8Array(31).fill(255), 2, 4, secureRandom));
    const [a, b] = shares as [(typeof shares)[0], (typeof shares)[0]];
    expect(() => combine([a, a], 2)).toThrow('same x');
    expect(() => combine([a, { ...b, x: 0 }], 2)).toThrow('x = 0');
    expect(() => combine([a, { ...b, share: uintBytes(SHARE_PRIME, 32) }], 2)).toThrow('not a field element');
    expect(() => combine([a, { ...b, share: new Uint8Array(31) }], 2)).toThrow('not a field element');
    // a + (a - b) style nonsense gives almost surely more than 31 bytes
    expect(() =>
      combine([a, { x: 9, share: uintBytes(SHARE_PRIME - 1n, 32) }, { x: 10, share: uintBytes(5n, 32) }], 3),
    ).toThrow(/31-byte secret/);
    expect(() => split(new Uint8Array(32), 2, 3, secureRandom)).toThrow('31 bytes');
    expect(() => split(new Uint8Array(31), 4, 3, secureRandom)).toThrow('threshold');
  });
});
