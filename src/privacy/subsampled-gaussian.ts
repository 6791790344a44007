/**
 * RDP of the Gaussian mechanism over a Poisson sample: Mironov, Talwar, Zhang 2019, "Rényi Differential Privacy of the Sampled Gaussian
 * Mechanism" (arXiv 1908.10530). Neighbours differ by one participant (or record) added or removed; each is in the sample
 * with chance q on its own; the sum of vectors of norm at most C gets normal noise of deviation z · C.
 *
 * Exact up to rounding for every order: a finite sum at whole orders (section 3.3), two infinite series at the others. Those series
 * alternate, because the binomials of a fractional order do: a sum of magnitudes is a bound, but a loose one.
 */
import { check } from '../core/errors.ts';
import { logAdd, logErfc, logSubtract } from './special.ts';

/** A term this many nats below 1 no longer counts: the moment A is at least 1. */
const NEGLIGIBLE = -35;
const MAX_TERMS = 1_000_000;

/**
 * @param order Rényi order, above 1
 * @param q sampling rate in [0, 1]
 * @param z noise multiplier: standard deviation of the noise over the clip norm
 * @returns nats for one release, never 0 where something is released; Infinity without noise
 */
export function subsampledGaussianRdp(order: number, q: number, z: number): number {
  check(order > 1, `a Rényi order is above 1, not ${order}`);
  checkRate(q);
  check(z >= 0 && Number.isFinite(z), `a noise multiplier is not negative, not ${z}`);
  if (q === 0) return 0;
  if (z === 0) return Infinity;
  if (q === 1) return order / (2 * z * z);
  const logMoment = Number.isInteger(order) ? logMomentWhole(order, q, z) : logMomentFractional(order, q, z);
  // RDP grows with the order, so the next whole order bounds it where rounding eats the alternating series.
  if (Number.isNaN(logMoment)) return subsampledGaussianRdp(Math.ceil(order), q, z);
  return Math.max(logMoment, Number.EPSILON) / (order - 1);
}

export function checkRate(q: number): void {
  check(q >= 0 && q <= 1, `a sampling rate is between 0 and 1, not ${q}`);
}

/** log Σ_k binom(a, k) (1 − q)^(a−k) q^k e^((k² − k)/(2z²)) */
function logMomentWhole(order: number, q: number, z: number): number {
  let sum = -Infinity;
  let logBinomial = 0;
  for (let k = 0; k <= order; k++) {
    if (k > 0) logBinomial += Math.log((order - k + 1) / k);
    sum = logAdd(sum, logBinomial + k * Math.log(q) + (order - k) * Math.log1p(-q) + (k * k - k) / (2 * z * z));
  }
  return sum;
}

/**
 * The mixture's density over the normal one's, to the power of the order, is developed by the binomial series to the left and to the
 * right of the point z0 where both parts of the mixture weigh the same; each term then is a normal tail. NaN where it did not settle.
 */
function logMomentFractional(order: number, q: number, z: number): number {
  const z0 = z * z * Math.log(1 / q - 1) + 0.5;
  const deviation = Math.SQRT2 * z;
  const logQ = Math.log(q);
  const logRest = Math.log1p(-q);
  let positive = -Infinity;
  let negative = -Infinity;
  let logBinomial = 0;
  let sign = 1;
  for (let i = 0; i < MAX_TERMS; i++) {
    if (i > 0) {
      const factor = (order - i + 1) / i;
      logBinomial += Math.log(Math.abs(factor));
      if (factor < 0) sign = -sign;
    }
    const j = order - i;
    const left = i * logQ + j * logRest + (i * i - i) / (2 * z * z) + logErfc((i - z0) / deviation);
    const right = j * logQ + i * logRest + (j * j - j) / (2 * z * z) + logErfc((z0 - j) / deviation);
    const term = logBinomial - Math.LN2 + logAdd(left, right);
    if (sign > 0) positive = logAdd(positive, term);
    else negative = logAdd(negative, term);
    if (i > order && term < NEGLIGIBLE) return logSubtract(positive, negative);
  }
  return NaN;
}
