import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Bytes, concatBytes, utf8 } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { type TensorFile, readSafetensors, writeSafetensors } from './safetensors.ts';

const file: TensorFile = {
  tensors: new Map([
    ['b', { shape: [2], values: Float64Array.of(1, -2.5) }],
    ['a', { shape: [1, 3], values: Float32Array.of(0.5, 0, 2) }],
    ['empty', { shape: [0], values: new Float64Array(0) }],
  ]),
  metadata: { format: 'test' },
};

/** A file with a header of one's own choice. */
function withHeader(header: string, data: Uint8Array = new Uint8Array(0)): Bytes {
  const text = utf8(header);
  const padded = utf8(header + ' '.repeat((8 - (text.length % 8)) % 8));
  const length = new Uint8Array(8);
  new DataView(length.buffer).setUint32(0, padded.length, true);
  return concatBytes(length, padded, data);
}

describe('safetensors', () => {
  it('writes the format, names sorted, header padded with spaces to 8 bytes', () => {
    const bytes = writeSafetensors(file);
    const header =
      '{"__metadata__":{"format":"test"},"a":{"data_offsets":[0,12],"dtype":"F32","shape":[1,3]},' +
      '"b":{"data_offsets":[12,28],"dtype":"F64","shape":[2]},"empty":{"data_offsets":[28,28],"dtype":"F64","shape":[0]}}';
    const data = new DataView(new ArrayBuffer(28));
    data.setFloat32(0, 0.5, true);
    data.setFloat32(8, 2, true);
    data.setFloat64(12, 1, true);
    data.setFloat64(20, -2.5, true);
    expect(bytes).toEqual(withHeader(header, new Uint8Array(data.buffer)));
  });

  it('reads back what it wrote', () => {
    const read = readSafetensors(writeSafetensors(file));
    expect(new Map(read.tensors)).toEqual(new Map([...file.tensors].sort(([a], [b]) => (a < b ? -1 : 1))));
    expect(read.metadata).toEqual(file.metadata);
  });

  it.each([[Number.NaN], [-0], [Number.POSITIVE_INFINITY]])('writes no %d', (value) => {
    const tensors = new Map([['a', { shape: [1], values: Float64Array.of(value) }]]);
    expect(() => writeSafetensors({ tensors, metadata: {} })).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });

  const entry = (offsets: string, shape = '[1]', dtype = 'F32') =>
    `{"data_offsets":${offsets},"dtype":"${dtype}","shape":${shape}}`;
  const word = new Uint8Array(4);
  it.each<[string, Bytes]>([
    ['seven bytes', new Uint8Array(7)],
    ['a header past the end', Uint8Array.of(16, 0, 0, 0, 0, 0, 0, 0, 1)],
    ['a header of 2^32 bytes', Uint8Array.of(0, 0, 0, 0, 1, 0, 0, 0, 1)],
    ['a header that is no object', withHeader('[]')],
    ['an overlap', withHeader(`{"__metadata__":{},"a":${entry('[0,4]')},"b":${entry('[0,4]')}}`, word)],
    ['a gap', withHeader(`{"__metadata__":{},"a":${entry('[4,8]')}}`, new Uint8Array(8))],
    ['data past the end', withHeader(`{"__metadata__":{},"a":${entry('[0,8]', '[2]')}}`, word)],
    ['bytes that no tensor owns', withHeader(`{"__metadata__":{},"a":${entry('[0,4]')}}`, new Uint8Array(5))],
    [
      'a shape that overflows',
      withHeader(`{"__metadata__":{},"a":${entry('[0,4]', '[4294967296,4294967296]')}}`, word),
    ],
    ['a type it does not know', withHeader(`{"__metadata__":{},"a":${entry('[0,4]', '[1]', 'I32')}}`, word)],
    ['a header without metadata', withHeader(`{"a":${entry('[0,4]')}}`, word)],
    ['white space in the header', withHeader(`{"__metadata__":{}, "a":${entry('[0,4]')}}`, word)],
    [
      'names out of order',
      withHeader(`{"__metadata__":{},"b":${entry('[0,4]')},"a":${entry('[4,8]')}}`, new Uint8Array(8)),
    ],
    ['a name twice', withHeader(`{"__metadata__":{},"a":${entry('[0,4]')},"a":${entry('[0,4]')}}`, word)],
    ['the name __proto__', withHeader(`{"__metadata__":{},"__proto__":${entry('[0,4]')}}`, word)],
    ['-0 in the data', withHeader(`{"__metadata__":{},"a":${entry('[0,4]')}}`, Uint8Array.of(0, 0, 0, 128))],
  ])('refuses %s', (_, bytes) => {
    expect(() => readSafetensors(bytes)).toThrow(expect.objectContaining({ code: 'bad-input' }));
  });

  it('accepts only canonical bytes, whatever is done to them', () => {
    const canonical = writeSafetensors(file);
    const mutated = fc
      .tuple(fc.nat(canonical.length - 1), fc.nat(255), fc.nat(canonical.length))
      .map(([at, byte, end]) => {
        const bytes = canonical.slice(0, end);
        if (at < end) bytes[at] = byte;
        return bytes;
      });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array({ maxLength: 64 }),
          mutated,
          fc.json().map((json) => withHeader(json)),
        ),
        (bytes) => {
          let rewritten = bytes;
          let failure: unknown;
          try {
            rewritten = writeSafetensors(readSafetensors(bytes));
          } catch (error) {
            failure = error;
          }
          expect(rewritten).toEqual(bytes);
          expect(failure === undefined || failure instanceof MurmurError).toBe(true);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
