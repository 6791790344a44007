import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from './bytes.ts';
import { sha256 } from './hash.ts';
import { PieceHash } from './piece-hash.ts';

const PIECE = 16_777_216;

function hashOf(parts: readonly Uint8Array[]) {
  const hash = new PieceHash();
  for (const part of parts) hash.update(part);
  return hash.digest();
}

describe('PieceHash', () => {
  it('is SHA-256 up to one piece, however the bytes are cut', async () => {
    const parts = fc.array(fc.uint8Array({ maxLength: 100_000 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(parts, async (cut) => {
        expect(await hashOf(cut)).toEqual(await sha256(...cut, utf8('')));
      }),
      { numRuns: 30 },
    );
    const whole = new Uint8Array(PIECE).fill(3);
    expect(await hashOf([whole.subarray(0, 5), whole.subarray(5)])).toEqual(await sha256(whole));
  });

  it('is the hash of the hashes of the pieces beyond one', async () => {
    const bytes = new Uint8Array(PIECE + 3);
    crypto.getRandomValues(bytes.subarray(PIECE - 100, PIECE + 3));
    const wanted = await sha256(
      utf8('murmur/pieces/1'),
      await sha256(bytes.subarray(0, PIECE)),
      await sha256(bytes.subarray(PIECE)),
    );
    expect(await hashOf([bytes])).toEqual(wanted);
    expect(await hashOf([bytes.subarray(0, 7), bytes.subarray(7)])).toEqual(wanted);
  });
});
