/** A file as text in pieces. The first one is long enough to tell by it how the file is written. */
import { concatBytes } from '../core/bytes.ts';
import { HEAD_BYTES, createDecoder, detectEncoding } from './encoding.ts';
import type { SourceFile } from './source-file.ts';

/** Bytes that are text at once: what is made of it is much larger, and has to be stored before the next piece. */
const TEXT_BYTES = 65_536;

/**
 * @param onBytes hears of every piece of the file and may throw to stop, or make the reading wait
 * @throws MurmurError bad-input when the bytes are no text
 */
export async function* textPieces(
  file: SourceFile,
  onBytes: (length: number) => void | Promise<void>,
): AsyncGenerator<string> {
  let head: Uint8Array[] | undefined = [];
  let headBytes = 0;
  let decode: ((bytes?: Uint8Array) => string) | undefined;
  const begin = (): string => {
    const bytes = concatBytes(...(head ?? []));
    head = undefined;
    decode = createDecoder(detectEncoding(bytes.subarray(0, HEAD_BYTES)));
    return decode(bytes);
  };
  for await (const piece of file.pieces()) {
    for (let from = 0; from < piece.length; from += TEXT_BYTES) {
      const bytes = piece.subarray(from, from + TEXT_BYTES);
      await onBytes(bytes.length);
      if (decode !== undefined) yield decode(bytes);
      else {
        head?.push(bytes);
        headBytes += bytes.length;
        if (headBytes >= HEAD_BYTES) yield begin();
      }
    }
  }
  if (headBytes === 0) return;
  if (decode === undefined) yield begin();
  const rest = decode?.();
  if (rest !== undefined && rest !== '') yield rest;
}
