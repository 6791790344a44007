/**
 * Normal draws from secure bytes, for DP-SGD: Box and Muller 1958. Each draw is the sum of two independent ones over √2 (Holohan and
 * Braghin 2021, "Secure Random Sampling in Differential Privacy", arXiv 2107.10138): which values a float64 normal can take at all tells on
 * its seed, and a sum of two hides that better. It is no proof: only integer noise (skellam-noise.ts) is exact.
 */
import type { RandomBytes } from '../core/random.ts';
import { BitSource } from './bit-source.ts';

/** Independent draws of mean 0 and variance 1. */
export function normalNoise(length: number, random: RandomBytes): Float64Array<ArrayBuffer> {
  const bits = new BitSource(random);
  // In (0, 1]: its logarithm is finite.
  const uniform = (): number => (bits.next48() + 1) / 2 ** 48;
  const noise = new Float64Array(length);
  for (let i = 0; i < length; i += 2) {
    for (let part = 0; part < 2; part++) {
      // −2 ln u halved, because two draws are added.
      const radius = Math.sqrt(-Math.log(uniform()));
      const angle = 2 * Math.PI * uniform();
      noise[i] = (noise[i] as number) + radius * Math.cos(angle);
      if (i + 1 < length) noise[i + 1] = (noise[i + 1] as number) + radius * Math.sin(angle);
    }
  }
  return noise;
}
