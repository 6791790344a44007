import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { concatBytes, utf8 } from '../../core/bytes.ts';
import { KNOWN_JPEGS } from '../testing/known-jpegs.ts';
import { KNOWN_PNGS } from '../testing/known-pngs.ts';
import { pngBytes, pngChunk } from '../testing/picture-files.ts';
import { endsWell } from '../testing/read-text.ts';
import { crc32, readPictureHeader } from './picture-header.ts';

const png = pngBytes({ width: 2, height: 1, colour: 0 }, [Uint8Array.of(1, 2)]);
const jpeg = KNOWN_JPEGS[0]?.file ?? new Uint8Array();
/** The first segment of a kind, 0xff included. */
const segment = (marker: number) => jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === marker);
const changed = (bytes: Uint8Array, at: number, ...values: readonly number[]) => {
  const copy = Uint8Array.from(bytes);
  copy.set(values, at);
  return copy;
};
const header = (width: number, height: number) => {
  const content = new Uint8Array(13);
  new DataView(content.buffer).setUint32(0, width);
  new DataView(content.buffer).setUint32(4, height);
  return concatBytes(png.subarray(0, 8), pngChunk('IHDR', content), pngChunk('IEND', new Uint8Array()));
};

it('sums up as ISO 3309 does', () => {
  expect(crc32(utf8('123456789'))).toBe(0xcbf43926);
});

describe('a header', () => {
  it.each(KNOWN_PNGS)('is read of a PNG: $name', ({ file, width, height }) => {
    expect(readPictureHeader(file)).toEqual({ format: 'png', width, height });
  });

  it.each(KNOWN_JPEGS)('is read of a JPEG: $name', ({ file, name, width, height }) => {
    const sides = name.startsWith('turned') ? { width: height, height: width } : { width, height };
    expect(readPictureHeader(file)).toEqual({ format: 'jpeg', ...sides });
  });

  it('is read behind fill bytes, and with other things behind the end', () => {
    const at = segment(0xdb);
    const filled = concatBytes(jpeg.subarray(0, at), Uint8Array.of(0xff, 0xff), jpeg.subarray(at), utf8('a preview'));
    expect(readPictureHeader(filled)).toMatchObject({ width: 17, height: 11 });
  });
});

describe('refused', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'bad-input', 'neither PNG nor JPEG'],
    ['another format', utf8('GIF89a and so on'), 'bad-input', 'neither PNG nor JPEG'],
    ['a PNG cut off', png.slice(0, -5), 'bad-input', 'cut off'],
    ['a PNG cut off in its header', png.slice(0, 20), 'bad-input', 'cut off'],
    ['a PNG with a flipped bit', changed(png, 45, (png[45] as number) ^ 1), 'bad-input', '"IDAT" is damaged'],
    [
      'a PNG without a header',
      concatBytes(png.subarray(0, 8), pngChunk('IEND', new Uint8Array())),
      'bad-input',
      'begin',
    ],
    ['a PNG without a pixel', header(0, 7), 'bad-input', 'without a pixel'],
    ['a PNG that announces 16 Gpixel', header(131_072, 131_072), 'too-large', '131072 x 131072'],
    ['a PNG that announces all there is', header(0xffffffff, 0xffffffff), 'too-large', '4294967295'],
    ['a JPEG cut off', jpeg.slice(0, -20), 'bad-input', 'cut off'],
    ['a JPEG cut off in its header', jpeg.slice(0, 100), 'bad-input', 'cut off'],
    ['a JPEG of nothing', Uint8Array.of(0xff, 0xd8, 0xff, 0xd9, 0, 2), 'bad-input', 'damaged'],
    ['a JPEG with damaged segments', changed(jpeg, segment(0xdb), 0), 'bad-input', 'segments'],
    [
      'a JPEG that announces 4 Gpixel',
      changed(jpeg, segment(0xc0) + 5, 255, 255, 255, 255),
      'too-large',
      '65535 x 65535',
    ],
    ['a JPEG without a line', changed(jpeg, segment(0xc0) + 5, 0, 0), 'bad-input', 'without a pixel'],
    ['a JPEG in 12 bits', changed(jpeg, segment(0xc0) + 4, 12), 'unsupported', '12 bits'],
    ['a JPEG in the colours of print', changed(jpeg, segment(0xc0) + 9, 4), 'unsupported', '4 components'],
    ['a JPEG without a frame', changed(jpeg, segment(0xc0) + 1, 0xe0), 'bad-input', 'before it says how many'],
  ])('is %s', (_, bytes, code, message) => {
    const call = () => readPictureHeader(bytes);
    expect(call).toThrow(message);
    expect(call).toThrow(expect.objectContaining({ code, hint: expect.stringMatching(/./) }));
  });

  it('is anything, cut anywhere and changed anywhere, with a typed error', () => {
    const files = [png, ...KNOWN_JPEGS.map(({ file }) => file)];
    fc.assert(
      fc.property(fc.constantFrom(...files), fc.nat(), fc.nat(255), fc.nat(), (file, at, value, length) => {
        const broken = changed(file, at % file.length, value).slice(0, length % (file.length + 1));
        expect(endsWell(() => readPictureHeader(broken))).toBe(true);
      }),
    );
  });
});
