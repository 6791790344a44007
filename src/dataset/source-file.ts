/** A file as the readers take it: where it comes from and how it was compressed is the host's matter. */
import { MurmurError } from '../core/errors.ts';
import { concatBytes } from '../core/bytes.ts';

export interface SourceFile {
  /** folders and name, separated by `/`; without the `.gz` of a file that the host decompresses */
  readonly path: string;
  /** the bytes in pieces of any size, decompressed; may be asked for once */
  pieces(): AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** Most bytes of a file that has to be in memory as a whole. */
export const MAX_FILE_BYTES = 536_870_912;

/**
 * All bytes of a file.
 * @throws MurmurError too-large past {@link MAX_FILE_BYTES}, so that a small file that decompresses without end stops here
 */
export async function bytesOf(file: SourceFile): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of file.pieces()) {
    length += piece.length;
    if (length > MAX_FILE_BYTES) {
      throw new MurmurError('too-large', `${file.path} holds more than ${MAX_FILE_BYTES / 2 ** 20} MiB`, {
        hint: 'Split it into several files.',
      });
    }
    pieces.push(piece);
  }
  return concatBytes(...pieces);
}

/** What several files are called together: the name of the one, or how many there are. */
export function nameOfAll(files: readonly SourceFile[]): string {
  return files.length === 1 ? nameOf(files[0]?.path ?? '') : `${files.length} files`;
}

/** The last part of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
