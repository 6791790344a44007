/** Participants of a test: session keys, signed messages of every phase with bodies that fit, and the blobs behind them. */
import { type Bytes, type Hex, concatBytes, fromHex, toHex, uintBytes, utf8 } from '../../src/core/bytes.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import { joinDigest } from '../../src/masking/keys.ts';
import { maskedDigest } from '../../src/masking/mask.ts';
import { type Message, type MessageOf, messageFor } from '../../src/protocol/messages.ts';
import { Phase, type RecordPhase, type Verdict } from '../../src/protocol/phases.ts';
import type { BlobStore } from '../../src/protocol/ports.ts';
import { type AllianceRecord, packRecord, type RecordDomain, voteDigest } from '../../src/protocol/record.ts';
import type { RoundView } from '../../src/protocol/views.ts';
import { popcount } from '../../src/core/bitmap.ts';

export interface TestSigner {
  readonly address: Hex;
  /** the 64-byte signature */
  sign(record: AllianceRecord): Promise<Bytes>;
}

const recordHash = (record: AllianceRecord) =>
  sha256(utf8(`${record.task}/${record.round}/${record.group}/${record.phase}/${record.index}/`), record.digest);

/** Signs with nothing but a hash: enough where the test is about the relay and not about signatures. */
export function toySigner(id: number): TestSigner {
  const address = toHex(uintBytes(0xabc000 + id, 20));
  return {
    address,
    sign: async (record) => concatBytes(fromHex(address), await recordHash(record), new Uint8Array(12)),
  };
}

/** Reads the signer out of a toy signature. */
export async function verifyToy(_domain: RecordDomain, record: AllianceRecord, signature: Bytes): Promise<Hex> {
  if (toHex(signature.slice(20, 52)) !== toHex(await recordHash(record)))
    throw new MurmurError('bad-signature', 'not signed');
  return toHex(signature.slice(0, 20));
}

export class Cohort {
  readonly signers: readonly TestSigner[];
  readonly task: bigint;

  constructor(task: bigint, signers: readonly TestSigner[]) {
    this.task = task;
    this.signers = signers;
  }

  async #message<P extends RecordPhase>(
    signer: TestSigner,
    round: number,
    phase: P,
    index: number,
    digest: Bytes,
    body: MessageOf<P>['body'],
  ): Promise<Message> {
    const signature = await signer.sign({ task: this.task, round, group: 0, phase, index, digest });
    return messageFor(this.task, round, phase, packRecord(index, digest, signature), body);
  }

  async join(id: number, round: number): Promise<Message> {
    const signer = this.signers[id] as TestSigner;
    const keys = { maskPublicKey: uintBytes(500 + id, 32), selfMaskCommitment: uintBytes(900 + id, 32) };
    const digest = await joinDigest({
      ...keys,
      channelKey: uintBytes(id + 1, 32),
      sessionKey: fromHex(signer.address),
    });
    const body = { maskPublicKey: toHex(keys.maskPublicKey), selfMaskCommitment: toHex(keys.selfMaskCommitment) };
    return this.#message(signer, round, Phase.Join, id, digest, body);
  }

  /** The message of the member at a roster index in the round's phase; uploads what it names. Registration ids equal indices here. */
  async message(
    view: RoundView,
    phase: Exclude<RecordPhase, 1>,
    index: number,
    blobs: BlobStore,
    variant = 0,
  ): Promise<Message> {
    const signer = this.signers[index] as TestSigner;
    const say = <P extends RecordPhase>(of: P, digest: Bytes, body: MessageOf<P>['body']) =>
      this.#message(signer, view.round, of, index, digest, body);
    switch (phase) {
      case Phase.Share: {
        const bundle = concatBytes(uintBytes(view.n, 2), new Uint8Array(188 * view.n).fill(index + variant));
        return say(Phase.Share, await sha256(bundle), { bundle: await blobs.put(bundle) });
      }
      case Phase.Ack:
        return say(Phase.Ack, uintBytes(view.dealt, 32), {});
      case Phase.Mask: {
        const masked = maskedVector(index + variant);
        return say(Phase.Mask, await maskedDigest(masked), { blob: await blobs.put(masked), sizeBytes: masked.length });
      }
      case Phase.Have:
        return say(Phase.Have, uintBytes(view.masked, 32), {});
      case Phase.Unmask: {
        const shares = new Uint8Array(48 * popcount(view.u2)).fill(index);
        const answer = concatBytes(uintBytes(view.u2, 32), uintBytes(view.u3, 32), shares);
        return say(Phase.Unmask, await sha256(answer), { answer: toHex(answer) });
      }
      case Phase.Vote:
        return say(Phase.Vote, await voteDigest(view.sumRoot, view.modelHash, (variant || 3) as Verdict), {});
    }
  }
}

/** Some bytes that differ by participant, over more than one 64 KiB chunk. */
export function maskedVector(id: number): Bytes {
  return Uint8Array.from({ length: 70_000 }, (_, i) => (i * 7 + id * 13) & 255);
}
