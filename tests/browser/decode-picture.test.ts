/** The browser's decoders against the known answers that Node's give as well (node/decode-picture.test.ts). */
import { expect, it } from 'vitest';
import { toHex } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { KNOWN_JPEGS } from '../../src/dataset/testing/known-jpegs.ts';
import { KNOWN_PNGS, overWhite } from '../../src/dataset/testing/known-pngs.ts';
import { decodePicture } from '../../workers/decode-picture.ts';

it.each(KNOWN_PNGS)('decodes PNG: $name', async ({ file, width, height, rgba, tolerance }) => {
  const decoded = await decodePicture(file);
  expect(decoded).toMatchObject({ width, height });
  const [found, wanted] = [overWhite(decoded.rgba), overWhite(rgba)];
  expect(found.length).toBe(wanted.length);
  for (const [i, value] of found.entries())
    expect(Math.abs(value - (wanted[i] as number))).toBeLessThanOrEqual(tolerance);
});

it.each(KNOWN_JPEGS)('decodes JPEG: $name', async ({ file, width, height, rgbaHash }) => {
  const decoded = await decodePicture(file);
  expect(decoded).toMatchObject({ width, height });
  expect(toHex(await sha256(Uint8Array.from(decoded.rgba)))).toBe(`0x${rgbaHash}`);
});

it('refuses what announces too many pixels, or is cut off, before the browser sees it', async () => {
  const jpeg = KNOWN_JPEGS[0]?.file ?? new Uint8Array();
  const frame = jpeg.findIndex((byte, i) => byte === 0xff && jpeg[i + 1] === 0xc0);
  const huge = Uint8Array.from(jpeg);
  huge.set([255, 255, 255, 255], frame + 5);
  await expect(decodePicture(huge)).rejects.toMatchObject({ code: 'too-large' });
  await expect(decodePicture(jpeg.slice(0, 300))).rejects.toMatchObject({ code: 'bad-input' });
});
