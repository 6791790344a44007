/** The exported ledger: what was altered is found, and what is no such file is named. */
import { expect, it } from 'vitest';
import { digestSigner, sessionAddress, signDigest } from '../chain/keys.ts';
import { type Hex, utf8 } from '../core/bytes.ts';
import { checkLedgerFile, type LedgerFileBody, writeLedgerFile } from './ledger-file.ts';

const SECRET = new Uint8Array(32).fill(7);
const OTHER = new Uint8Array(32).fill(8);
const SHA: Hex = `0x${'ab'.repeat(32)}`;
const COORDINATOR: Hex = `0x${'cd'.repeat(20)}`;

const entry = { timeMs: 1000, destination: 'http://relay.test/v1/uploads/x', method: 'PATCH', sha256: SHA };
const body: Omit<LedgerFileBody, 'version' | 'entriesSha256'> = {
  origin: 'http://murmur.test',
  exportedAt: '2026-11-28T12:00:00.000Z',
  entries: [
    { ...entry, id: 3, kind: 'masked vector', sizeBytes: 754, blob: SHA },
    {
      ...entry,
      id: 5,
      kind: 'signed record',
      sizeBytes: 400,
      step: { chainId: 31337, coordinator: COORDINATOR, task: '1', round: 2, phase: 5, index: 0 },
    },
  ],
  totals: [
    { kind: 'masked vector', requests: 2, bytes: 1508 },
    { kind: 'signed record', requests: 1, bytes: 400 },
  ],
  signer: { address: sessionAddress(SECRET) },
};
const write = (secret = SECRET, what = body) => writeLedgerFile(what, (digest) => signDigest(secret, digest));
const check = (text: string) => checkLedgerFile(text, digestSigner);

it('holds when nothing was changed, however it is laid out', async () => {
  const text = await write();
  const pretty = JSON.stringify(JSON.parse(text), null, 2);
  for (const file of [text, pretty])
    expect(await check(file)).toMatchObject({ signatureHolds: true, entriesHold: true, totalsHold: true });
});

it('finds an altered size, a missing entry and another signer', async () => {
  const text = await write();
  expect(await check(text.replace('"sizeBytes":754', '"sizeBytes":75'))).toMatchObject({
    signatureHolds: false,
    entriesHold: false,
  });
  expect(await check(text.replace('"origin":"http://murmur.test"', '"origin":"http://other.test"'))).toMatchObject({
    signatureHolds: false,
    entriesHold: true,
  });
  expect(await check(await write(OTHER))).toMatchObject({ signatureHolds: false, entriesHold: true });
  const zero = text.replace(/"signature":"0x[0-9a-f]+"/, `"signature":"0x${'00'.repeat(65)}"`);
  expect(await check(zero)).toMatchObject({ signatureHolds: false });
});

it('finds entries that no total counts, and entries out of order', async () => {
  const [first, second] = body.entries as [LedgerFileBody['entries'][number], LedgerFileBody['entries'][number]];
  const wrong = [
    { ...body, totals: body.totals.slice(0, 1) },
    { ...body, totals: [{ kind: 'masked vector', requests: 1, bytes: 10 }, ...body.totals.slice(1)] },
    { ...body, entries: [second, first] },
  ];
  for (const what of wrong)
    expect(await check(await write(SECRET, what))).toMatchObject({ signatureHolds: true, totalsHold: false });
});

it.each([
  ['no JSON', 'hello', 'not JSON'],
  ['another JSON', '{"a":1}', 'ledger'],
  ['a wrong field', `{"ledger":{"version":2},"signature":"0x"}`, 'ledger.version'],
])('names what is wrong with %s', async (_, text, words) => {
  await expect(check(text)).rejects.toMatchObject({ code: 'bad-input', message: expect.stringContaining(words) });
});

it('counts bytes of the signed digest, not its text', async () => {
  const signer = await digestSigner(utf8('x'.repeat(32)), await signDigest(SECRET, utf8('x'.repeat(32))));
  expect(signer).toBe(sessionAddress(SECRET));
});
