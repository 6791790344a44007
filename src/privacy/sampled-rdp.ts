/**
 * RDP of any mechanism over a Poisson sample: Zhu and Wang 2019, "Poisson Subsampled Rényi Differential Privacy" (ICML), Theorem 5. A
 * general bound, looser than {@link subsampledGaussianRdp}, which knows the mechanism.
 */
import { check } from '../core/errors.ts';
import { logAdd } from './special.ts';
import { checkRate } from './subsampled-gaussian.ts';

/**
 * @param order a fractional one gets the value of the next whole order, which bounds it
 * @param q sampling rate in [0, 1]
 * @param rdp of the mechanism without sampling, at whole orders
 */
export function sampledRdp(order: number, q: number, rdp: (order: number) => number): number {
  check(order > 1, `a Rényi order is above 1, not ${order}`);
  checkRate(q);
  if (q === 0) return 0;
  const a = Math.ceil(order);
  const whole = rdp(a);
  if (q === 1) return whole;
  const logQ = Math.log(q);
  const logRest = Math.log1p(-q);
  let sum = (a - 1) * logRest + Math.log(a * q - q + 1);
  let logBinomial = Math.log(a);
  for (let l = 2; l <= a; l++) {
    logBinomial += Math.log((a - l + 1) / l);
    const term = logBinomial + (a - l) * logRest + l * logQ + (l - 1) * rdp(l);
    sum = logAdd(sum, l === 2 ? term : term + Math.log(3));
  }
  return Math.min(whole, sum / (a - 1));
}
