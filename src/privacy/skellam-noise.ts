/**
 * Skellam noise (Skellam 1946): the difference of two independent Poisson draws. Symmetric, integer, closed under addition: the sum of n
 * draws of variance v is one draw of variance n · v, whatever n. Exact, see poisson.ts.
 */
import { check } from '../core/errors.ts';
import type { RandomBytes } from '../core/random.ts';
import { BitSource } from './bit-source.ts';
import { PoissonSampler } from './poisson.ts';
import { LARGEST_NOISE_VARIANCE } from '../protocol/noise-plan.ts';

/**
 * Independent draws.
 * @param variance of each, at most 2^31; any double, taken exactly
 * @param random secure bytes
 * @returns integers
 */
export function skellamNoise(length: number, variance: number, random: RandomBytes): Int32Array<ArrayBuffer> {
  check(variance >= 0 && variance <= LARGEST_NOISE_VARIANCE, `a variance is in [0, 2^31], not ${variance}`);
  const noise = new Int32Array(length);
  if (variance === 0) return noise;
  const poisson = new PoissonSampler(variance / 2, new BitSource(random));
  for (let i = 0; i < length; i++) noise[i] = poisson.next() - poisson.next();
  return noise;
}
