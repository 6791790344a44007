import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { fromHex, toHex } from '../core/bytes.ts';
import { Mailbox } from './mailbox.ts';
import { messageFor, parseMessage, type SequencedMessage } from './messages.ts';
import { Phase } from './phases.ts';
import { packRecord } from './record.ts';

const digest = (byte: number) => new Uint8Array(32).fill(byte);
const hash = (byte: number) => toHex(digest(byte));

function shareMessage(index: number, round: number, recordDigest: number, bundle: number) {
  return messageFor(1n, round, Phase.Share, packRecord(index, digest(recordDigest), new Uint8Array(64)), {
    bundle: hash(bundle),
  });
}

function mailboxOf(log: readonly unknown[]) {
  const entries = log.map((message, i) => ({ sequence: i + 1, message })) as SequencedMessage[];
  return new Mailbox(
    { messages: async (_, from) => entries.filter(({ sequence }) => sequence >= from).slice(0, 3) },
    1n,
  );
}

test('only messages whose digest is on chain count', async () => {
  const mailbox = mailboxOf([shareMessage(0, 5, 1, 7), shareMessage(1, 5, 2, 8), shareMessage(1, 5, 9, 9)]);
  await mailbox.refresh();
  const accepted = mailbox.accepted(
    5,
    Phase.Share,
    new Map([
      [0, digest(1)],
      [1, digest(2)],
      [2, digest(3)],
    ]),
  );
  expect([...accepted.keys()]).toEqual([0, 1]);
  expect(accepted.get(1)?.map(({ body }) => body.bundle)).toEqual([hash(8)]);
});

test('altered bodies of one record are all kept, up to a bound, so that the true one can be found', async () => {
  const mailbox = mailboxOf(Array.from({ length: 10 }, (_, i) => shareMessage(0, 5, 1, i)));
  await mailbox.refresh();
  expect(mailbox.accepted(5, Phase.Share, new Map([[0, digest(1)]])).get(0)).toHaveLength(4);
});

test('old rounds are forgotten, other tasks and nonsense are passed over', async () => {
  const foreign = { ...shareMessage(0, 5, 1, 1), task: '2' };
  const mailbox = mailboxOf([null, foreign, { phase: 3 }, shareMessage(0, 4, 1, 1), shareMessage(0, 5, 1, 1)]);
  await mailbox.refresh();
  mailbox.forgetBefore(5);
  const digests = new Map([[0, digest(1)]]);
  expect(mailbox.accepted(4, Phase.Share, digests).size).toBe(0);
  expect(mailbox.accepted(5, Phase.Share, digests).get(0)).toHaveLength(1);
});

test('a message from the wire parses or is refused with the field that is wrong', () => {
  const good = shareMessage(3, 9, 1, 2);
  expect(parseMessage(JSON.parse(JSON.stringify(good)))).toEqual(good);
  expect(fromHex(good.record)).toHaveLength(98);
  expect(() => parseMessage({ ...good, extra: 1 })).toThrowError(/extra/);
  expect(() => parseMessage({ ...good, body: { bundle: '0x12' } })).toThrowError(/body\.bundle/);
  fc.assert(
    fc.property(fc.anything(), (value) => {
      expect(() => parseMessage(value)).toThrowError(expect.objectContaining({ code: 'bad-input' }) as Error);
    }),
  );
});
