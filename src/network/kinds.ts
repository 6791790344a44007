/** What leaves, in plain words: the texts of the ledger page. */
import type { Message } from '../protocol/messages.ts';
import { phaseName } from '../protocol/phases.ts';

export const KIND = {
  signIn: 'sign-in (signature of the session key)',
  announce: 'announcement (registration number)',
  uploadOffer: 'upload offer (hash and size)',
  keyShares: 'key shares (encrypted)',
  maskedVector: 'masked vector',
  readBlob: 'download',
  readMessages: 'reading messages',
  stream: 'message stream (listening)',
} as const;

/** A signed message of a phase. */
export function messageKind(message: Message): string {
  return message.phase === 7
    ? 'signed record: unmask (shares of one-time masks)'
    : `signed record: ${phaseName(message.phase)}`;
}

/** Bytes of a share bundle beside its 2-byte head, for each receiver (docs/protocol.md, section 6). */
const BUNDLE_BYTES = 188;

/** A blob is a share bundle, which says its own length, or a masked vector: participants upload nothing else. */
export function blobKind(bytes: Uint8Array): string {
  const receivers = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  return receivers > 0 && bytes.length === 2 + BUNDLE_BYTES * receivers ? KIND.keyShares : KIND.maskedVector;
}
