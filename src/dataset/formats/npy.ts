/**
 * NPY versions 1 to 3, NumPy's array format (NEP 1): magic, a Python dictionary with type, order and shape, then the values. Read
 * are little-endian or one-byte numbers in C order: u1, i1, u2, i2, i4, i8 (within 2^53), f4, f8, and booleans. Objects (pickles)
 * are refused: they are programs.
 */
import { MurmurError } from '../../core/errors.ts';

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const;
const MAX_DIMENSIONS = 8;
const MAX_HEADER_BYTES = 65_536;

export interface NpyArray {
  readonly shape: readonly number[];
  /** row-major */
  readonly values: Uint8Array | Float64Array | Float32Array;
  /** as NumPy writes it, e.g. `|u1` */
  readonly type: string;
}

export function isNpy(bytes: Uint8Array): boolean {
  return MAGIC.every((byte, i) => bytes[i] === byte);
}

/** @param path for messages @throws MurmurError bad-input for what is no such array, or ends too early */
export function readNpy(bytes: Uint8Array, path: string): NpyArray {
  const bad = (what: string, hint = 'Save it again with numpy.save.') =>
    new MurmurError('bad-input', `${path} ${what}`, { hint, details: { file: path } });
  if (!isNpy(bytes)) throw bad('is no NumPy array');
  const version = bytes[6] ?? 0;
  if (version < 1 || version > 3) throw bad(`is written in version ${version} of the NPY format`);
  const sizeBytes = version === 1 ? 2 : 4;
  if (bytes.length < 8 + sizeBytes) throw bad('ends within its header', CUT_OFF);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = version === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = 8 + sizeBytes + headerBytes;
  if (headerBytes > MAX_HEADER_BYTES) throw bad('has a header that is too long');
  if (start > bytes.length) throw bad('ends within its header', CUT_OFF);
  const header = new TextDecoder('latin1').decode(bytes.subarray(8 + sizeBytes, start));
  const type = /'descr'\s*:\s*'([^']*)'/.exec(header)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape'\s*:\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (type === undefined || order === undefined || sizes === undefined)
    throw bad('has a header that does not tell its shape');
  if (order === 'True') throw bad('is in Fortran order', 'Save numpy.ascontiguousarray of it.');
  const shape = sizes
    .split(',')
    .map((size) => size.trim())
    .filter((size) => size !== '')
    .map(Number);
  if (shape.length > MAX_DIMENSIONS) throw bad(`has ${shape.length} dimensions`);
  const length = shape.reduce((product, size) => product * size, 1);
  const read = TYPES[type.replace(/^[|<=]/, '')];
  if (read === undefined || (type.startsWith('>') && !type.endsWith('1'))) {
    throw bad(`holds values of type ${type}`, 'Save it as uint8 or float32, in little-endian order.');
  }
  const found = bytes.length - start;
  if (!Number.isSafeInteger(length) || length * read.sizeBytes !== found) {
    throw bad(
      `announces ${shape.join(' x ') || 'one value'} of ${read.sizeBytes} bytes and holds ${found} bytes`,
      CUT_OFF,
    );
  }
  if (read.sizeBytes === 1 && read.of === undefined) return { shape, values: bytes.subarray(start), type };
  const values = type.endsWith('f4') ? new Float32Array(length) : new Float64Array(length);
  const value = read.of as Read;
  for (let i = 0; i < length; i++) values[i] = value(view, start + i * read.sizeBytes);
  return { shape, values, type };
}

const CUT_OFF = 'The file is cut off: copy or download it again.';

type Read = (view: DataView, at: number) => number;

/** How one value is read; unsigned bytes need no reading. */
const TYPES: Readonly<Record<string, { readonly sizeBytes: number; readonly of?: Read }>> = {
  u1: { sizeBytes: 1 },
  b1: { sizeBytes: 1 },
  i1: { sizeBytes: 1, of: (view, at) => view.getInt8(at) },
  u2: { sizeBytes: 2, of: (view, at) => view.getUint16(at, true) },
  i2: { sizeBytes: 2, of: (view, at) => view.getInt16(at, true) },
  i4: { sizeBytes: 4, of: (view, at) => view.getInt32(at, true) },
  i8: { sizeBytes: 8, of: (view, at) => Number(view.getBigInt64(at, true)) },
  f4: { sizeBytes: 4, of: (view, at) => view.getFloat32(at, true) },
  f8: { sizeBytes: 8, of: (view, at) => view.getFloat64(at, true) },
};
