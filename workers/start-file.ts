/** The file of starting weights that a creator chose, as bytes. What is in it is for src/model/start.ts to judge. */
import type { Bytes } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
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
