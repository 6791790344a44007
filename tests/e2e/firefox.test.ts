/** The main journey in a stock Firefox, driven over WebDriver BiDi: join with a sample, live through a round, reload, look at what left. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FOR_PEOPLE, type LocalNetwork, startNetwork } from '../../node/network.ts';
import { findFirefox } from '../../scripts/find-firefox.mjs';

const firefox = findFirefox();
const PATIENCE_MS = 120_000;

let folder: string;
let network: LocalNetwork;
let browser: Browser;
let training: Promise<unknown>;
let task: bigint;
const stop = new AbortController();

beforeAll(async () => {
  if (firefox === undefined) return;
  folder = await mkdtemp(join(tmpdir(), 'murmur-firefox-'));
  network = await startNetwork({
    stateFolder: folder,
    port: 0,
    rpcPort: 0,
    trainingRounds: 30,
    pace: FOR_PEOPLE,
    onReady: () => undefined,
    onTask: () => undefined,
    onRound: () => undefined,
    onTrouble: () => undefined,
    signal: stop.signal,
  });
  ({ task } = await network.openTask());
  training = network.train(task).catch(() => undefined);
  browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefox, headless: true });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  stop.abort();
  await network?.stop();
  await training;
  if (folder !== undefined) await rm(folder, { recursive: true, force: true });
}, 60_000);

/** By role and name, as a person finds it. */
const find = (page: Page, role: string, name: string) =>
  page.locator(`::-p-aria([role="${role}"][name="${name}"])`).setTimeout(PATIENCE_MS);

test('joins, lives through a round, goes on after a reload, and keeps the ledger', async (context) => {
  if (firefox === undefined) context.skip('no Firefox found; set MURMUR_FIREFOX to one');
  const page = await browser.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(String(error)));
  await page.setViewport({ width: 1280, height: 900 });
  await page.goto(`${network.url}/alliance/${task}/train`);
  await find(page, 'button', 'Make a wallet in this tab').click();
  await find(page, 'radio', 'Hungarian Institute of Cardiology, Budapest').click();
  await page.locator('[data-testid="data-summary"]').setTimeout(PATIENCE_MS).wait();
  await find(page, 'checkbox', 'Take part although nothing bounds what this task tells about my rows').click();
  await find(page, 'button', 'Join the training').click();
  await find(page, 'button', 'Pause').wait();

  const counted = '[data-testid="rounds"] tbody tr:not([data-outcome="void"])';
  await page.locator(counted).setTimeout(PATIENCE_MS).wait();
  await page.reload();
  await find(page, 'button', 'Pause').wait();
  // What ended before the reload is still there, and more rounds come.
  await page.waitForFunction((rows) => document.querySelectorAll(rows).length >= 2, { timeout: PATIENCE_MS }, counted);

  await page.goto(`${network.url}/left`);
  await page.waitForFunction(() => document.body.innerText.includes('masked vector'), { timeout: PATIENCE_MS });
  expect(errors).toEqual([]);
});
