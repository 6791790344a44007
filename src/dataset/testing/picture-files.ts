/** Writers of the formats that are only read elsewhere. */
import { concatBytes, utf8 } from '../../core/bytes.ts';

export function idxBytes(shape: readonly number[], values: Uint8Array): Uint8Array {
  const header = new Uint8Array(4 + 4 * shape.length);
  header.set([0, 0, 8, shape.length]);
  const view = new DataView(header.buffer);
  for (const [i, size] of shape.entries()) view.setUint32(4 + 4 * i, size);
  return concatBytes(header, values);
}

/** @param content the values' bytes */
export function npyBytes(shape: readonly number[], type: string, content: Uint8Array, version = 1): Uint8Array {
  const sizes = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sizes}), }`;
  const sizeBytes = version === 1 ? 2 : 4;
  const padded = text.padEnd(Math.ceil((9 + sizeBytes + text.length) / 64) * 64 - 9 - sizeBytes) + '\n';
  const size = new Uint8Array(sizeBytes);
  size.set([padded.length & 255, padded.length >> 8]);
  return concatBytes(Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, version, 0), size, utf8(padded), content);
}
