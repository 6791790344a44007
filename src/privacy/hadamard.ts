/**
 * Blockwise randomised Hadamard rotation (Suresh et al. 2017, "Distributed Mean Estimation with Limited Communication", arXiv 1611.00429):
 * signs by chance, then the Walsh-Hadamard transform of each block of 2^k coordinates, scaled to keep lengths. It spreads a vector evenly over
 * its coordinates, so that a sum of many fits a ring of few bits. The signs are public; they need only be independent of the data.
 *
 * IEEE float64 + − · √ in a fixed order: everybody computes the same bytes.
 */
import { check } from '../core/errors.ts';
import { utf8 } from '../core/bytes.ts';
import { SeededRandom } from '../core/random.ts';

/** Rotates in place. @param values whole blocks @param step of the task: each has its own signs */
export function rotate(values: Float64Array, blockSize: number, step: number): void {
  flip(values, blockSize, step);
  transform(values, blockSize);
}

/** The inverse of {@link rotate}, in place. */
export function unrotate(values: Float64Array, blockSize: number, step: number): void {
  transform(values, blockSize);
  flip(values, blockSize, step);
}

function flip(values: Float64Array, blockSize: number, step: number): void {
  check(values.length % blockSize === 0, `${values.length} values are not whole blocks of ${blockSize}`);
  if (blockSize === 1) return;
  // All twelve bytes that a seed has.
  const signs = new SeededRandom(utf8(`rotate-${String(step).padStart(5, '0')}`));
  let bits = 0;
  for (let i = 0; i < values.length; i++) {
    if (i % 32 === 0) bits = signs.u32();
    if ((bits >>> (i % 32)) & 1) values[i] = -(values[i] as number);
  }
}

function transform(values: Float64Array, blockSize: number): void {
  check(Number.isInteger(Math.log2(blockSize)), `a block of ${blockSize} is no power of two`);
  for (let half = 1; half < blockSize; half *= 2) {
    for (let start = 0; start < values.length; start += 2 * half) {
      for (let i = start; i < start + half; i++) {
        const a = values[i] as number;
        const b = values[i + half] as number;
        values[i] = a + b;
        values[i + half] = a - b;
      }
    }
  }
  const scale = 1 / Math.sqrt(blockSize);
  for (let i = 0; i < values.length; i++) values[i] = (values[i] as number) * scale;
}
