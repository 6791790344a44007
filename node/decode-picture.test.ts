import { createHash } from 'node:crypto';
import { zlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../src/core/bytes.ts';
import { KNOWN_JPEGS } from '../src/dataset/testing/known-jpegs.ts';
import { KNOWN_PNGS, overWhite } from '../src/dataset/testing/known-pngs.ts';
import { pngChunk } from '../src/dataset/testing/picture-files.ts';
import { decodePicture } from './decode-picture.ts';

it.each(KNOWN_PNGS)('decodes PNG: $name', async ({ file, width, height, rgba, tolerance }) => {
  const decoded = await decodePicture(file);
  expect(decoded).toMatchObject({ width, height });
  const [found, wanted] = [overWhite(decoded.rgba), overWhite(rgba)];
  for (const [i, value] of found.entries())
    expect(Math.abs(value - (wanted[i] as number))).toBeLessThanOrEqual(tolerance);
  expect(found.length).toBe(wanted.length);
});

it.each(KNOWN_JPEGS)('decodes JPEG as Chromium does: $name', async ({ file, width, height, rgbaHash }) => {
  const decoded = await decodePicture(file);
  expect(decoded).toMatchObject({ width, height });
  expect(createHash('sha256').update(decoded.rgba).digest('hex')).toBe(rgbaHash);
});

describe('damaged pixels', () => {
  const jpeg = KNOWN_JPEGS[0]?.file ?? new Uint8Array();
  const header = (width: number) => {
    const content = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 9, 8, 0, 0, 0, 0);
    new DataView(content.buffer).setUint32(0, width);
    return pngChunk('IHDR', content);
  };
  const png = (width: number, content: Uint8Array) =>
    concatBytes(
      Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a),
      header(width),
      pngChunk('IDAT', content),
      pngChunk('IEND', new Uint8Array()),
    );

  it.each([
    ['no zlib stream', png(2, Uint8Array.of(1, 2, 3))],
    ['too few of them', png(500, zlibSync(new Uint8Array(27)))],
    ['no Huffman tables', Uint8Array.from(jpeg, (byte, at) => (at >= 190 && at < 230 ? 0 : byte))],
  ])('are refused: %s', async (_, file) => {
    await expect(decodePicture(file)).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringMatching(/again/),
    });
    // The next file is read as if nothing had been.
    for (const { file: next, rgbaHash } of KNOWN_JPEGS) {
      const { rgba } = await decodePicture(next);
      expect(createHash('sha256').update(rgba).digest('hex')).toBe(rgbaHash);
    }
    for (const { file: next, width } of KNOWN_PNGS) expect((await decodePicture(next)).width).toBe(width);
  });

  it('take no more memory than was announced, however far they decompress', async () => {
    const bomb = png(3, zlibSync(new Uint8Array(64_000_000)));
    const before = process.memoryUsage().rss;
    await decodePicture(bomb).catch(() => undefined);
    expect(process.memoryUsage().rss - before).toBeLessThan(32_000_000);
  });
});
