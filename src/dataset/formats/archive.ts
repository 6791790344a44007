/**
 * Zip archives (and npz, which are such), by fflate. Sizes are checked as the archive's directory announces them, before a byte is
 * decompressed; fflate then writes into a buffer of that size, so an archive that lies gets no more memory than it announced.
 * Not: checksums. What was damaged on its way is found by the reader of the content, or not at all.
 */
import { type UnzipFileInfo, unzipSync } from 'fflate';
import { MurmurError, check } from '../../core/errors.ts';
import { MAX_FILE_BYTES } from '../source-file.ts';

/** Files of one archive that are taken. */
const MAX_ENTRIES = 200_000;
/** Deflate cannot do much better than 1,032 to 1; honest pictures and tables stay far below this. */
const MAX_RATIO = 1100;

export interface ArchiveEntry {
  readonly path: string;
  readonly bytes: Uint8Array;
}

export function isZip(bytes: Uint8Array): boolean {
  return (
    bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5) && (bytes[3] === 4 || bytes[3] === 6)
  );
}

/**
 * The wanted files of an archive, in its order.
 * @param archive its name, for messages
 * @throws MurmurError bad-input for a damaged archive, too-large for one that holds more than a tab does
 */
export function readArchive(
  bytes: Uint8Array,
  archive: string,
  wanted: (path: string) => boolean,
): readonly ArchiveEntry[] {
  let total = 0;
  let entries = 0;
  const filter = ({ name, size, originalSize, compression }: UnzipFileInfo): boolean => {
    if (name.endsWith('/') || !wanted(name)) return false;
    entries += 1;
    total += originalSize;
    const tooLarge = total > MAX_FILE_BYTES || entries > MAX_ENTRIES || originalSize > MAX_RATIO * (size + 64);
    if (tooLarge) {
      throw new MurmurError('too-large', `${archive} decompresses to more than is plausible or fits (at ${name})`, {
        hint: 'Choose an archive of fewer files, or the files themselves.',
        details: { file: archive },
      });
    }
    check(
      compression === 0 || compression === 8,
      `${archive}: ${name} is compressed by a method that is not supported`,
      'Make the archive again with the usual (deflate) compression, and without a password.',
    );
    return true;
  };
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, { filter });
  } catch (cause) {
    if (cause instanceof MurmurError) throw cause;
    throw damaged(archive, cause);
  }
  return Object.entries(files).map(([path, content]) => ({ path, bytes: content }));
}

function damaged(archive: string, cause: unknown): MurmurError {
  return new MurmurError('bad-input', `${archive} is damaged or no zip archive`, {
    hint: 'Download or make it again.',
    details: { file: archive },
    cause,
  });
}
