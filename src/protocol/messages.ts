/**
 * Messages over the relay: each is a signed record and the opening of its digest. The relay cannot alter one: the record is
 * signed by the session key and the body hashes to the record's digest (docs/protocol.md, section 3).
 */
import * as v from 'valibot';
import { type Bytes, fromHex, toHex } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { PACKED_RECORD_BYTES, unpackRecord } from './record.ts';
import { type RecordPhase, RECORD_PHASES } from './phases.ts';

const hexOf = (lengthBytes: number) => v.pipe(v.string(), v.regex(new RegExp(`^0x[0-9a-f]{${2 * lengthBytes}}$`)));
const u = (maximum: number) => v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(maximum));

const JoinBody = v.strictObject({ maskPublicKey: hexOf(32), selfMaskCommitment: hexOf(32) });
/** `bundle`: SHA-256 of the share bundle, a blob at the relay */
const ShareBody = v.strictObject({ bundle: hexOf(32) });
/** `blob`: SHA-256 of the masked vector, a blob at the relay */
const MaskBody = v.strictObject({ blob: hexOf(32), sizeBytes: u(2 ** 32) });
/** `answer`: at most 64 + 128 · 48 bytes */
const UnmaskBody = v.strictObject({ answer: v.pipe(v.string(), v.regex(/^0x([0-9a-f]{2}){64,6208}$/)) });
const EmptyBody = v.strictObject({});

const head = {
  task: v.pipe(v.string(), v.regex(/^[1-9][0-9]{0,77}$/)),
  round: u(2 ** 32 - 1),
  record: hexOf(PACKED_RECORD_BYTES),
};
const MessageSchema = v.variant('phase', [
  v.strictObject({ ...head, phase: v.literal(1), body: JoinBody }),
  v.strictObject({ ...head, phase: v.literal(3), body: ShareBody }),
  v.strictObject({ ...head, phase: v.literal(4), body: EmptyBody }),
  v.strictObject({ ...head, phase: v.literal(5), body: MaskBody }),
  v.strictObject({ ...head, phase: v.literal(6), body: EmptyBody }),
  v.strictObject({ ...head, phase: v.literal(7), body: UnmaskBody }),
  v.strictObject({ ...head, phase: v.literal(9), body: EmptyBody }),
]);

/** A message as JSON on the wire: task as decimal text, bytes as lower-case 0x-hex. */
export type Message = v.InferOutput<typeof MessageSchema>;
export type MessageOf<P extends RecordPhase> = Extract<Message, { phase: P }>;

/** A message in the relay's log of one task. */
export interface SequencedMessage {
  readonly sequence: number;
  readonly message: Message;
}

export const MAX_MESSAGE_BYTES = 16_384;

/**
 * Reads a message that came over the wire.
 * @throws MurmurError bad-input that names the field
 */
export function parseMessage(value: unknown): Message {
  const result = v.safeParse(MessageSchema, value);
  if (result.success) return result.output;
  const issue = result.issues[0];
  throw new MurmurError('bad-input', `message field ${v.getDotPath(issue) ?? '(root)'}: ${issue.message}`);
}

/** Index, digest and signature of a message's record. */
export function messageRecord(message: Message): { index: number; digest: Bytes; signature: Bytes } {
  return unpackRecord(fromHex(message.record, PACKED_RECORD_BYTES));
}

export function isRecordPhase(phase: number): phase is RecordPhase {
  return (RECORD_PHASES as readonly number[]).includes(phase);
}

export function messageFor<P extends RecordPhase>(
  task: bigint,
  round: number,
  phase: P,
  packed: Bytes,
  body: MessageOf<P>['body'],
): Message {
  return { task: task.toString(), round, phase, record: toHex(packed), body } as Message;
}
