import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { ByteReader, bytesToBigInt, concatBytes, equalBytes, fromHex, toHex, uintBytes, utf8 } from './bytes.ts';

describe('hex', () => {
  it('comes back (property)', () => {
    fc.assert(fc.property(fc.uint8Array(), (bytes) => equalBytes(fromHex(toHex(bytes)), bytes)));
  });

  it('refuses what is no hex or has another length', () => {
    for (const text of ['0x1', '0xzz', '12 4', '0x0x12']) expect(() => fromHex(text)).toThrow('hexadecimal');
    expect(() => fromHex('0x1234', 3)).toThrow('expected 3 bytes, got 2');
    expect(fromHex('ABcd')).toEqual(Uint8Array.of(0xab, 0xcd));
  });
});

describe('integers', () => {
  it('are big-endian and come back (property)', () => {
    expect(uintBytes(258, 4)).toEqual(Uint8Array.of(0, 0, 1, 2));
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: (1n << 256n) - 1n }),
        (value) => bytesToBigInt(uintBytes(value, 32)) === value,
      ),
    );
    expect(bytesToBigInt(new Uint8Array(0))).toBe(0n);
  });

  it('are refused when they do not fit', () => {
    for (const value of [256, -1, 1.5, NaN, 2 ** 53]) expect(() => uintBytes(value, 1), `${value}`).toThrow(/integer/);
    expect(() => uintBytes(1n << 64n, 8)).toThrow('does not fit 8 bytes');
  });
});

describe('ByteReader', () => {
  it('reads front to back and not past the end', () => {
    const reader = new ByteReader(concatBytes(Uint8Array.of(1, 0, 2, 0, 0, 0, 3), utf8('ab')));
    expect([reader.u8(), reader.u16(), reader.u32()]).toEqual([1, 2, 3]);
    expect(() => reader.end()).toThrow('2 bytes too many');
    expect(() => reader.take(3)).toThrow('ends after 2 bytes where 3');
    expect(() => reader.take(-1)).toThrow('where -1 are needed');
    expect(() => reader.take(NaN)).toThrow('where NaN are needed');
    expect(reader.take(2)).toEqual(utf8('ab'));
    reader.end();
  });

  it('copies, also out of a Node Buffer', () => {
    const buffer = Buffer.from([1, 2, 3]);
    const taken = new ByteReader(buffer).take(2);
    buffer[0] = 9;
    expect(taken).toEqual(Uint8Array.of(1, 2));
    expect(taken.byteOffset).toBe(0);
  });
});

describe('equalBytes', () => {
  it('compares length and content', () => {
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(equalBytes(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(equalBytes(Uint8Array.of(1), Uint8Array.of(1, 0))).toBe(false);
  });
});
