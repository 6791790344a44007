/**
 * Two kinds of randomness that must never be confused: secure bytes for keys and masks (WebCrypto), and a seeded
 * generator for what everybody must be able to repeat (splits, initial weights, shuffles).
 */
import { type Bytes } from './bytes.ts';
import { check } from './errors.ts';

/** Returns that many fresh bytes. The simulation passes a seeded one; everything else passes {@link secureRandom}. */
export type RandomBytes = (lengthBytes: number) => Bytes;

/** Cryptographically secure bytes, at most 65,536 a call (the limit of getRandomValues). */
export const secureRandom: RandomBytes = (lengthBytes) => crypto.getRandomValues(new Uint8Array(lengthBytes));

/**
 * sfc32 (C. Doty-Humphrey, PractRand): 32-bit integers only, so every engine gives the same numbers. NOT for secrets.
 */
export class SeededRandom {
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  /** @param seed at least 12 bytes, e.g. a SHA-256 digest; the first 12 are used */
  constructor(seed: Uint8Array) {
    check(seed.length >= 12, 'a seed needs 12 bytes');
    const word = (i: number) =>
      ((seed[i] as number) |
        ((seed[i + 1] as number) << 8) |
        ((seed[i + 2] as number) << 16) |
        ((seed[i + 3] as number) << 24)) >>>
      0;
    this.#a = word(0);
    this.#b = word(4);
    this.#c = word(8);
    for (let i = 0; i < 15; i++) this.u32();
  }

  /** Uniform in [0, 2^32). */
  u32(): number {
    const t = (this.#a + this.#b + this.#counter) >>> 0;
    this.#counter = (this.#counter + 1) >>> 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) >>> 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + t) >>> 0;
    return t;
  }

  /** Uniform in [0, 1) with 32 bits: exact in IEEE float64. */
  uniform(): number {
    return this.u32() / 4294967296;
  }

  /** Uniform integer in [0, bound), bound <= 2^32, without modulo bias. */
  below(bound: number): number {
    check(Number.isInteger(bound) && bound > 0 && bound <= 4294967296, 'bound must be in 1..2^32');
    const limit = 4294967296 - (4294967296 % bound);
    for (;;) {
      const value = this.u32();
      if (value < limit) return value % bound;
    }
  }

  /** Fisher-Yates permutation of 0..length-1. */
  permutation(length: number): Uint32Array<ArrayBuffer> {
    const order = new Uint32Array(length);
    for (let i = 0; i < length; i++) order[i] = i;
    for (let i = length - 1; i > 0; i--) {
      const j = this.below(i + 1);
      const kept = order[i] as number;
      order[i] = order[j] as number;
      order[j] = kept;
    }
    return order;
  }
}
