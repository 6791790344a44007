/**
 * The accountant's front: what a number of rounds costs, as (epsilon, delta), and by which mechanism that was proved.
 */
import { check } from '../core/errors.ts';
import { checkDelta, epsilonOf } from './conversion.ts';
import { exactGaussianEpsilon } from './exact-gaussian.ts';
import { type Ring, ringScale, roundedSensitivity } from './quantisation.ts';
import { type RdpCurve, curveOf, repeat } from './rdp-curve.ts';
import { sampledRdp } from './sampled-rdp.ts';
import { type Sensitivity, skellamRdp } from './skellam.ts';
import { subsampledGaussianRdp } from './subsampled-gaussian.ts';

export type Mechanism = 'gaussian' | 'subsampled-gaussian' | 'skellam' | 'subsampled-skellam';

export interface PrivacyCost {
  /** Infinity without noise */
  readonly epsilon: number;
  readonly delta: number;
  /** the Rényi order that gives epsilon; undefined where the figure is exact, or no order bounds it */
  readonly order: number | undefined;
  readonly mechanism: Mechanism;
}

export interface Rounds {
  /** noise of the sum over the clip norm */
  readonly z: number;
  readonly rounds: number;
  /** chance with which one participant (or record) is in a round, by itself */
  readonly q: number;
  readonly delta: number;
}

/** Real-valued Gaussian noise: exact without sampling, by Rényi orders with it. */
export function gaussianCost({ z, rounds, q, delta }: Rounds): PrivacyCost {
  if (q === 1) {
    return { epsilon: exactGaussianEpsilon(z, rounds, delta), delta, order: undefined, mechanism: 'gaussian' };
  }
  return { ...epsilonOf(gaussianCurve({ z, rounds, q }), delta), delta, mechanism: 'subsampled-gaussian' };
}

/** Skellam noise in a ring of few bits, each participant's share of it of variance z²/n. */
export function skellamCost(ring: Ring, { z, rounds, q, delta }: Rounds): PrivacyCost {
  checkDelta(delta);
  check(Number.isInteger(ring.participants) && ring.participants >= 1, 'a sum has at least one participant');
  const scale = ringScale(ring, z);
  const once = skellamCurve(roundedSensitivity(scale, ring.dimension), (z * scale) ** 2, q);
  return { ...epsilonOf(repeat(once, rounds), delta), delta, mechanism: q === 1 ? 'skellam' : 'subsampled-skellam' };
}

/**
 * The Rényi curve of one release with Skellam noise.
 * @param variance of a coordinate of the sum's noise, in squared steps of the grid
 */
export function skellamCurve(sensitivity: Sensitivity, variance: number, q = 1): RdpCurve {
  return curveOf((order) => sampledRdp(order, q, (whole) => skellamRdp(whole, sensitivity, variance)));
}

/** The Rényi curve of rounds with Gaussian noise. */
export function gaussianCurve({ z, rounds, q }: Omit<Rounds, 'delta'>): RdpCurve {
  return repeat(
    curveOf((order) => subsampledGaussianRdp(order, q, z)),
    rounds,
  );
}
