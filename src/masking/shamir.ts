/**
 * Shamir's secret sharing (Communications of the ACM 22, 1979) over the prime 2^255 - 19, and over any prime for tests.
 *
 * Any `threshold` shares give the secret; fewer say nothing about it. Nothing here tells a wrong share from a right one:
 * shares are opened against their dealer's commitments first (shares.ts), and the rebuilt secret is checked against its
 * public image. BigInt arithmetic is not constant-time; a secret of a round is used on its owner's machine only.
 */
import { bytesToBigInt, uintBytes, type Bytes } from '../core/bytes.ts';
import { MurmurError, check } from '../core/errors.ts';
import type { RandomBytes } from '../core/random.ts';

export const SHARE_PRIME = (1n << 255n) - 19n;
const SECRET_BYTES = 31;
const SHARE_BYTES = 32;

export interface IndexedShare {
  /** evaluation point, roster index + 1 */
  readonly x: number;
  /** 32 bytes, big-endian */
  readonly share: Bytes;
}

/** Value at x of the polynomial with these coefficients, constant first. */
export function evaluate(coefficients: readonly bigint[], x: bigint, prime: bigint): bigint {
  let value = 0n;
  for (let i = coefficients.length - 1; i >= 0; i--) value = (value * x + (coefficients[i] as bigint)) % prime;
  return value;
}

function inverse(value: bigint, prime: bigint): bigint {
  // Extended Euclid; value is in 1..prime-1.
  let [r0, r1] = [prime, value];
  let [s0, s1] = [0n, 1n];
  while (r1 > 0n) {
    const quotient = r0 / r1;
    [r0, r1] = [r1, r0 - quotient * r1];
    [s0, s1] = [s1, s0 - quotient * s1];
  }
  return ((s0 % prime) + prime) % prime;
}

/** Lagrange coefficients at 0 for distinct non-zero points: secret = sum of coefficient i times share i, mod prime. */
export function lagrangeAtZero(points: readonly number[], prime: bigint): bigint[] {
  check(
    points.every((x) => Number.isSafeInteger(x) && x > 0 && BigInt(x) < prime),
    'a share lies at x = 0 or outside the field',
  );
  check(new Set(points).size === points.length, 'two shares lie at the same x');
  return points.map((own, i) => {
    let numerator = 1n;
    let denominator = 1n;
    points.forEach((other, j) => {
      if (i === j) return;
      numerator = (numerator * BigInt(other)) % prime;
      denominator = (denominator * BigInt(other - own)) % prime;
    });
    return (numerator * inverse((denominator + prime) % prime, prime)) % prime;
  });
}

/** The polynomial's value at 0 from shares at distinct points. */
export function interpolateAtZero(
  shares: readonly { x: number; y: bigint }[],
  prime: bigint,
  coefficients = lagrangeAtZero(
    shares.map(({ x }) => x),
    prime,
  ),
): bigint {
  return shares.reduce((sum, { y }, i) => (sum + y * (coefficients[i] as bigint)) % prime, 0n);
}

function randomElement(random: RandomBytes): bigint {
  for (;;) {
    const bytes = random(SHARE_BYTES);
    bytes[0] = (bytes[0] as number) & 0x7f;
    const value = bytesToBigInt(bytes);
    if (value < SHARE_PRIME) return value;
  }
}

/**
 * Splits a 31-byte secret: share i (32 bytes) belongs to x = i + 1.
 * @param holders how many shares, at least `threshold`
 */
export function split(secret: Bytes, threshold: number, holders: number, random: RandomBytes): Bytes[] {
  check(secret.length === SECRET_BYTES, `a secret has ${SECRET_BYTES} bytes`);
  check(
    Number.isInteger(threshold) && threshold >= 1 && threshold <= holders,
    `threshold ${threshold} is not in 1..${holders}`,
  );
  const coefficients = [bytesToBigInt(secret)];
  while (coefficients.length < threshold) coefficients.push(randomElement(random));
  return Array.from({ length: holders }, (_, i) =>
    uintBytes(evaluate(coefficients, BigInt(i + 1), SHARE_PRIME), SHARE_BYTES),
  );
}

/** One round rebuilds many secrets from one set of answerers: their coefficients are worked out once. */
const cache = new Map<string, bigint[]>();
const CACHE_SETS = 64;

function cachedCoefficients(points: readonly number[]): bigint[] {
  const key = points.join(',');
  const known = cache.get(key);
  if (known) return known;
  const coefficients = lagrangeAtZero(points, SHARE_PRIME);
  const oldest = cache.keys().next();
  if (cache.size >= CACHE_SETS && !oldest.done) cache.delete(oldest.value);
  cache.set(key, coefficients);
  return coefficients;
}

/**
 * The secret from the first `threshold` shares (31 bytes).
 * @throws MurmurError bad-share when there are too few, one is not a field element, or the result is no 31-byte secret;
 * bad-input when two share an x or one lies at 0
 */
export function combine(shares: readonly IndexedShare[], threshold: number): Bytes {
  if (shares.length < threshold)
    throw new MurmurError('bad-share', `${shares.length} shares where ${threshold} are needed`);
  check(new Set(shares.map(({ x }) => x)).size === shares.length, 'two shares lie at the same x');
  const used = shares.slice(0, threshold).map(({ x, share }) => {
    const y = bytesToBigInt(share);
    if (share.length !== SHARE_BYTES || y >= SHARE_PRIME)
      throw new MurmurError('bad-share', `the share at x = ${x} is not a field element`);
    return { x, y };
  });
  const secret = interpolateAtZero(used, SHARE_PRIME, cachedCoefficients(used.map(({ x }) => x)));
  if (secret >> BigInt(8 * SECRET_BYTES) !== 0n)
    throw new MurmurError('bad-share', `these shares give no ${SECRET_BYTES}-byte secret`);
  return uintBytes(secret, SECRET_BYTES);
}
