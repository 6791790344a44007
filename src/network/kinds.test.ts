/** The ledger calls things by their names. */
import { expect, it } from 'vitest';
import { concatBytes, uintBytes, utf8 } from '../core/bytes.ts';
import { blobKind, KIND } from './kinds.ts';

it('tells key shares, masked vectors, sums and models apart', () => {
  const bundle = concatBytes(uintBytes(4, 2), new Uint8Array(4 * 188));
  const model = concatBytes(Uint8Array.of(20, 1, 0, 0, 0, 0, 0, 0), utf8('{"weights":{}}'));
  const vector = new Uint8Array(754).fill(9);
  expect([bundle, model, vector].map((bytes) => blobKind(bytes, 4))).toEqual([
    KIND.keyShares,
    KIND.model,
    KIND.maskedVector,
  ]);
  expect(blobKind(vector, 7)).toBe(KIND.sum);
  expect(blobKind(new Uint8Array(0), 0)).toBe(KIND.maskedVector);
});
