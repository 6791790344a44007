/**
 * What a data set is known by in the book of what was spent: a hash of its rows in any order, however they were split, and a hash of the
 * files that they were read from, whatever they are called.
 */
import { createHash } from 'node:crypto';
import type { Dataset, EncodedRows } from '../src/dataset/split.ts';
import { openFiles } from './data-files.ts';

export interface DataIdentity {
  /** 0x-hex */
  readonly rows: string;
  readonly source: string;
}

export async function identify(path: string, { train, heldOut }: Dataset): Promise<DataIdentity> {
  const digests = [...rowDigests(train), ...rowDigests(heldOut)];
  const shape = `rows ${train.width} ${train.labels.BYTES_PER_ELEMENT} `;
  return { rows: digestOf(shape, digests), source: digestOf('files ', await fileDigests(path)) };
}

function rowDigests({ features, labels, rows, width }: EncodedRows): readonly string[] {
  const perRow = rows === 0 ? 0 : labels.length / rows;
  return Array.from({ length: rows }, (_, row) =>
    createHash('sha256')
      .update(bytesOf(features.subarray(row * width, (row + 1) * width)))
      .update(bytesOf(labels.subarray(row * perRow, (row + 1) * perRow)))
      .digest('hex'),
  );
}

async function fileDigests(path: string): Promise<readonly string[]> {
  const digests: string[] = [];
  for (const file of await openFiles(path)) {
    const hash = createHash('sha256');
    for await (const bytes of file.pieces()) hash.update(bytes);
    digests.push(hash.digest('hex'));
  }
  return digests;
}

/** Of a multiset: the order says nothing. */
function digestOf(kind: string, digests: readonly string[]): string {
  const hash = createHash('sha256').update(kind);
  for (const digest of digests.toSorted()) hash.update(digest, 'hex');
  return `0x${hash.digest('hex')}`;
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
