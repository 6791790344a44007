/**
 * SHA-256 Merkle trees in the style of RFC 6962: leaf = H(0x00 || data), node = H(0x01 || left || right).
 * An odd node at the end of a level moves up unchanged, so no leaf is ever counted twice.
 */
import type { Bytes } from './bytes.ts';
import { check } from './errors.ts';
import { sha256 } from './hash.ts';

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/** Hash of one leaf. */
export function merkleLeaf(data: Uint8Array): Promise<Bytes> {
  return sha256(LEAF, data);
}

/** Root over leaf hashes (from {@link merkleLeaf}), at least one. */
export async function merkleRoot(leafHashes: readonly Bytes[]): Promise<Bytes> {
  check(leafHashes.length > 0, 'a Merkle tree needs a leaf');
  let level = [...leafHashes];
  while (level.length > 1) {
    const next: Promise<Bytes>[] = [];
    for (let i = 0; i + 1 < level.length; i += 2) {
      next.push(sha256(NODE, level[i] as Bytes, level[i + 1] as Bytes));
    }
    const odd = level.length % 2 === 1 ? [level[level.length - 1] as Bytes] : [];
    level = [...(await Promise.all(next)), ...odd];
  }
  return level[0] as Bytes;
}
