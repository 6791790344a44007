/**
 * The normal distribution's tails and sums in log space, where the accountants work: probabilities of e^-1000 and moments of e^1000 are
 * ordinary there. About 13 digits, checked against known values.
 */

/** log(e^a + e^b). */
export function logAdd(a: number, b: number): number {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}

/** log(e^a − e^b) for a >= b. */
export function logSubtract(a: number, b: number): number {
  if (b === -Infinity) return a;
  return a + Math.log(-Math.expm1(b - a));
}

const LOG_SQRT_PI = Math.log(Math.PI) / 2;
/** Below it erfc is 1 − erf; the series loses no more than three digits there. */
const SERIES_UNTIL = 2;

/** log erfc(x) for any finite x. */
export function logErfc(x: number): number {
  if (x < 0) return Math.log(2 - Math.exp(logErfc(-x)));
  return x < SERIES_UNTIL ? Math.log(1 - erfSeries(x)) : logErfcFraction(x);
}

/** log of the standard normal distribution function. */
export function logNormalCdf(x: number): number {
  return logErfc(-x * Math.SQRT1_2) - Math.LN2;
}

/** erf(x) = 2/√π · e^(−x²) · Σ 2^n x^(2n+1) / (2n+1)!!, all terms positive (Abramowitz and Stegun 7.1.6). */
function erfSeries(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return 2 * Math.exp(-x * x - LOG_SQRT_PI) * sum;
}

/** erfc(x) = e^(−x²)/√π · 1/(x + (1/2)/(x + 1/(x + (3/2)/(x + …)))) (Abramowitz and Stegun 7.1.14), from the tail up. */
function logErfcFraction(x: number): number {
  const depth = Math.ceil(20 + 400 / (x * x));
  let rest = x;
  for (let k = depth; k >= 1; k--) rest = x + k / 2 / rest;
  return -x * x - LOG_SQRT_PI - Math.log(rest);
}
