/** Everything that leaves is written down first. */
import { expect, it } from 'vitest';
import { createPublicClient, http, keccak256 } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { toHex, utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import { KIND } from './kinds.ts';
import { createLedger, type LedgerEntry } from './ledger.ts';
import { createSender } from './sender.ts';

const hashOf = async (text: string) => toHex(await sha256(utf8(text)));

it('writes an entry down before the request goes, and its outcome after', async () => {
  const ledger = createLedger();
  const seen: LedgerEntry[] = [];
  ledger.subscribe((entry) => seen.push(entry));
  const sender = createSender({
    ledger,
    now: () => 7,
    fetch: async () => {
      expect(ledger.entries()).toHaveLength(1);
      return new Response('ok', { status: 201 });
    },
  });
  await sender.fetchAs('greeting')('https://relay.test/v1/x?secret=1', { method: 'POST', body: 'hello' });
  const entry = {
    id: 1,
    timeMs: 7,
    destination: 'https://relay.test/v1/x',
    method: 'POST',
    sizeBytes: 5,
    kind: 'greeting',
    sha256: await hashOf('hello'),
  };
  expect(seen).toEqual([
    { ...entry, outcome: 'sent' },
    { ...entry, outcome: 201 },
  ]);
  expect(ledger.totals().get('greeting')).toEqual({ requests: 1, sizeBytes: 5 });
});

it('says so when a request failed, and does not send what cannot be written down', async () => {
  let sent = 0;
  const fail = async () => {
    sent += 1;
    throw new TypeError('no network');
  };
  const ledger = createLedger();
  await expect(createSender({ ledger, fetch: fail }).fetchAs('x')('http://a.test/')).rejects.toThrow('no network');
  expect(ledger.entries()[0]).toMatchObject({ outcome: 'failed', sizeBytes: 0, sha256: await hashOf('') });

  const full = createLedger({ persist: () => Promise.reject(new Error('disk full')) });
  await expect(createSender({ ledger: full, fetch: fail }).fetchAs('x')('http://a.test/')).rejects.toThrow('disk full');
  const stream = new ReadableStream();
  await expect(
    createSender({ ledger, fetch: fail }).fetchAs('x')('http://a.test/', { method: 'POST', body: stream }),
  ).rejects.toMatchObject({
    code: 'unsupported',
  });
  expect(sent).toBe(1);
});

it('records bytes, parts of buffers and whole requests', async () => {
  const ledger = createLedger();
  const sender = createSender({ ledger, fetch: async () => new Response() });
  const buffer = utf8('xxabcxx');
  await sender.fetchAs('bytes')('http://a.test/', { method: 'POST', body: buffer.subarray(2, 5) });
  await sender.fetchAs('request')(new Request('http://a.test/', { method: 'PUT', body: 'abc' }));
  await sender.fetchAs('form')('http://a.test/', { method: 'POST', body: new URLSearchParams({ a: 'b' }) });
  const abc = await hashOf('abc');
  expect(ledger.entries().map(({ method, sizeBytes, sha256: sha }) => [method, sizeBytes, sha])).toEqual([
    ['POST', 3, abc],
    ['PUT', 3, abc],
    ['POST', 3, await hashOf('a=b')],
  ]);
});

it('forgets the oldest beyond its capacity, but keeps counting', async () => {
  const kept: number[] = [];
  const ledger = createLedger({ capacity: 2, persist: async ({ id }) => void kept.push(id) });
  const sender = createSender({ ledger, fetch: async () => new Response() });
  for (let i = 0; i < 5; i++) await sender.fetchAs('x')('http://a.test/', { method: 'POST', body: 'ab' });
  expect(ledger.entries().map(({ id }) => id)).toEqual([4, 5]);
  expect(ledger.totals().get('x')).toEqual({ requests: 5, sizeBytes: 10 });
  expect(kept).toEqual([1, 2, 3, 4, 5]);
});

it('is what viem sends through, and names the method, not the endpoint with its key', async () => {
  const ledger = createLedger();
  const fetch = async () => Response.json({ jsonrpc: '2.0', id: 1, result: '0x7a69' });
  const { rpcFetch } = createSender({ ledger, fetch });
  const client = createPublicClient({ transport: http('https://node.test/v2/api-key', { fetchFn: rpcFetch }) });
  expect(await client.getChainId()).toBe(31337);
  expect(ledger.entries()).toMatchObject([
    { kind: KIND.chainQuestion, about: { detail: 'eth_chainId' }, destination: 'https://node.test', outcome: 200 },
  ]);
});

it('names the transaction that a request to the chain carries', async () => {
  const ledger = createLedger();
  const { rpcFetch } = createSender({ ledger, fetch: async () => Response.json({}) });
  const account = privateKeyToAccount(`0x${'11'.repeat(32)}`);
  const raw = await account.signTransaction({
    chainId: 31337,
    to: account.address,
    value: 1n,
    gas: 21_000n,
    gasPrice: 1n,
  });
  const send = { method: 'eth_sendRawTransaction', params: [raw] };
  const bodies = [
    [{ method: 'eth_blockNumber' }, send],
    { method: 'eth_sendRawTransaction', params: ['nonsense'] },
    'no',
  ];
  for (const body of bodies) await rpcFetch('https://node.test', { method: 'POST', body: JSON.stringify(body) });
  expect(ledger.entries().map(({ kind, about }) => [kind, about])).toEqual([
    [KIND.transaction, { detail: 'eth_blockNumber, eth_sendRawTransaction', transaction: keccak256(raw) }],
    [KIND.transaction, { detail: 'eth_sendRawTransaction' }],
    [KIND.chainQuestion, { detail: 'unknown' }],
  ]);
});
