import { describe, expect, it } from 'vitest';
import { utf8 } from '../core/bytes.ts';
import { SeededRandom } from '../core/random.ts';
import { createDecoder, detectEncoding } from './encoding.ts';

const utf16 = (text: string, littleEndian: boolean) => {
  const view = new DataView(new ArrayBuffer(2 * text.length));
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), littleEndian);
  return new Uint8Array(view.buffer);
};

describe('detectEncoding', () => {
  it.each([
    ['utf-8', utf8('Stadt;Zürich\n')],
    ['utf-8', utf8('\uFEFFa,b\n')],
    ['utf-8', utf8('')],
    ['utf-8', utf8('Zürich').slice(0, 2)],
    ['windows-1252', Uint8Array.of(0x5a, 0xfc, 0x72, 0x69, 0x63, 0x68)],
    ['utf-16le', utf16('\uFEFFa,b\n', true)],
    ['utf-16be', utf16('\uFEFFa,b\n', false)],
    ['utf-16le', utf16('age,sex\n63,1\n', true)],
    ['utf-16be', utf16('age,sex\n63,1\n', false)],
  ])('finds %s', (encoding, bytes) => {
    expect(detectEncoding(bytes)).toBe(encoding);
  });

  it('refuses random bytes, and knows a workbook', () => {
    const random = new SeededRandom(new Uint8Array(32).fill(5));
    const noise = Uint8Array.from({ length: 65_536 }, () => random.below(256));
    expect(() => detectEncoding(noise)).toThrow('the file is not text');
    expect(() => detectEncoding(Uint8Array.of(0x50, 0x4b, 3, 4, 0, 0, 0, 0))).toThrow('a workbook');
  });
});

it('decodes pieces that end inside a character', () => {
  const decode = createDecoder('utf-8');
  const bytes = utf8('Zürich €');
  const text = [...bytes].map((byte) => decode(Uint8Array.of(byte))).join('') + decode();
  expect(text).toBe('Zürich €');
});
