import fc from 'fast-check';
import { zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../core/bytes.ts';
import { MurmurError } from '../../core/errors.ts';
import { endsWell } from '../testing/read-text.ts';
import { idxBytes, npyBytes } from '../testing/picture-files.ts';
import { readArchive } from './archive.ts';
import { readIdx } from './idx.ts';
import { readNpy } from './npy.ts';

const shapes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 });
const lengthOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);
const bytes = (length: number) => Uint8Array.from({ length }, (_, i) => (i * 37) & 255);

describe('IDX', () => {
  it('reads what was written', () => {
    fc.assert(
      fc.property(shapes, (shape) => {
        const values = bytes(lengthOf(shape));
        expect(readIdx(idxBytes(shape, values), 'a')).toEqual({ shape, values });
      }),
    );
  });

  it('reads a file worked by hand, also from the middle of a buffer', () => {
    const file = Uint8Array.of(9, 9, 0, 0, 8, 2, 0, 0, 0, 1, 0, 0, 0, 2, 5, 7).subarray(2);
    expect(readIdx(file, 'a')).toEqual({ shape: [1, 2], values: Uint8Array.of(5, 7) });
  });

  it.each([
    ['nothing', new Uint8Array(0), 'does not begin like an IDX file'],
    ['another magic', Uint8Array.of(1, 0, 8, 1, 0, 0, 0, 0), 'does not begin like an IDX file'],
    ['floats', Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 0), 'type 13'],
    ['many dimensions', Uint8Array.of(0, 0, 8, 5), '5 dimensions'],
    ['a header cut off', idxBytes([2, 2], bytes(4)).slice(0, 9), 'ends within its header'],
    ['values cut off', idxBytes([2, 2], bytes(4)).slice(0, -1), 'announces 2 x 2 values and holds 3'],
    ['values added', idxBytes([2, 2], bytes(5)), 'announces 2 x 2 values and holds 5'],
    ['an announcement without end', Uint8Array.of(0, 0, 8, 2, 255, 255, 255, 255, 255, 255, 255, 255), 'and holds 0'],
  ])('refuses %s', (_, file, message) => {
    const call = () => readIdx(file, 'digits');
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code: 'bad-input', hint: expect.stringMatching(/./) }));
  });
});

describe('NPY', () => {
  it('reads what was written, in both versions', () => {
    fc.assert(
      fc.property(shapes, fc.constantFrom(1, 2), (shape, version) => {
        const values = bytes(lengthOf(shape));
        expect(readNpy(npyBytes(shape, '|u1', values, version), 'a')).toEqual({ shape, values, type: '|u1' });
      }),
    );
  });

  it.each([
    ['<f4', new Uint8Array(Float32Array.of(1.5, -2).buffer), Float32Array.of(1.5, -2)],
    ['<f8', new Uint8Array(Float64Array.of(1.5, -2).buffer), Float64Array.of(1.5, -2)],
    ['<i8', new Uint8Array(BigInt64Array.of(7n, -3n).buffer), Float64Array.of(7, -3)],
    ['<i4', new Uint8Array(Int32Array.of(7, -3).buffer), Float64Array.of(7, -3)],
    ['<u2', new Uint8Array(Uint16Array.of(7, 65_535).buffer), Float64Array.of(7, 65_535)],
    ['|i1', Uint8Array.of(7, 253), Float64Array.of(7, -3)],
    ['|b1', Uint8Array.of(1, 0), Uint8Array.of(1, 0)],
  ])('reads %s', (type, content, values) => {
    expect(readNpy(npyBytes([2], type, content), 'a').values).toEqual(values);
  });

  const good = npyBytes([2, 3], '|u1', bytes(6));
  const header = (text: string) => {
    const file = new Uint8Array(10 + text.length);
    file.set(good.subarray(0, 8));
    file[8] = text.length;
    file.set(utf8(text), 10);
    return file;
  };
  it.each([
    ['nothing', new Uint8Array(0), 'is no NumPy array'],
    ['version 9', Uint8Array.from(good, (byte, i) => (i === 6 ? 9 : byte)), 'version 9'],
    ['a header cut off', good.slice(0, 20), 'ends within its header'],
    ['values cut off', good.slice(0, -1), 'announces 2 x 3 of 1 bytes and holds 5 bytes'],
    ['Fortran order', header("{'descr': '|u1', 'fortran_order': True, 'shape': (1,), }"), 'Fortran order'],
    ['a pickle', header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"), 'values of type |O'],
    ['big endian', header("{'descr': '>f4', 'fortran_order': False, 'shape': (1,), }"), 'values of type >f4'],
    ['no shape', header("{'descr': '|u1', 'fortran_order': False, }"), 'does not tell its shape'],
    [
      'a shape without end',
      header("{'descr': '|u1', 'fortran_order': False, 'shape': (999999999, 999999999), }"),
      'holds 0',
    ],
  ])('refuses %s', (_, file, message) => {
    expect(() => readNpy(file, 'images.npy')).toThrow(message);
  });

  it('never fails but with a typed error', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => endsWell(() => readNpy(noise, 'a'))));
    fc.assert(
      fc.property(fc.nat(good.length - 1), fc.nat(255), (at, byte) =>
        endsWell(() =>
          readNpy(
            Uint8Array.from(good, (old, i) => (i === at ? byte : old)),
            'a',
          ),
        ),
      ),
    );
  });
});

describe('archives', () => {
  const archive = zipSync({ 'a/one.png': bytes(40), 'a/two.txt': bytes(10), 'b/': new Uint8Array(0) });

  it('gives the wanted files', () => {
    expect(readArchive(archive, 'a.zip', (path) => path.endsWith('.png'))).toEqual([
      { path: 'a/one.png', bytes: bytes(40) },
    ]);
  });

  it('refuses what decompresses without end before it does', () => {
    const bomb = zipSync({ 'zeros.png': new Uint8Array(1000) });
    // The directory announces 2 GB.
    const view = new DataView(bomb.buffer, bomb.byteOffset);
    const directory = view.getUint32(bomb.length - 6, true);
    view.setUint32(directory + 24, 2_000_000_000, true);
    expect(() => readArchive(bomb, 'bomb.zip', () => true)).toThrow(expect.objectContaining({ code: 'too-large' }));
  });

  it('refuses an archive that is cut off or no archive', () => {
    for (const file of [archive.slice(0, 30), archive.slice(20), bytes(100), new Uint8Array(0)]) {
      expect(() => readArchive(file, 'a.zip', () => true)).toThrow(MurmurError);
    }
  });

  it('never fails but with a typed error', () => {
    fc.assert(
      fc.property(fc.nat(archive.length - 1), fc.nat(255), (at, byte) =>
        endsWell(() =>
          readArchive(
            Uint8Array.from(archive, (old, i) => (i === at ? byte : old)),
            'a',
            () => true,
          ),
        ),
      ),
    );
  });
});
