/**
 * How finely a vector can be written into a ring of few bits: Kairouz, Liu, Steinke 2021, "The Distributed Discrete Gaussian Mechanism
 * for Federated Learning with Secure Aggregation" (arXiv 2102.06387), whose rounding and ring the Skellam paper takes over.
 *
 * A vector of norm at most C is multiplied by `scale` and rounded, each coordinate up or down by chance so that its mean stays. Rounding
 * is repeated until the norm is at most {@link roundedSensitivity}'s l2, which a share of at least 1 − beta of all tries meets.
 */
import { check } from '../core/errors.ts';
import type { Sensitivity } from './skellam.ts';

/** √(2 ln(1/beta)) for beta = e^(−1/2): of all tries of rounding at most that share is thrown away. */
const ROUNDING_DEVIATIONS = 1;

/**
 * Largest norms after rounding a vector of that norm (in units of the grid) and dimension: Theorem 1 of the paper.
 * L1 is at most √d · L2, and for integers at most L2².
 */
export function roundedSensitivity(norm: number, dimension: number): Sensitivity {
  const plain = norm + Math.sqrt(dimension);
  const conditional = Math.sqrt(norm * norm + dimension / 4 + ROUNDING_DEVIATIONS * (norm + Math.sqrt(dimension) / 2));
  const l2 = Math.min(plain, conditional);
  return { l1: l2 * Math.min(Math.sqrt(dimension), l2), l2 };
}

export interface Ring {
  /** participants whose vectors are added up */
  readonly participants: number;
  /** coordinates */
  readonly dimension: number;
  /** width of the ring */
  readonly bits: number;
  /** deviations of a coordinate of the sum that fit between 0 and half the ring */
  readonly deviations: number;
}

/**
 * Grid steps a clip norm, so that a coordinate of the sum (rotated, hence nearly normal: section 4.2) wraps around only beyond that many
 * of its standard deviations: solves 2^bits = 2k √(n²s²/d + n/4 + z²s²). The three parts are all n vectors of norm s pulling
 * together, n roundings, and the noise.
 * @param z noise of the sum in clip norms
 * @throws MurmurError bad-input when the roundings alone fill the ring
 */
export function ringScale({ participants, dimension, bits, deviations }: Ring, z: number): number {
  const free = 4 ** bits - participants * deviations ** 2;
  check(free > 0, `${bits} bits are too few for the sum of ${participants} participants`);
  return Math.sqrt(free) / (2 * deviations * Math.sqrt(participants ** 2 / dimension + z * z));
}
