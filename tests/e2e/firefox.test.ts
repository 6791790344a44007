/** The main journey in a stock Firefox, driven over WebDriver BiDi: join with a sample, live through a round, reload, look at what left. */
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import type { LocalNetwork } from '../../node/network.ts';
import { findFirefox } from '../../scripts/find-firefox.mjs';

const firefox = findFirefox();
const PATIENCE_MS = 120_000;

let temporary: TemporaryNetwork;
let network: LocalNetwork;
let browser: Browser;
let task: bigint;

beforeAll(async () => {
  if (firefox === undefined) return;
  temporary = await startTemporaryNetwork({ trainingRounds: 30, headless: true });
  ({ network, task } = temporary);
  browser = await puppeteer.launch({ browser: 'firefox', executablePath: firefox, headless: true });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await temporary?.stop();
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
