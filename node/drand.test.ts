/** The drand adapter against a real HTTP server that answers like drand's API, and like a broken one. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { toHex } from '../src/core/bytes.ts';
import { createLedger } from '../src/network/ledger.ts';
import { createSender } from '../src/network/sender.ts';
import { drandBeacon } from './drand.ts';

const SIGNATURE = 'ab'.repeat(64);
const ANSWERS: Readonly<Record<string, { status: number; body: string }>> = {
  '/chain/public/7': {
    status: 200,
    body: JSON.stringify({ round: 7, signature: SIGNATURE, randomness: 'cd'.repeat(32) }),
  },
  '/chain/public/8': { status: 425, body: 'too early' },
  '/chain/public/9': { status: 404, body: 'not found' },
  '/chain/public/10': { status: 200, body: JSON.stringify({ round: 11, signature: SIGNATURE }) },
  '/chain/public/11': { status: 200, body: JSON.stringify({ round: 11, signature: 'ab' }) },
  '/chain/public/12': { status: 500, body: '<html>' },
};

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((request, response) => {
    const { status, body } = ANSWERS[request.url ?? ''] ?? { status: 500, body: '' };
    response.writeHead(status).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/chain`;
});
afterAll(() => void server.close());

const ask = (round: bigint, ledger = createLedger()) =>
  drandBeacon(url, createSender({ ledger })).signature(round, AbortSignal.timeout(5_000));

test('a round that is out has its signature, one that is not due has none', async () => {
  expect(toHex((await ask(7n)) as Uint8Array)).toBe(`0x${SIGNATURE}`);
  expect(await ask(8n)).toBeUndefined();
  expect(await ask(9n)).toBeUndefined();
});

test.each([10n, 11n, 12n])('what is no signature of round %i is refused', async (round) => {
  await expect(ask(round)).rejects.toMatchObject({ code: 'unreachable' });
});
