/**
 * Files of the page as they travel: Brotli (RFC 7932) or gzip (RFC 1952) where the browser takes it, made once and kept. The built page is
 * a few megabytes, so all of it fits.
 */
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';

const brotli = promisify(brotliCompress);
const zip = promisify(gzip);

/** Tight enough that a higher quality saves under one percent, and still instant. */
const BROTLI_QUALITY = 9;

export type ContentCoding = 'br' | 'gzip' | 'identity';

/** The best coding that a request takes (RFC 9110, 12.5.3; weights other than q=0 do not matter between these). */
export function codingFor(acceptEncoding: string | null): ContentCoding {
  const offered = (acceptEncoding ?? '').split(',').map((part) => part.trim().toLowerCase());
  const takes = (name: string) => offered.some((part) => new RegExp(`^${name}(?!.*;\\s*q=0(\\.0*)?$)`).test(part));
  if (takes('br')) return 'br';
  return takes('gzip') ? 'gzip' : 'identity';
}

export class CompressedFiles {
  readonly #kept = new Map<string, Promise<Uint8Array<ArrayBuffer>>>();

  /** A file's bytes in a coding. @param path on disk; what it holds must not change while the server runs */
  read(path: string, coding: ContentCoding): Promise<Uint8Array<ArrayBuffer>> {
    const key = `${coding}:${path}`;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const reading = encode(path, coding);
    this.#kept.set(key, reading);
    reading.catch(() => this.#kept.delete(key));
    return reading;
  }
}

async function encode(path: string, coding: ContentCoding): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = await readFile(path);
  if (coding === 'identity') return new Uint8Array(bytes);
  if (coding === 'gzip') return new Uint8Array(await zip(bytes, { level: 9 }));
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  return new Uint8Array(await brotli(bytes, { params }));
}
