/**
 * IDX, the format of MNIST (Y. LeCun, "The MNIST database of handwritten digits"): two zero bytes, a type, the number of dimensions,
 * their sizes as 32-bit big-endian numbers, then the values row by row. Only unsigned bytes (type 8) are read; that is what picture
 * sets are written in.
 */
import { MurmurError } from '../../core/errors.ts';

const UNSIGNED_BYTE = 8;
const MAX_DIMENSIONS = 4;

export interface IdxArray {
  readonly shape: readonly number[];
  /** row-major; a view of the file's bytes */
  readonly values: Uint8Array;
}

/** Whether bytes begin like an IDX file. */
export function isIdx(bytes: Uint8Array): boolean {
  const [a, b, type = 0, dimensions = 0] = bytes;
  return a === 0 && b === 0 && type >= UNSIGNED_BYTE && type <= 14 && dimensions >= 1 && dimensions <= 8;
}

/** @param path for messages @throws MurmurError bad-input for what is no IDX file of unsigned bytes, or ends too early */
export function readIdx(bytes: Uint8Array, path: string): IdxArray {
  if (!isIdx(bytes)) throw badIdx(path, 'does not begin like an IDX file', 'Choose the file as it was published.');
  const type = bytes[2] as number;
  const dimensions = bytes[3] as number;
  if (type !== UNSIGNED_BYTE) {
    throw badIdx(
      path,
      `holds values of IDX type ${type}, not unsigned bytes`,
      'Write the pictures as bytes from 0 to 255.',
    );
  }
  if (dimensions > MAX_DIMENSIONS) {
    throw badIdx(path, `has ${dimensions} dimensions`, 'Pictures have three or four dimensions, labels one.');
  }
  const start = 4 + 4 * dimensions;
  if (bytes.length < start) throw badIdx(path, 'ends within its header', AGAIN);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const shape = Array.from({ length: dimensions }, (_, i) => view.getUint32(4 + 4 * i));
  const expected = shape.reduce((product, size) => product * size, 1);
  const found = bytes.length - start;
  if (expected !== found) {
    throw badIdx(path, `announces ${shape.join(' x ')} values and holds ${found}`, found < expected ? AGAIN : EXTRA);
  }
  return { shape, values: bytes.subarray(start) };
}

const AGAIN = 'The file is cut off: download or copy it again.';
const EXTRA = 'Something was added behind the values: use the file as it was published.';

function badIdx(path: string, what: string, hint: string): MurmurError {
  return new MurmurError('bad-input', `${path} ${what}`, { hint, details: { file: path } });
}
