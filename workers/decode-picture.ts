/** PNG and JPEG by the browser's own decoders, as RGBA bytes. */
import { MurmurError } from '../src/core/errors.ts';
import type { DecodedPicture } from '../src/dataset/pictures.ts';

/** A file of a few kilobytes can announce a picture that no memory holds. */
const MAX_PIXELS = 67_108_864;

/** @throws MurmurError too-large; an error of the browser for what is no picture */
export async function decodePicture(bytes: Uint8Array): Promise<DecodedPicture> {
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), {
    colorSpaceConversion: 'none',
  });
  try {
    const { width, height } = bitmap;
    if (width * height > MAX_PIXELS) throw new MurmurError('too-large', `a picture has ${width} x ${height} pixels`);
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new MurmurError('unsupported', 'this browser draws no pictures in a worker');
    context.drawImage(bitmap, 0, 0);
    return { width, height, rgba: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}
