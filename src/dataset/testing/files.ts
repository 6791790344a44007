/** Files for the readers, from memory. */
import { utf8 } from '../../core/bytes.ts';
import type { SourceFile } from '../source-file.ts';

/** @param size of the pieces, so that a reader meets every cut */
export function memoryFile(path: string, content: string | Uint8Array, size = 65_536): SourceFile {
  const bytes = typeof content === 'string' ? utf8(content) : content;
  return {
    path,
    *pieces() {
      for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size);
    },
  };
}
