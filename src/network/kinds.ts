/** What leaves, in plain words: the texts of the ledger page. */
import type { Message } from '../protocol/messages.ts';
import type { RecordPhase } from '../protocol/phases.ts';

export const KIND = {
  signIn: 'sign-in (signature of the session key)',
  announce: 'announcement (registration number)',
  uploadOffer: 'upload offer (hash and size)',
  keyShares: 'key shares (encrypted)',
  maskedVector: 'masked vector',
  sum: 'sum of all masked vectors (public)',
  model: 'shared model (public)',
  spec: 'task description (public)',
  start: 'starting weights of a task (public)',
  readBlob: 'download',
  readMessages: 'reading messages',
  stream: 'message stream (listening)',
  chainQuestion: 'question to the chain',
  transaction: 'signed transaction for the chain',
} as const;

const RECORD_WORDS: Readonly<Record<RecordPhase, string>> = {
  1: 'I take part (public keys)',
  3: 'my key shares lie at the relay',
  4: 'I have the key shares for me',
  5: 'my masked vector lies at the relay',
  6: 'I have the masked vectors',
  7: 'shares of one-time masks',
  9: 'I have checked the sum',
};

/** A signed message of a phase. */
export function messageKind({ phase }: Message): string {
  return `signed record: ${RECORD_WORDS[phase]}`;
}

/** Whether an entry went to the chain rather than to the relay. */
export function isForChain(kind: string): boolean {
  return kind === KIND.chainQuestion || kind === KIND.transaction;
}

/** Bytes of a share bundle beside its 2-byte head, for each receiver (docs/protocol.md, section 6). */
const BUNDLE_BYTES = 188;
/** Where the JSON of a safetensors file begins, after the length of its header. */
const SAFETENSORS_JSON = 8;
const UNMASK = 7;

/**
 * What a blob is that a participant uploads: a share bundle, which says its own length; a public model, a safetensors file; else a masked
 * vector, or, once this participant has given its unmask answer, the sum of all, which has the same form.
 * @param lastPhase phase of the last message that was published
 */
export function blobKind(bytes: Uint8Array, lastPhase: number): string {
  const receivers = ((bytes[0] ?? 0) << 8) | (bytes[1] ?? 0);
  if (receivers > 0 && bytes.length === 2 + BUNDLE_BYTES * receivers) return KIND.keyShares;
  if (bytes[SAFETENSORS_JSON] === 0x7b && bytes.subarray(4, SAFETENSORS_JSON).every((byte) => byte === 0))
    return KIND.model;
  return lastPhase >= UNMASK ? KIND.sum : KIND.maskedVector;
}
