/** The file of starting weights that a creator chose: its bytes, and what is in it. Whether it fits is for src/model/start.ts to judge. */
import type { Bytes } from '../src/core/bytes.ts';
import { hasCode, MurmurError } from '../src/core/errors.ts';
import { inspectStart, type StartContents } from '../src/model/start.ts';
import { MAX_START_BYTES } from '../src/protocol/limits.ts';

/** @throws MurmurError too-large before anything is read; not-found when the file is gone or was changed since it was chosen */
export async function readStartFile(file: Blob): Promise<Bytes> {
  if (file.size > MAX_START_BYTES) {
    throw new MurmurError(
      'too-large',
      `starting weights: the file has ${file.size} bytes, more than ${MAX_START_BYTES}`,
      {
        hint: 'Choose the weights of a smaller model.',
      },
    );
  }
  try {
    return new Uint8Array(await file.arrayBuffer());
  } catch (cause) {
    throw new MurmurError('not-found', 'starting weights: the file cannot be read any more', {
      hint: 'It was moved or changed since it was chosen. Choose it again.',
      cause,
    });
  }
}

/** @throws MurmurError as {@link readStartFile} and inspectStart */
export async function inspectStartFile(file: Blob): Promise<StartContents> {
  return inspectStart(await readStartFile(file));
}

/**
 * {@link inspectStartFile} that remembers the file it looked into last, so that a form that changes with every key does not read and hash
 * hundreds of megabytes anew. Every call from the page brings another copy of its File, so a file is known by its name, its size and when
 * it was changed, as a browser tells them; should they say too little, creating the task still refuses bytes of another hash.
 */
export function startFileInspector(): (file: Blob) => Promise<StartContents> {
  let last: { readonly key: string; readonly contents: Promise<StartContents> } | undefined;
  return (file) => {
    if (!(file instanceof File)) return inspectStartFile(file);
    const key = JSON.stringify([file.name, file.size, file.lastModified]);
    if (last?.key === key) return last.contents;
    const contents = inspectStartFile(file);
    last = { key, contents };
    contents.catch((error: unknown) => {
      // A file that could not be read may come back; what is no file of weights stays none.
      if (hasCode(error, 'not-found') && last?.contents === contents) last = undefined;
    });
    return contents;
  };
}
