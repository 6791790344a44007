/**
 * PNG and JPEG in Node as RGBA bytes, as a browser decodes them: by libjpeg (with its accurate transform and smooth colours, and the
 * orientation that a camera noted) and by the png crate, both compiled to WebAssembly. Colour profiles are ignored, as in the page.
 *
 * Guarantees: JPEG gives the bytes that Chromium gives, and so does PNG in 8 bits or fewer without opacity (tests/browser/decode-picture);
 * otherwise a byte that lies over white differs by 1 at most. Memory is bounded by the announced size, which is checked first.
 * Not: that damaged pixels of a JPEG are found; it has no checksums, and decoders paint over them.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import decodeJpeg, { init as startJpeg } from '@jsquash/jpeg/decode.js';
import decodePng, { init as startPng } from '@jsquash/png/decode.js';
import { MurmurError } from '../src/core/errors.ts';
import { readPictureHeader } from '../src/dataset/formats/picture-header.ts';
import type { DecodedPicture } from '../src/dataset/pictures.ts';

type Decode = (file: ArrayBuffer) => Promise<ImageData>;

/** One a format, started when the first of its files comes. */
const decoders: Partial<Record<'png' | 'jpeg', Promise<Decode>>> = {};

const STARTS: Readonly<Record<'png' | 'jpeg', () => Promise<Decode>>> = {
  async png() {
    await startPng(await wasm('@jsquash/png/codec/pkg/squoosh_png_bg.wasm'));
    return decodePng;
  },
  async jpeg() {
    // It would say on stderr what it thinks of every file.
    const options = {
      noInitialRun: true,
      wasmBinary: await wasm('@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm'),
      printErr: () => undefined,
    };
    const start = () => startJpeg(options);
    await start();
    return async (file) => {
      try {
        return await decodeJpeg(file, { preserveOrientation: true });
      } catch (error) {
        // libjpeg leaves by exit(), behind which its memory is not to be used.
        await start();
        throw error;
      }
    };
  },
};

/** @throws MurmurError bad-input for what is neither PNG nor JPEG, or damaged; too-large; unsupported */
export async function decodePicture(bytes: Uint8Array): Promise<DecodedPicture> {
  const { format } = readPictureHeader(bytes);
  const decode = await (decoders[format] ??= STARTS[format]());
  try {
    const { width, height, data } = await decode(new Uint8Array(bytes).buffer);
    return { width, height, rgba: data };
  } catch (cause) {
    throw new MurmurError('bad-input', 'its pixels are damaged', {
      hint: 'Copy or download the picture again.',
      cause,
    });
  }
}

async function wasm(file: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(fileURLToPath(import.meta.resolve(file))));
}
