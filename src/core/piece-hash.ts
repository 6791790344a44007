/**
 * SHA-256 of bytes that are never all in memory. WebCrypto hashes only what it has as a whole, so a long input is hashed in pieces of
 * 16 MiB: up to one piece the result is the plain SHA-256, beyond that the SHA-256 of a tag and the pieces' SHA-256.
 *
 * Guarantees: the same bytes give the same hash, however they were cut into updates; two inputs with one hash would be a collision of
 * SHA-256. Memory: two pieces.
 */
import { type Bytes, utf8 } from './bytes.ts';
import { sha256 } from './hash.ts';

const PIECE_BYTES = 16_777_216;
const FIRST_BYTES = 65_536;

export class PieceHash {
  readonly #digests: Promise<Bytes>[] = [];
  #piece = new Uint8Array(FIRST_BYTES);
  #filled = 0;

  /** Copies the bytes. */
  update(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      if (this.#filled === PIECE_BYTES) this.#close();
      const count = Math.min(bytes.length - at, PIECE_BYTES - this.#filled);
      this.#makeRoom(this.#filled + count);
      this.#piece.set(bytes.subarray(at, at + count), this.#filled);
      this.#filled += count;
      at += count;
    }
  }

  /** Waits until only the piece that is being filled is in memory. */
  async settled(): Promise<void> {
    await Promise.all(this.#digests);
  }

  /** 32 bytes; no update may follow. */
  async digest(): Promise<Bytes> {
    const last = this.#piece.subarray(0, this.#filled);
    if (this.#digests.length === 0) return sha256(last);
    return sha256(utf8('murmur/pieces/1'), ...(await Promise.all(this.#digests)), await sha256(last));
  }

  #close(): void {
    this.#digests.push(sha256(this.#piece));
    this.#piece = new Uint8Array(PIECE_BYTES);
    this.#filled = 0;
  }

  #makeRoom(bytes: number): void {
    if (bytes <= this.#piece.length) return;
    const larger = new Uint8Array(Math.min(PIECE_BYTES, Math.max(bytes, 2 * this.#piece.length)));
    larger.set(this.#piece.subarray(0, this.#filled));
    this.#piece = larger;
  }
}
