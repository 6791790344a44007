/**
 * Which encoding a file is in, from its first bytes: a byte order mark decides; else zero bytes in every second place mean UTF-16;
 * else what is valid UTF-8 is UTF-8, and everything else Windows-1252, which old spreadsheets write. A file without non-ASCII
 * characters in its beginning counts as UTF-8; the finding `undecodable` tells when that was wrong.
 */
import { MurmurError } from '../core/errors.ts';
import type { FileEncoding } from './reading-plan.ts';

/** Bytes of a file that are looked at first. */
export const HEAD_BYTES = 65_536;
/** Share of control characters from which on bytes are no text. */
const MAX_CONTROL_SHARE = 0.005;
const MIN_UTF16_SHARE = 0.4;

/** @throws MurmurError bad-input when the bytes are no text */
export function detectEncoding(head: Uint8Array): FileEncoding {
  const [a, b, c] = head;
  if (a === 0xef && b === 0xbb && c === 0xbf) return 'utf-8';
  if (a === 0xff && b === 0xfe) return 'utf-16le';
  if (a === 0xfe && b === 0xff) return 'utf-16be';
  const zeros = [0, 0] as [number, number];
  let controls = 0;
  for (let i = 0; i < head.length; i++) {
    const byte = head[i] as number;
    if (byte === 0) zeros[(i & 1) as 0 | 1]++;
    // Tab, line ends and form feed stand in text files.
    else if (byte < 32 && (byte < 9 || byte > 13)) controls++;
  }
  const [even, odd] = zeros;
  if (odd > MIN_UTF16_SHARE * head.length && even * 20 < odd) return 'utf-16le';
  if (even > MIN_UTF16_SHARE * head.length && odd * 20 < even) return 'utf-16be';
  if (even + odd > 0 || controls > MAX_CONTROL_SHARE * head.length) throw notText(head);
  return isUtf8(head) ? 'utf-8' : 'windows-1252';
}

/** Decodes pieces that may end inside a character. Call without bytes at the end. */
export function createDecoder(encoding: FileEncoding): (bytes?: Uint8Array) => string {
  const decoder = new TextDecoder(encoding);
  return (bytes) => (bytes === undefined ? decoder.decode() : decoder.decode(bytes, { stream: true }));
}

function isUtf8(head: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}

/** Bytes at the beginning of what people choose by mistake, and what to do then. */
const KNOWN = [
  {
    magic: [0x50, 0x4b, 3, 4],
    what: 'a workbook or zip archive',
    hint: 'Open it and save the sheet as CSV, then choose that file.',
  },
  {
    magic: [0xd0, 0xcf, 0x11, 0xe0],
    what: 'an old workbook',
    hint: 'Open it and save the sheet as CSV, then choose that file.',
  },
  {
    magic: [0x25, 0x50, 0x44, 0x46],
    what: 'a PDF document',
    hint: 'Export the table itself as CSV, then choose that file.',
  },
] as const;

function notText(head: Uint8Array): MurmurError {
  const known = KNOWN.find(({ magic }) => magic.every((byte, i) => head[i] === byte));
  return new MurmurError('bad-input', `the file is ${known?.what ?? 'not text'}, so it holds no table`, {
    hint: known?.hint ?? 'Choose a text file with one row a line, such as a CSV export.',
  });
}
