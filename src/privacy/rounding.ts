/**
 * Conditional stochastic rounding (Kairouz, Liu, Steinke 2021, Algorithm 1): each coordinate up or down by chance so that its mean stays,
 * all of it again until the norm is within the bound that the accountant charges. Without the condition the norm could grow by √d.
 */
import { MurmurError } from '../core/errors.ts';
import type { BitSource } from './bit-source.ts';

/** Each try fails with a chance of at most 0.61. */
const MAX_TRIES = 1000;

/**
 * @param values in steps of the grid
 * @param largestNorm of the result, from `roundedSensitivity`
 * @returns integers of norm at most largestNorm
 * @throws MurmurError internal when the values cannot have had the norm that the bound is for
 */
export function roundWithin(values: Float64Array, largestNorm: number, bits: BitSource): Float64Array<ArrayBuffer> {
  const out = new Float64Array(values.length);
  const most = largestNorm * largestNorm;
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    let squares = 0;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as number;
      const below = Math.floor(value);
      const rounded = bits.next48() < (value - below) * 2 ** 48 ? below + 1 : below;
      out[i] = rounded;
      squares += rounded * rounded;
    }
    if (squares <= most) return out;
  }
  throw new MurmurError('internal', `a vector cannot be rounded within a norm of ${largestNorm}`);
}
