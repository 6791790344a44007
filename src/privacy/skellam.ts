/**
 * The Skellam mechanism over integer vectors: Agarwal, Kairouz, Liu 2021, "The Skellam Mechanism for Differentially Private Federated
 * Learning" (arXiv 2110.04995), Corollary 4.1 of its accounting: adding to each coordinate the difference of two Poisson draws of mean
 * V/2 (variance V) to a vector of L1 sensitivity D1 and L2 sensitivity D2 costs, at a whole order a,
 *   a · D2²/(2V) + min(((2a − 1) D2² + 6 D1)/(4V²), 3 D1/(2V)).
 * The first part is the Gaussian's; the second vanishes as the ring gets finer. Sums of Skellam draws are Skellam, so the noise of
 * many participants is exactly the mechanism's, which no sum of discrete Gaussians is.
 *
 * Neighbours: one participant's vector replaced by zeros (the roster is public).
 */
import { check } from '../core/errors.ts';

export interface Sensitivity {
  readonly l1: number;
  readonly l2: number;
}

/**
 * @param order Rényi order above 1; a fractional one gets the value of the next whole order, which bounds it
 * @param variance of the noise in one coordinate of the sum, in units of the integer grid
 * @returns nats for one release
 */
export function skellamRdp(order: number, { l1, l2 }: Sensitivity, variance: number): number {
  check(order > 1, `a Rényi order is above 1, not ${order}`);
  check(l1 >= 0 && l2 >= 0, 'a sensitivity is not negative');
  check(variance >= 0 && Number.isFinite(variance), `a variance is not negative, not ${variance}`);
  if (l1 === 0 && l2 === 0) return 0;
  if (variance === 0) return Infinity;
  const a = Math.ceil(order);
  const squared = l2 * l2;
  const gap = Math.min(((2 * a - 1) * squared + 6 * l1) / (4 * variance * variance), (3 * l1) / (2 * variance));
  return (a * squared) / (2 * variance) + gap;
}
