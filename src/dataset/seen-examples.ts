/**
 * Which examples were there before, in 17 bytes each, whatever their size: an open hash table of the first 16 bytes of their SHA-256
 * and of a label. Two of a million examples share a key by chance with less than 2^-88, so that equal keys count as equal examples.
 *
 * Memory: between 34 and 68 bytes an example, half of the places being free: 34 MiB for a million of them, and half as much again
 * while the table grows.
 */
import { sha256 } from '@noble/hashes/sha2';

const WORDS = 4;
const FIRST_PLACES = 1024;

export class SeenExamples {
  /** four words a place; all zero where it is free */
  #keys = new Uint32Array(WORDS * FIRST_PLACES);
  #labels = new Uint8Array(FIRST_PLACES);
  #count = 0;

  /**
   * Remembers an example.
   * @param parts its bytes
   * @param label a class
   * @returns the label under which it was there before; undefined when it is new
   */
  add(parts: readonly Uint8Array[], label: number): number | undefined {
    if (2 * (this.#count + 1) > this.#labels.length) this.#grow();
    const hash = sha256.create();
    for (const part of parts) hash.update(part);
    const key = new Uint32Array(hash.digest().slice(0, 4 * WORDS).buffer);
    const place = this.#placeOf(key);
    if (this.#isTaken(place)) return this.#labels[place] as number;
    this.#keys.set(key, WORDS * place);
    this.#labels[place] = label;
    this.#count++;
    return undefined;
  }

  /** Where the key is, or would be. */
  #placeOf(key: Uint32Array): number {
    const last = this.#labels.length - 1;
    let place = (key[0] as number) & last;
    while (this.#isTaken(place) && !this.#holds(place, key)) place = (place + 1) & last;
    return place;
  }

  #holds(place: number, key: Uint32Array): boolean {
    for (let i = 0; i < WORDS; i++) if (this.#keys[WORDS * place + i] !== key[i]) return false;
    return true;
  }

  #isTaken(place: number): boolean {
    for (let i = 0; i < WORDS; i++) if (this.#keys[WORDS * place + i] !== 0) return true;
    return false;
  }

  #grow(): void {
    const [keys, labels] = [this.#keys, this.#labels];
    this.#keys = new Uint32Array(2 * keys.length);
    this.#labels = new Uint8Array(2 * labels.length);
    for (let from = 0; from < labels.length; from++) {
      const key = keys.subarray(WORDS * from, WORDS * (from + 1));
      if (key.every((word) => word === 0)) continue;
      const place = this.#placeOf(key);
      this.#keys.set(key, WORDS * place);
      this.#labels[place] = labels[from] as number;
    }
  }
}
