/**
 * What a PNG (W3C PNG, third edition) or JPEG (ITU-T T.81) file announces, before anything of it is decoded. Every host asks this before
 * its own decoder, so that a tab and a command line take and refuse the same files.
 *
 * Guarantees: a file of a few kilobytes that announces more pixels than memory holds stops here; what is cut off, or damaged on its way
 * (PNG has checksums, JPEG has none), stops here. Not: that the compressed pixels themselves are well-formed; their decoder says so.
 */
import { check, MurmurError } from '../../core/errors.ts';

export interface PictureHeader {
  readonly format: 'png' | 'jpeg';
  /** as stored, before the orientation that a camera noted */
  readonly width: number;
  readonly height: number;
}

/** 256 MiB as RGBA. */
const MAX_PIXELS = 67_108_864;
const PNG_SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Length, type and checksum around the content of a chunk. */
const PNG_CHUNK_BYTES = 12;
const PNG_HEADER_BYTES = 13;
/** Of a chunk type's first letter: set in those that a decoder may skip (PNG 5.4). */
const PNG_ANCILLARY = 0x20;

/** JPEG markers (T.81, table B.1). */
const SOI = 0xd8;
const EOI = 0xd9;
const SOS = 0xda;
const TEM = 0x01;
const RST0 = 0xd0;
const RST7 = 0xd7;
/** SOF0 to SOF15 but for DHT, JPG and DAC, which lie among them. */
const isFrameHeader = (marker: number) => marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);

/**
 * @throws MurmurError bad-input for what is neither, or cut off or damaged; too-large past 64 Mpixel; unsupported for JPEG in 12 bits or
 * in the four colours of print, which not every host decodes
 */
export function readPictureHeader(bytes: Uint8Array): PictureHeader {
  const header = isPng(bytes) ? pngHeader(bytes) : isJpeg(bytes) ? jpegHeader(bytes) : undefined;
  check(header !== undefined, 'it is neither PNG nor JPEG', 'Save the picture as PNG or JPEG.');
  const { width, height } = header;
  check(width > 0 && height > 0, 'it announces a picture without a pixel', DAMAGED);
  if (width * height > MAX_PIXELS) {
    throw new MurmurError('too-large', `it announces ${width} x ${height} pixels, more than ${MAX_PIXELS}`, {
      hint: 'Save the picture in a smaller size; it is scaled to the size of the task anyway.',
    });
  }
  return header;
}

const DAMAGED = 'Copy or download the picture again.';
const CUT_OFF = 'it is cut off';

function isPng(bytes: Uint8Array): boolean {
  return PNG_SIGNATURE.every((byte, i) => bytes[i] === byte);
}

function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === SOI && bytes[2] === 0xff;
}

/** Walks the chunks to the last one and checks the sums of those that make the picture. */
function pngHeader(bytes: Uint8Array): PictureHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: PictureHeader | undefined;
  let at = PNG_SIGNATURE.length;
  for (;;) {
    check(at + PNG_CHUNK_BYTES <= bytes.length, CUT_OFF, DAMAGED);
    const length = view.getUint32(at);
    const end = at + PNG_CHUNK_BYTES + length;
    check(end <= bytes.length, CUT_OFF, DAMAGED);
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
    if (((bytes[at + 4] as number) & PNG_ANCILLARY) === 0) {
      const sum = crc32(bytes.subarray(at + 4, end - 4));
      check(sum === view.getUint32(end - 4), `its part ${JSON.stringify(type)} is damaged`, DAMAGED);
    }
    if (header === undefined) {
      check(type === 'IHDR' && length === PNG_HEADER_BYTES, 'it does not begin with a PNG header', DAMAGED);
      header = { format: 'png', width: view.getUint32(at + 8), height: view.getUint32(at + 12) };
    }
    if (type === 'IEND') return header;
    at = end;
  }
}

/** Walks the segments before the compressed pixels, and looks for the mark behind them. */
function jpegHeader(bytes: Uint8Array): PictureHeader {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let header: PictureHeader | undefined;
  let at = 2;
  for (;;) {
    check(at + 4 <= bytes.length, CUT_OFF, DAMAGED);
    check(bytes[at] === 0xff, 'its segments are damaged', DAMAGED);
    const marker = bytes[at + 1] as number;
    // Any number of 0xff may stand before a marker; some markers stand alone.
    if (marker === 0xff) at += 1;
    else if (marker === TEM || (marker >= RST0 && marker <= RST7)) at += 2;
    else {
      const length = view.getUint16(at + 2);
      const end = at + 2 + length;
      check(length >= 2 && marker !== EOI, 'its segments are damaged', DAMAGED);
      check(end <= bytes.length, CUT_OFF, DAMAGED);
      if (marker === SOS) {
        check(header !== undefined, 'it holds pixels before it says how many', DAMAGED);
        check(hasEnd(bytes, end), CUT_OFF, DAMAGED);
        return header;
      }
      if (isFrameHeader(marker)) {
        check(length >= 8, 'its segments are damaged', DAMAGED);
        const [precision, components] = [bytes[at + 4], bytes[at + 9]];
        if (precision !== 8 || (components !== 1 && components !== 3)) {
          throw new MurmurError('unsupported', `it has ${components} components of ${precision} bits`, {
            hint: 'Save the picture as a usual JPEG: grey or RGB, 8 bits.',
          });
        }
        header = { format: 'jpeg', height: view.getUint16(at + 5), width: view.getUint16(at + 7) };
      }
      at = end;
    }
  }
}

/** Whether the end of the image is marked anywhere behind the first scan; cameras append other things to it. */
function hasEnd(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.length - 2; at >= from; at--) if (bytes[at] === 0xff && bytes[at + 1] === EOI) return true;
  return false;
}

/** The reflected polynomial of ISO 3309, as PNG uses it. */
const CRC_POLYNOMIAL = 0xedb88320;
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? CRC_POLYNOMIAL : 0);
  return rest;
});

/** As PNG computes it over the type and the content of a chunk. */
export function crc32(bytes: Uint8Array): number {
  let rest = 0xffffffff;
  for (const byte of bytes) rest = (rest >>> 8) ^ (CRC_TABLE[(rest ^ byte) & 255] as number);
  return ~rest >>> 0;
}
