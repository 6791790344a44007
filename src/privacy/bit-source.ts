/** Uniform bits out of blocks of random bytes, 48 at a time: as many as a double holds with room for one sum. */
import type { RandomBytes } from '../core/random.ts';

/** A multiple of 6 that one call of getRandomValues gives. */
const BLOCK_BYTES = 65_532;

export class BitSource {
  readonly #random: RandomBytes;
  #view = new DataView(new ArrayBuffer(0));
  #at = 0;

  constructor(random: RandomBytes) {
    this.#random = random;
  }

  /** Uniform integer below 2^48. */
  next48(): number {
    if (this.#at + 6 > this.#view.byteLength) {
      const bytes = this.#random(BLOCK_BYTES);
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
      this.#at = 0;
    }
    const value = this.#view.getUint32(this.#at) + this.#view.getUint16(this.#at + 4) * 2 ** 32;
    this.#at += 6;
    return value;
  }
}
