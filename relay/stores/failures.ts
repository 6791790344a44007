/** The errors that every store throws alike, so that a client cannot tell the stores apart. */
import type { Hex } from '../../src/core/bytes.ts';
import { MurmurError } from '../../src/core/errors.ts';

export function blobMissing(sha256: Hex): MurmurError {
  return new MurmurError('not-found', 'the relay does not have these bytes', {
    hint: 'Ask another relay, or the participant who made them to send them again.',
    details: { sha256 },
  });
}

export function uploadMissing(sha256: Hex): MurmurError {
  return new MurmurError('not-found', 'no upload of these bytes was begun', {
    hint: 'Begin it with POST /v1/uploads.',
    details: { sha256 },
  });
}

export function uploadMoved(offset: number): MurmurError {
  return new MurmurError('conflict', `the upload stands at byte ${offset}`, {
    hint: 'Go on from there.',
    details: { offset },
  });
}

export function sizeChanged(sizeBytes: number): MurmurError {
  return new MurmurError('too-large', `these bytes have another size than the ${sizeBytes} that are known`, {
    details: { sizeBytes },
  });
}

export function wrongHash(expected: Hex, actual: Hex): MurmurError {
  return new MurmurError('bad-hash', 'the uploaded bytes do not have the SHA-256 that names them; they were deleted', {
    hint: 'Upload them again from the start.',
    details: { expected, actual },
  });
}
