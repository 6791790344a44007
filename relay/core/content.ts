/**
 * Whether a message's body is what its signed digest says, as far as a relay can tell. Share bundles are checked for their shape
 * only: their digest binds the round's context, and who receives one checks it whole.
 */
import { type Bytes, type Hex, ByteReader, equalBytes, fromHex, toHex } from '../../src/core/bytes.ts';
import { MurmurError, check } from '../../src/core/errors.ts';
import { popcount } from '../../src/core/bitmap.ts';
import { bytesToBigInt } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { joinDigest } from '../../src/masking/keys.ts';
import { maskedDigest } from '../../src/masking/mask.ts';
import { type Message, messageRecord } from '../../src/protocol/messages.ts';
import { Phase, Verdict } from '../../src/protocol/phases.ts';
import { voteDigest } from '../../src/protocol/record.ts';
import type { Registration, RoundView } from '../../src/protocol/views.ts';
import type { RelayStore } from './store.ts';

const BUNDLE_BYTES_PER_MEMBER = 188;
const ANSWER_BYTES_PER_MEMBER = 48;

/** @throws MurmurError bad-hash when body and digest differ, not-found when the blob that it names was not uploaded, bad-input */
export async function checkContent(args: {
  message: Message;
  sender: Registration;
  view: RoundView;
  store: RelayStore;
  maxBlobBytes: number;
}): Promise<void> {
  const { message, sender, view, store } = args;
  const { digest } = messageRecord(message);
  switch (message.phase) {
    case Phase.Join: {
      const expected = await joinDigest({
        maskPublicKey: fromHex(message.body.maskPublicKey, 32),
        selfMaskCommitment: fromHex(message.body.selfMaskCommitment, 32),
        channelKey: sender.channelKey,
        sessionKey: fromHex(sender.sessionKey, 20),
      });
      return mustEqual(expected, digest, 'the keys of the join message');
    }
    case Phase.Share: {
      const name = message.body.bundle as Hex;
      const sizeBytes = await sizeOf(store, name, 'the share bundle');
      check(
        sizeBytes === 2 + BUNDLE_BYTES_PER_MEMBER * view.n,
        `a share bundle of ${view.n} members has another size than ${sizeBytes}`,
      );
      const header = new ByteReader(await store.readBlob(name, 0, 2));
      return check(header.u16() === view.n, 'the share bundle is for another roster');
    }
    case Phase.Mask: {
      const name = message.body.blob as Hex;
      const sizeBytes = await sizeOf(store, name, 'the masked vector');
      check(
        sizeBytes === message.body.sizeBytes,
        `the masked vector has ${sizeBytes} bytes, the message says ${message.body.sizeBytes}`,
      );
      if (sizeBytes > args.maxBlobBytes)
        throw new MurmurError('too-large', `a masked vector has at most ${args.maxBlobBytes} bytes`);
      return mustEqual(await maskedDigest(await store.readBlob(name)), digest, 'the masked vector');
    }
    case Phase.Ack:
    case Phase.Have:
      return check(
        bytesToBigInt(digest) >> BigInt(view.n) === 0n,
        'the bitmap names members that the roster does not have',
      );
    case Phase.Unmask: {
      const answer = fromHex(message.body.answer);
      const sizeBytes = 64 + ANSWER_BYTES_PER_MEMBER * popcount(view.u2);
      check(answer.length === sizeBytes, `an unmask answer has ${sizeBytes} bytes in this round, not ${answer.length}`);
      const sets = [bytesToBigInt(answer.slice(0, 32)), bytesToBigInt(answer.slice(32, 64))];
      check(
        sets[0] === view.u2 && sets[1] === view.u3,
        'the unmask answer is for other survivors than the contract computed',
      );
      return mustEqual(await sha256(answer), digest, 'the unmask answer');
    }
    case Phase.Vote: {
      const verdict = digest[31] as Verdict;
      check((Object.values(Verdict) as number[]).includes(verdict), `${verdict} is no verdict`);
      return mustEqual(await voteDigest(view.sumRoot, view.modelHash, verdict), digest, 'the vote (another candidate)');
    }
  }
}

async function sizeOf(store: RelayStore, name: Hex, what: string): Promise<number> {
  const sizeBytes = await store.blobSize(name);
  if (sizeBytes !== undefined) return sizeBytes;
  throw new MurmurError('not-found', `${what} is not at this relay`, {
    hint: 'Upload it first, then publish.',
    details: { sha256: name },
  });
}

function mustEqual(actual: Bytes, expected: Bytes, what: string): void {
  if (equalBytes(actual, expected)) return;
  throw new MurmurError('bad-hash', `${what} does not match the signed digest`, {
    details: { actual: toHex(actual), expected: toHex(expected) },
  });
}
