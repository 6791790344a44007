/**
 * The ledger against what really leaves: a tab takes part in a round, every request body that the browser sends is captured outside of
 * the page, and each is found in the exported ledger. What the ledger says of the masked vector is what stands on chain.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import { joinWithSample } from '../../bench/page/steps.ts';
import type { LocalNetwork } from '../../node/network.ts';
import { digestSigner } from '../../src/chain/keys.ts';
import { toHex } from '../../src/core/bytes.ts';
import { maskedDigest } from '../../src/masking/mask.ts';
import { checkLedgerFile } from '../../src/network/ledger-file.ts';
import { expectAccessible, launchBrowser, openContext, waitForRound } from './browser.ts';

let temporary: TemporaryNetwork;
let network: LocalNetwork;
let browser: Browser;
let task: bigint;
/** somebody else's server, on another port */
let elsewhere: Server;
let reached = 0;

beforeAll(async () => {
  temporary = await startTemporaryNetwork({ trainingRounds: 30, headless: true });
  ({ network, task } = temporary);
  elsewhere = createServer((_, response) => {
    reached += 1;
    response.writeHead(200, { 'access-control-allow-origin': '*' }).end('here');
  });
  await new Promise<void>((resolve) => elsewhere.listen(0, '127.0.0.1', resolve));
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  elsewhere?.close();
  await temporary?.stop();
}, 60_000);

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly body: Buffer;
}

const shaOf = (body: Uint8Array) => `0x${createHash('sha256').update(body).digest('hex')}`;

test('every body that left is in the ledger, and the ledger is true', async () => {
  const context = await openContext(browser);
  const sent: Sent[] = [];
  const urls: string[] = [];
  const frames: string[] = [];
  context.on('request', (request) => {
    urls.push(request.url());
    const body = request.postDataBuffer();
    if (body !== null) sent.push({ url: request.url(), method: request.method(), body });
  });
  const page = await context.newPage();
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => frames.push(String(payload))));
  await page.goto(new URL(`/alliance/${task}/train`, network.url).href);
  await joinWithSample(page, 'Long Beach');
  await waitForRound(page, 2);

  await page.getByRole('link', { name: /Left this tab/ }).click();
  await page.getByRole('heading', { level: 1, name: 'What left this tab' }).waitFor();
  await page.getByTestId('ledger').locator('tbody tr').first().waitFor();
  await expectAccessible(page, 'left-light-1280');

  const before = [...sent];
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Export as signed file' }).click(),
  ]);
  const text = await readFile(await download.path(), 'utf8');
  const { ledger, ...holds } = await checkLedgerFile(text, digestSigner);
  expect(holds).toEqual({ signatureHolds: true, entriesHold: true, totalsHold: true });
  expect(ledger.origin).toBe(network.url);

  // Each body, as often as it was sent.
  const listed = new Map<string, number>();
  for (const { sha256, sizeBytes } of ledger.entries) {
    const key = `${sha256}/${sizeBytes}`;
    listed.set(key, (listed.get(key) ?? 0) + 1);
  }
  const missing = before.filter(({ body }) => {
    const key = `${shaOf(body)}/${body.length}`;
    const left = listed.get(key) ?? 0;
    listed.set(key, left - 1);
    return left === 0;
  });
  expect(missing.map(({ url, method }) => `${method} ${url}`)).toEqual([]);
  expect(before.length).toBeGreaterThan(20);
  expect(frames).toEqual([]);
  expect(urls.filter((url) => new URL(url).host !== new URL(network.url).host && !/^(data|blob):/.test(url))).toEqual(
    [],
  );

  // The signer is the session key that the wallet authorised: the chain says so.
  const { registration, address } = ledger.signer;
  const known = await network.chain.creator.registration(task, registration?.registrationId ?? -1);
  expect(known.sessionKey).toBe(address);

  await placeOfMaskedVector(page, before);
  await nothingElsewhere(page);
  await expectPrintable(page);
  await page.setViewportSize({ width: 360, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'left-dark-360');

  // Stores are enough: without a network the page still tells what left.
  const requests = await page.getByTestId('left-requests').textContent();
  await context.setOffline(true);
  await page.getByLabel('Search').fill('uploads');
  await page.getByTestId('ledger').locator('tbody tr').first().waitFor();
  expect(Number(requests?.replace(/\D/g, ''))).toBeGreaterThan(0);
  await context.close();
});

/** The newest masked vector leads to its block; the digest there is that of the bytes that left. */
async function placeOfMaskedVector(page: Page, sent: readonly Sent[]): Promise<void> {
  await page.getByLabel('Kind').selectOption('masked vector');
  const rows = page.getByTestId('ledger').locator('tbody tr');
  const kinds = rows.locator('td:nth-of-type(2)');
  await expect
    .poll(() => kinds.allTextContents())
    .toSatisfy((texts: string[]) => texts.length > 0 && texts.every((text) => text.includes('masked vector')));
  // The last row: its round is over for sure.
  const row = rows.last();
  await row.getByRole('button', { name: /^Find on chain/ }).click();
  const place = row.getByTestId('place');
  await place.waitFor({ timeout: 30_000 });
  const digest = await place.getByTestId('place-digest').getAttribute('data-hash');
  const transaction = await place.getByTestId('place-transaction').getAttribute('data-hash');
  const sha = await row.locator('td').nth(4).locator('code[data-hash]').getAttribute('data-hash');
  const vector = sent.find(({ body }) => shaOf(body) === sha)?.body;
  expect(vector).toBeDefined();
  expect(digest).toBe(toHex(await maskedDigest(new Uint8Array(vector ?? []))));
  const [, block = ''] = /Block ([0-9,]+)/.exec((await place.textContent()) ?? '') ?? [];
  const found = await network.chain.creator.transactionPlace((transaction ?? '0x') as `0x${string}`);
  expect(found).toEqual({ block: BigInt(block.replaceAll(',', '')), succeeded: true });
  await expectAccessible(page, 'left-place');
}

/** The policy of the page lets neither the page nor its workers speak to anybody else. */
async function nothingElsewhere(page: Page): Promise<void> {
  const { port } = elsewhere.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}/`;
  const attempt = (address: string) =>
    fetch(address).then(
      () => 'sent',
      () => 'blocked',
    );
  expect(await page.evaluate(attempt, url)).toBe('blocked');
  expect(page.workers().length).toBeGreaterThan(0);
  for (const worker of page.workers()) expect(await worker.evaluate(attempt, url)).toBe('blocked');
  const socket = (address: string) =>
    new Promise<string>((resolve) => {
      try {
        const opened = new WebSocket(address);
        opened.onopen = () => resolve('sent');
        opened.onerror = () => resolve('blocked');
      } catch {
        resolve('blocked');
      }
    });
  expect(await page.evaluate(socket, url.replace('http', 'ws'))).toBe('blocked');
  expect(reached).toBe(0);
}

/** On paper: who, when and where, totals and list; no buttons and no navigation. */
async function expectPrintable(page: Page): Promise<void> {
  await page.emulateMedia({ media: 'print' });
  await page.getByText('Printed').waitFor();
  for (const name of ['Print', 'Export as signed file'])
    expect(await page.getByRole('button', { name }).isVisible()).toBe(false);
  expect(await page.getByRole('navigation').first().isVisible()).toBe(false);
  await expectAccessible(page, 'left-print');
  await page.emulateMedia({ media: null });
}
