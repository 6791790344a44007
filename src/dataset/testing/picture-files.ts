/** Writers of the formats that are only read elsewhere. */
import { zlibSync } from 'fflate';
import { concatBytes, utf8 } from '../../core/bytes.ts';
import { crc32 } from '../formats/picture-header.ts';

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

/** A chunk of a PNG file with its checksum. */
export function pngChunk(type: string, content: Uint8Array): Uint8Array {
  const named = concatBytes(utf8(type), content);
  return concatBytes(bigEndian(content.length), named, bigEndian(crc32(named)));
}

/** How the pixels of a PNG are stored; 0 grey, 2 RGB, 3 by a palette, 4 grey with opacity, 6 RGB with opacity. */
export interface PngLayout {
  readonly width: number;
  readonly height: number;
  readonly colour: 0 | 2 | 3 | 4 | 6;
  readonly depth?: 1 | 2 | 4 | 8 | 16;
  /** red, green and blue of every colour */
  readonly palette?: Uint8Array;
  /** the content of a tRNS chunk */
  readonly opacity?: Uint8Array;
}

/** @param rows the packed bytes of every line, without filter */
export function pngBytes(
  { width, height, colour, depth = 8, palette, opacity }: PngLayout,
  rows: readonly Uint8Array[],
): Uint8Array {
  const header = concatBytes(bigEndian(width), bigEndian(height), Uint8Array.of(depth, colour, 0, 0, 0));
  const lines = concatBytes(...rows.flatMap((row) => [Uint8Array.of(0), row]));
  return concatBytes(
    Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
    pngChunk('IHDR', header),
    palette === undefined ? new Uint8Array() : pngChunk('PLTE', palette),
    opacity === undefined ? new Uint8Array() : pngChunk('tRNS', opacity),
    pngChunk('IDAT', zlibSync(lines)),
    pngChunk('IEND', new Uint8Array()),
  );
}

function bigEndian(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
