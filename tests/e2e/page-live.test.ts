/** The page on a running network: join, go on after a reload, one tab at a time, pause, leave; accessible all the way. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import { joinWithSample } from '../../bench/page/steps.ts';
import type { LocalNetwork } from '../../node/network.ts';
import { expectAccessible, launchBrowser, openContext, openTrain, waitForRound } from './browser.ts';

let temporary: TemporaryNetwork;
let network: LocalNetwork;
let browser: Browser;
let task: bigint;

beforeAll(async () => {
  temporary = await startTemporaryNetwork({ trainingRounds: 30, headless: true });
  ({ network, task } = temporary);
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await temporary?.stop();
}, 60_000);

test('a fifth site joins, reloads, yields to no second tab, pauses and leaves', async () => {
  const context = await openContext(browser, { colorScheme: 'dark', viewport: { width: 360, height: 800 } });
  const { page, errors } = await openTrain(context, network.url, task);
  await page.getByRole('heading', { name: 'Who you are' }).waitFor();
  await expectAccessible(page, 'set-up-dark-360');
  await joinWithSample(page, 'Long Beach');
  await waitForRound(page, 1);
  await expectAccessible(page, 'live-dark-360');

  await expect.poll(() => page.getByTestId('bytes-up').textContent()).not.toBe('0 B');
  await page.reload();
  await page.getByRole('button', { name: 'Pause' }).waitFor();
  await waitForRound(page, 2);

  const second = await openTrain(context, network.url, task);
  await second.page.getByRole('heading', { name: 'Another tab is taking part' }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Go on' }).waitFor();
  await page.close();

  // The other tab takes over what was paused.
  await second.page.getByRole('button', { name: 'Go on' }).click();
  await second.page.getByRole('button', { name: 'Pause' }).waitFor();
  await second.page.setViewportSize({ width: 1280, height: 900 });
  await second.page.emulateMedia({ colorScheme: 'light' });
  await expectAccessible(second.page, 'live-light-1280');
  await second.page.getByRole('button', { name: 'Leave' }).click();
  await second.page.getByRole('alertdialog').waitFor();
  await expectAccessible(second.page, 'leave-light-1280');
  await second.page.getByRole('button', { name: 'Yes, leave' }).click();
  await second.page.getByRole('heading', { name: 'Who you are' }).waitFor();
  expect([...errors, ...second.errors]).toEqual([]);
  await context.close();
});

test('a file that does not fit is refused by row and column', async () => {
  const context = await openContext(browser);
  const { page } = await openTrain(context, network.url, task);
  const line = '63.0,1.0,1.0,145.0,9000,1.0,2.0,150.0,0.0,2.3,3.0,0.0,6.0,0\n';
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'mine.csv', mimeType: 'text/csv', buffer: Buffer.from(line) });
  const finding = page.locator('[data-testid=findings] li.blocks', { hasText: 'chol' }).first();
  await finding.waitFor();
  await expect.poll(() => finding.textContent()).toContain('row 1');
  await expect.poll(() => finding.textContent()).toContain('9000');
  expect(await page.getByTestId('data-summary').count()).toBe(0);
  await context.close();
});
