/**
 * Rigorous bounds on the Poisson distribution function: integers lo and hi with lo/2^bits <= P(X <= k) <= hi/2^bits, for every k of a window
 * that leaves out less than about 2^−bits on either side. BigInt throughout, so no rounding goes unnoticed: sampling by them is exact,
 * see poisson.ts.
 */
import { check } from '../core/errors.ts';
import { LARGEST_NOISE_VARIANCE } from '../protocol/noise-plan.ts';

export interface PoissonTable {
  /** k of the first entry */
  readonly first: number;
  readonly bits: number;
  /** number of entries */
  readonly size: number;
  /** bounds of P(X <= first + entry); entry −1 bounds what lies left of the window */
  readonly lo: (entry: number) => bigint;
  readonly hi: (entry: number) => bigint;
}

/** Extra bits of the weights, for the rounding of a million steps. */
const GUARD_BITS = 40;
const LARGEST_MEAN = LARGEST_NOISE_VARIANCE / 2;

/**
 * Weights follow from w(k+1) = w(k) · mean/(k+1), from the window's left end on, rounded down. Rounding at j costs every later w(k) at most
 * w(k)/w(j). The weights rise to the mode and then fall, the first being 2^(bits+guard), so that all roundings together cost a sum
 * at most N · total/2^(bits+guard) for j left of the mode and N² for j right of it.
 * @throws MurmurError bad-input for a mean outside (0, 2^30]
 */
export function poissonTable(mean: number, bits: number): PoissonTable {
  check(mean > 0 && mean <= LARGEST_MEAN, `a Poisson mean is in (0, 2^30], not ${mean}`);
  const [numerator, shift] = dyadic(mean);
  const reach = Math.sqrt(2 * Math.LN2 * (bits + 8) * mean);
  const first = Math.max(0, Math.floor(mean - reach));
  const last = Math.ceil(mean + reach + (bits + 8) * Math.LN2);
  const size = last - first + 1;
  const one = 1n << BigInt(bits + GUARD_BITS);

  const sums = new Array<bigint>(size);
  let weight = one;
  let total = one;
  sums[0] = total;
  for (let entry = 1; entry < size; entry++) {
    weight = (weight * numerator) / (BigInt(first + entry) << shift);
    total += weight;
    sums[entry] = total;
  }
  const n = BigInt(size);
  const rounding = (value: bigint): bigint => n * (value / one + 1n + n);
  // Beyond each end the weights fall at least as fast as a geometric row.
  const lower = first === 0 ? 0n : tail(one, BigInt(first) << shift, numerator);
  const upper = tail(weight + rounding(weight), numerator, BigInt(last + 1) << shift);
  const error = lower + upper + rounding(total);
  const scale = BigInt(bits);
  const sum = (entry: number): bigint => (entry < 0 ? 0n : (sums[entry] as bigint));
  const full = 1n << scale;
  const nothing = (entry: number): boolean => entry < 0 && first === 0;
  return {
    first,
    bits,
    size,
    lo: (entry) => (sum(entry) << scale) / (total + error),
    hi: (entry) => {
      if (nothing(entry)) return 0n;
      const hi = ((sum(entry) + error) << scale) / total + 1n;
      return hi < full ? hi : full;
    },
  };
}

/** At least Σ_{i>=1} weight · r^i for r = numerator/denominator < 1. */
function tail(weight: bigint, numerator: bigint, denominator: bigint): bigint {
  return (weight * numerator) / (denominator - numerator) + 1n;
}

/** A positive double as numerator / 2^shift, exactly. */
function dyadic(value: number): [bigint, bigint] {
  let shift = 0n;
  let scaled = value;
  while (!Number.isInteger(scaled)) {
    scaled *= 2;
    shift += 1n;
  }
  return [BigInt(scaled), shift];
}
