/**
 * safetensors (https://github.com/huggingface/safetensors, "Format"): u64 little-endian header length, JSON header, little-endian data.
 * Murmur writes one byte string a value: names sorted, header canonical JSON (RFC 8785) padded with spaces to 8 bytes, tensors packed in
 * name order without gaps. Its own models it reads in no other form: the reader re-writes what it read and compares, so a model has one
 * hash. What others wrote is read in any order, and known by the hash of its bytes.
 * Only F32 and F64; numbers must be finite and never −0 (of others' −0 becomes 0). Nothing in a file is executed.
 */
import { type Bytes, equalBytes, utf8 } from '../core/bytes.ts';
import { canonicalJson } from '../core/canonical-json.ts';
import { MurmurError, check } from '../core/errors.ts';

export interface Tensor {
  readonly shape: readonly number[];
  /** row-major */
  readonly values: Float32Array | Float64Array;
}

export interface TensorFile {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const MAX_HEADER_BYTES = 65_536;
const MAX_TENSORS = 1024;
const MAX_DIMENSIONS = 8;
const MAX_ELEMENTS = 2 ** 28;
const METADATA = '__metadata__';

/**
 * The canonical bytes of a set of tensors.
 * @throws MurmurError bad-input for a value that is not finite or is −0, a shape that does not fit, or a name that is reserved
 */
export function writeSafetensors({ tensors, metadata }: TensorFile): Bytes {
  check(tensors.size <= MAX_TENSORS, `a file has at most ${MAX_TENSORS} tensors`);
  // Byte order of names and of JSON keys is the same: code units, as in RFC 8785.
  const entries = [...tensors].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const header: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  header[METADATA] = metadata;
  let end = 0;
  for (const [name, { shape, values }] of entries) {
    check(name !== METADATA && name !== '__proto__', `${name} is no tensor name`);
    check(
      elementsOf(shape) === values.length,
      `${name}: shape ${shape.join(' x ')} does not hold ${values.length} values`,
    );
    const start = end;
    end += values.byteLength;
    header[name] = { dtype: values instanceof Float32Array ? 'F32' : 'F64', shape, data_offsets: [start, end] };
  }
  const text = utf8(canonicalJson(header));
  const headerBytes = Math.ceil(text.length / 8) * 8;
  check(headerBytes <= MAX_HEADER_BYTES, `the header has ${headerBytes} bytes, more than ${MAX_HEADER_BYTES}`);
  const out = new Uint8Array(8 + headerBytes + end);
  const view = new DataView(out.buffer);
  view.setUint32(0, headerBytes, true);
  out.fill(32, 8, 8 + headerBytes);
  out.set(text, 8);
  let offset = 8 + headerBytes;
  for (const [name, { values }] of entries) {
    const isFloat32 = values instanceof Float32Array;
    for (const value of values) {
      checkNumber(value, name);
      if (isFloat32) view.setFloat32(offset, value, true);
      else view.setFloat64(offset, value, true);
      offset += isFloat32 ? 4 : 8;
    }
  }
  return out;
}

/**
 * Reads canonical bytes; every length is checked before it is used.
 * @throws MurmurError bad-input for anything that {@link writeSafetensors} would not have written
 */
export function readSafetensors(bytes: Uint8Array): TensorFile {
  const file = readTensors(bytes, checkNumber);
  check(equalBytes(writeSafetensors(file), bytes), 'the file is not in canonical form');
  return file;
}

/**
 * Reads what another program wrote: tensors and header in any order, −0 as 0.
 * @throws MurmurError bad-input for bytes that are no safetensors file, gaps, other types than F32 and F64, and numbers that are not finite
 */
export function readForeignSafetensors(bytes: Uint8Array): TensorFile {
  return readTensors(bytes, (value, name) => checkNumber(value + 0, name));
}

/** @param numberOf checks a number and says what is kept of it */
function readTensors(bytes: Uint8Array, numberOf: (value: number, name: string) => number): TensorFile {
  check(bytes.length >= 8, 'a safetensors file has at least 8 bytes');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = view.getUint32(0, true);
  check(
    view.getUint32(4, true) === 0 && headerBytes <= MAX_HEADER_BYTES,
    `the header is longer than ${MAX_HEADER_BYTES} bytes`,
  );
  check(8 + headerBytes <= bytes.length, 'the file ends inside its header');
  const header = parseHeader(bytes.subarray(8, 8 + headerBytes));
  const data = 8 + headerBytes;
  const tensors = new Map<string, Tensor>();
  const metadata: Record<string, string> = {};
  let end = 0;
  const entries = Object.entries(header).filter(([name]) => name !== METADATA);
  check(entries.length <= MAX_TENSORS, `a file has at most ${MAX_TENSORS} tensors`);
  if (METADATA in header) Object.assign(metadata, readMetadata(header[METADATA]));
  const placed = entries.map(([name, entry]) => ({ name, ...readEntry(name, entry) }));
  placed.sort((a, b) => a.start - b.start || a.stop - b.stop);
  for (const { name, isFloat32, shape, start, stop } of placed) {
    const elements = elementsOf(shape);
    const itemBytes = isFloat32 ? 4 : 8;
    check(start === end && stop === start + elements * itemBytes, `${name}: its offsets leave a gap or overlap`);
    check(data + stop <= bytes.length, `${name}: the file ends inside it`);
    const values = isFloat32 ? new Float32Array(elements) : new Float64Array(elements);
    for (let i = 0; i < elements; i++) {
      const at = data + start + i * itemBytes;
      const value = isFloat32 ? view.getFloat32(at, true) : view.getFloat64(at, true);
      values[i] = numberOf(value, name);
    }
    tensors.set(name, { shape, values });
    end = stop;
  }
  check(data + end === bytes.length, `the file has ${bytes.length - data - end} bytes that no tensor owns`);
  return { tensors, metadata };
}

function parseHeader(bytes: Uint8Array): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new MurmurError('bad-input', 'the header is not JSON in UTF-8', { cause });
  }
  check(isRecord(value), 'the header is not a JSON object');
  return value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readMetadata(value: unknown): Record<string, string> {
  check(isRecord(value), `${METADATA} is not a JSON object`);
  for (const [key, item] of Object.entries(value)) check(typeof item === 'string', `${METADATA}.${key} is not a text`);
  return value as Record<string, string>;
}

function readEntry(name: string, value: unknown): { isFloat32: boolean; shape: number[]; start: number; stop: number } {
  check(isRecord(value), `${name}: its entry is not a JSON object`);
  const { dtype, shape, data_offsets: offsets } = value;
  check(dtype === 'F32' || dtype === 'F64', `${name}: only F32 and F64 are read`);
  check(isCounts(shape) && shape.length <= MAX_DIMENSIONS, `${name}: bad shape`);
  check(isCounts(offsets) && offsets.length === 2, `${name}: bad offsets`);
  return { isFloat32: dtype === 'F32', shape, start: offsets[0] as number, stop: offsets[1] as number };
}

function isCounts(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((item) => Number.isSafeInteger(item) && (item as number) >= 0);
}

/** Product of the dimensions, refused before it can lose digits. */
function elementsOf(shape: readonly number[]): number {
  let elements = 1;
  for (const size of shape) {
    elements *= size;
    check(elements <= MAX_ELEMENTS, `a tensor has at most ${MAX_ELEMENTS} elements`);
  }
  return elements;
}

function checkNumber(value: number, name: string): number {
  if (!Number.isFinite(value) || Object.is(value, -0)) {
    throw new MurmurError('bad-input', `${name}: holds a value that is not finite or is -0`);
  }
  return value;
}
