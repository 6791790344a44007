/**
 * How a noisy update lies in its ring: padded to blocks for the rotation, in steps of 2^−updateFractionBits, with room for the sum of a
 * whole cohort and six standard deviations beyond it (docs/protocol.md, section 7). It enters the round's context, so it is computed in
 * IEEE float64 + − · / √ only.
 */
import type { UserPrivacySpec } from './privacy-spec.ts';

/** k_s: standard deviations of a coordinate of the sum that fit into half the ring; beyond them the round is void. */
const RING_DEVIATIONS = 6;
/** Padding is at most an eighth of the vector. */
const BLOCKS_AT_LEAST = 8;
/** A block is rotated in memory at once; larger ones flatten no further what 128 members can add up to. */
const LARGEST_BLOCK = 2 ** 17;

export interface NoisePlan {
  /** coordinates that are rotated together: a power of two */
  readonly blockSize: number;
  /** coordinates of the segment: the vector's, padded with zeros to whole blocks */
  readonly length: number;
  /** the clip norm in steps of the grid */
  readonly clipSteps: number;
  /** of each member's noise in one coordinate, in squared steps */
  readonly variance: number;
  /** largest coordinate of a sum, in steps; meets all but one in 10^7 of honest sums' coordinates */
  readonly bound: number;
}

interface Ring {
  readonly clipNorm: number;
  readonly updateFractionBits: number;
  readonly maxCohort: number;
}

/** @param weights coordinates of an update */
export function noisePlan(weights: number, ring: Ring, { noiseMultiplier, honest }: UserPrivacySpec): NoisePlan {
  let blockSize = 1;
  while (blockSize < LARGEST_BLOCK && 2 * blockSize * BLOCKS_AT_LEAST <= weights) blockSize *= 2;
  const clipSteps = ring.clipNorm * 2 ** ring.updateFractionBits;
  const noiseSteps = noiseMultiplier * clipSteps;
  const variance = (noiseSteps * noiseSteps) / honest;
  const n = ring.maxCohort;
  // All members pull together; a rotated coordinate then is a sum of signs, whose tails are the normal's or lighter (Hoeffding).
  const signal = n * (clipSteps + 1) * Math.min(1, RING_DEVIATIONS / Math.sqrt(blockSize));
  const chance = RING_DEVIATIONS * Math.sqrt(n / 4 + n * variance);
  return {
    blockSize,
    length: Math.ceil(weights / blockSize) * blockSize,
    clipSteps,
    variance,
    bound: Math.ceil(signal + chance),
  };
}

/** Most fraction bits with which a plan fits a ring of so many bits; undefined when none does. */
export function largestFractionBits(
  weights: number,
  ring: Omit<Ring, 'updateFractionBits'>,
  width: number,
  privacy: UserPrivacySpec,
): number | undefined {
  for (let updateFractionBits = 44; updateFractionBits >= 0; updateFractionBits--) {
    const { bound, variance } = noisePlan(weights, { ...ring, updateFractionBits }, privacy);
    if (bound < 2 ** (width - 1) && variance <= LARGEST_NOISE_VARIANCE) return updateFractionBits;
  }
  return undefined;
}

/** Largest variance that the exact sampler draws, in squared steps. */
export const LARGEST_NOISE_VARIANCE = 2 ** 31;
