/**
 * A contributor's whole way by keyboard alone: a file of their own that needs three repairs, a live round, a reload, the result, the
 * ledger, and forgetting.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type BenchNetwork, startBenchNetwork } from '../../bench/page/network.ts';
import { expectAccessible, expectModel, launchBrowser, openContext, tabTo } from './browser.ts';

const LONG_MS = 240_000;
let network: BenchNetwork;
let browser: Browser;
beforeAll(async () => {
  network = await startBenchNetwork(3);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await network?.stop();
}, 60_000);

/** 60 invented patients. Sex is written in words, one column has a decimal comma, one has another name than the task's. */
const OWN_FILE = [
  'age;sex;cp;trestbps;chol;fbs;restecg;max heart rate;exang;oldpeak;num',
  ...Array.from({ length: 60 }, (_, i) =>
    [
      35 + ((7 * i) % 40),
      i % 3 === 0 ? 'female' : 'male',
      1 + (i % 4),
      110 + ((13 * i) % 60),
      180 + ((29 * i) % 140),
      i % 7 === 0 ? 1 : 0,
      i % 3,
      100 + ((17 * i) % 80),
      i % 4 === 0 ? 1 : 0,
      `${i % 4},${i % 10}`,
      (i * i) % 5 < 2 ? 0 : 1,
    ].join(';'),
  ),
].join('\n');

/** Goes to a control with Tab and presses it. */
async function press(page: Page, role: 'button' | 'link', name: string | RegExp): Promise<void> {
  await tabTo(page, page.getByRole(role, { name }).first());
  await page.keyboard.press('Enter');
}

test('by keyboard: own file, three repairs, live round, reload, result, ledger, forget', async () => {
  const context = await openContext(browser, { viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(`${network.url}/alliance/${network.task}/train`);

  await press(page, 'button', 'Make a wallet in this tab');
  await page.getByTestId('wallet').waitFor({ timeout: 60_000 });
  const choosing = page.waitForEvent('filechooser');
  await tabTo(page, page.locator('input[type=file]'));
  await page.keyboard.press('Enter');
  await (await choosing).setFiles({ name: 'ward.csv', mimeType: 'text/csv', buffer: Buffer.from(OWN_FILE) });

  // Nothing is stored and nothing can be joined while something does not fit.
  const blocking = page.locator('[data-testid=findings] li.blocks');
  await blocking.first().waitFor({ timeout: 60_000 });
  await expect.poll(() => blocking.count()).toBe(3);
  expect(await page.getByTestId('data-summary').count()).toBe(0);
  expect(await page.getByRole('button', { name: 'Join the training' }).isDisabled()).toBe(true);
  for (let left = 3; left > 0; left--) {
    await tabTo(page, blocking.first().getByRole('button').first());
    await page.keyboard.press('Enter');
    await expect.poll(() => blocking.count()).toBe(left - 1);
  }
  await page.getByTestId('data-summary').waitFor({ timeout: 60_000 });
  // What a round would ask of this machine is tried out before anybody joins.
  const trial = page.getByTestId('trial');
  await trial.waitFor({ timeout: 60_000 });
  await expect.poll(() => trial.textContent()).toMatch(/One step takes\s*[\d.]+ m?s/);
  await expectAccessible(page, 'journey-file-mended');

  await tabTo(page, page.getByRole('checkbox', { name: /nothing bounds/ }));
  await page.keyboard.press('Space');
  await press(page, 'button', 'Join the training');
  await page.getByRole('button', { name: 'Pause' }).waitFor({ timeout: 60_000 });
  const counted = page.getByTestId('rounds').locator('tbody tr:not([data-outcome="void"])');
  await counted.first().waitFor({ timeout: LONG_MS });
  await page.reload();
  await page.getByRole('button', { name: 'Pause' }).waitFor({ timeout: 60_000 });
  await counted.first().waitFor({ timeout: 60_000 });

  await page.getByRole('heading', { name: 'The model is ready' }).waitFor({ timeout: LONG_MS });
  await expectModel(page, (await network.network.chain.creator.task(network.task)).modelHash);
  await press(page, 'link', 'See the result');
  await page.getByTestId('own-result').waitFor({ timeout: 60_000 });
  await expect.poll(() => page.getByTestId('sentence').textContent()).toContain('held-out rows');
  await expectAccessible(page, 'journey-result');

  await press(page, 'link', /Left this tab/);
  // Of many rows the page shows the newest.
  await page.getByLabel('Kind').selectOption('masked vector');
  await page
    .getByTestId('ledger')
    .getByRole('cell', { name: /masked vector/ })
    .first()
    .waitFor({ timeout: 60_000 });

  await page.goto(`${network.url}/alliance/${network.task}/train`);
  await press(page, 'button', 'Join another task');
  await page.goto(`${network.url}/data`);
  await page.getByTestId('dataset').waitFor({ timeout: 60_000 });
  await press(page, 'button', 'Forget');
  const asked = page.getByRole('alertdialog');
  await asked.waitFor();
  await tabTo(page, asked.getByRole('button', { name: 'Forget' }));
  await page.keyboard.press('Enter');
  await page.getByTestId('dataset').waitFor({ state: 'detached', timeout: 60_000 });
  expect(errors).toEqual([]);
  await context.close();
}, 600_000);
