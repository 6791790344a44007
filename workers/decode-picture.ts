/** PNG and JPEG by the browser's own decoders, as RGBA bytes. */
import { MurmurError } from '../src/core/errors.ts';
import { readPictureHeader } from '../src/dataset/formats/picture-header.ts';
import type { DecodedPicture } from '../src/dataset/pictures.ts';

/** @throws MurmurError bad-input, too-large, unsupported; an error of the browser for damaged pixels */
export async function decodePicture(bytes: Uint8Array): Promise<DecodedPicture> {
  readPictureHeader(bytes);
  const bitmap = await createImageBitmap(new Blob([bytes as Uint8Array<ArrayBuffer>]), {
    colorSpaceConversion: 'none',
  });
  try {
    const { width, height } = bitmap;
    const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
    if (context === null) throw new MurmurError('unsupported', 'this browser draws no pictures in a worker');
    context.drawImage(bitmap, 0, 0);
    return { width, height, rgba: context.getImageData(0, 0, width, height).data };
  } finally {
    bitmap.close();
  }
}
