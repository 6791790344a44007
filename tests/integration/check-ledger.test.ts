/** `murmur check-ledger`: says whether a file holds, in words and by its exit code. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGGREGATOR_WORKER } from '../../node/places.ts';
import { sessionAddress, signDigest } from '../../src/chain/keys.ts';
import { writeLedgerFile } from '../../src/network/ledger-file.ts';

const MURMUR = join(AGGREGATOR_WORKER, '../murmur.js');
const SECRET = new Uint8Array(32).fill(3);
let folder: string;
let good: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-ledger-'));
  const kind = 'masked vector';
  const entry = { id: 1, timeMs: 1, destination: 'http://a.test/', method: 'PATCH', kind, sizeBytes: 754 };
  good = await writeLedgerFile(
    {
      origin: 'http://a.test',
      exportedAt: '2026-11-28T12:00:00.000Z',
      entries: [{ ...entry, sha256: `0x${'ab'.repeat(32)}` }],
      totals: [{ kind, requests: 7, bytes: 7 * 754 }],
      signer: { address: sessionAddress(SECRET) },
    },
    (digest) => signDigest(SECRET, digest),
  );
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function check(text: string, ...options: string[]) {
  const file = join(folder, 'ledger.json');
  await writeFile(file, text);
  return new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const args = [MURMUR, 'check-ledger', file, ...options];
    execFile(process.execPath, args, { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}

test('a good file holds', async () => {
  const { code, stdout, stderr } = await check(good);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('1 requests listed of 7 in all');
  expect(stdout).not.toContain('DOES NOT HOLD');
  const json = await check(good, '--json');
  expect(JSON.parse(json.stdout)).toMatchObject({ signatureHolds: true, entriesHold: true, totalsHold: true });
});

test('an altered file does not', async () => {
  const { code, stdout, stderr } = await check(good.replace('"sizeBytes":754', '"sizeBytes":755'));
  expect(code).toBe(1);
  expect(stdout).toMatch(/signature of 0x.*DOES NOT HOLD/);
  expect(stdout).toContain('hash of the entries: DOES NOT HOLD');
  expect(stderr).toContain('not as its signer left it');
});

test('a key of a browser alone is known to no chain', async () => {
  const { code, stdout } = await check(good, '--chain');
  expect(code).toBe(1);
  expect(stdout).toContain('registration on chain: DOES NOT HOLD');
});

test.each([
  ['half of a file', (text: string) => text.slice(0, 100), 'not JSON'],
  ['another file', () => '[]', 'no exported ledger'],
  ['a field of another kind', (text: string) => text.replace('"requests":7', '"requests":-7'), 'totals'],
])('%s is refused by name', async (_, alter, words) => {
  const { code, stdout, stderr } = await check(alter(good));
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(words);
  expect(stderr).not.toContain('    at ');
});
