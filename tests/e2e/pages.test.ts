/** A person without a wallet looks around a real network, by keyboard alone; the same pages in every look, and when the network goes. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import { joinWithSample } from '../../bench/page/steps.ts';
import { FOR_PROGRAMS, type LocalNetwork } from '../../node/network.ts';
import { expectAccessible, hashOf, launchBrowser, openContext, openTrain, tabTo, waitForResult } from './browser.ts';

const ROUNDS = 3;

let temporary: TemporaryNetwork;
let network: LocalNetwork;
let browser: Browser;
/** finished, and waiting for sites */
let done: bigint;
let waiting: bigint;
const LOOKS = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [360, 1280].map((width) => ({ colorScheme, width })),
);

beforeAll(async () => {
  temporary = await startTemporaryNetwork({ trainingRounds: ROUNDS, pace: FOR_PROGRAMS, headless: false });
  ({ network, task: done } = temporary);
  browser = await launchBrowser();
  await temporary.train();
  ({ task: waiting } = await network.openTask());
}, 280_000);

afterAll(async () => {
  await browser?.close();
  await temporary?.stop();
}, 60_000);

async function press(page: Page, target: Locator): Promise<void> {
  await tabTo(page, target);
  await page.keyboard.press('Enter');
}

test('by keyboard alone: start, list, search, task, verify, word, result, download', async () => {
  const context = await openContext(browser);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(network.url);
  await page.getByTestId('judged-models').getByRole('img').waitFor();
  await expect.poll(() => page.getByTestId('total-tasks').textContent()).toBe('2');
  await press(page, page.getByRole('main').getByRole('link', { name: 'Train together' }).first());

  await expect.poll(() => page.getByTestId('found').textContent()).toBe('2 tasks');
  // The network's own task comes first, and is marked.
  await expect.poll(() => page.getByTestId('task').first().getAttribute('data-task')).toBe(waiting.toString());
  await page.getByTestId('task').first().getByText('The network’s own task').waitFor();
  await tabTo(page, page.getByRole('searchbox', { name: 'Search' }));
  await page.keyboard.type('liver');
  await page.getByText('No task fits').waitFor();
  await press(page, page.getByRole('button', { name: 'Show all tasks' }));
  await page.getByTestId('task').nth(1).waitFor();
  await page.keyboard.press('Shift+Tab');
  await page.getByRole('searchbox').focus();
  await page.keyboard.type('four heart');
  await tabTo(page, page.getByRole('combobox', { name: 'Show' }));
  await page.keyboard.type('Finished');
  await page.getByText('1 of 2 tasks').waitFor();
  await press(page, page.getByTestId('task').getByRole('link'));

  await page.waitForURL(`**/alliance/${done}`);
  await page.getByRole('heading', { level: 1, name: 'Heart disease, four hospitals' }).waitFor();
  const rounds = page.getByTestId('rounds').locator('tbody tr:not([data-outcome="void"])');
  await expect.poll(() => rounds.count()).toBe(ROUNDS + 2);
  await press(page, page.getByRole('button', { name: 'Check all rounds' }));
  await page.getByText('The model is right').waitFor();
  const { modelHash, round } = await network.chain.creator.task(done);
  for (const name of ['recomputed-hash', 'verified-chain-hash', 'task-model-hash'])
    await expect.poll(() => hashOf(page, name), { message: name }).toBe(modelHash);
  await expect.poll(() => page.getByTestId('verify').textContent()).toContain(`All ${round} rounds`);

  await press(page, page.getByTestId('costs').getByRole('button', { name: 'Noise added' }));
  await press(page, page.getByRole('link', { name: 'More about Noise' }));
  await page.waitForURL('**/words#noise');
  await page.locator('#noise:focus').waitFor();
  await page.goBack();

  await press(page, page.getByRole('link', { name: 'See the result' }));
  await page.getByTestId('public-result').waitFor();
  await expect.poll(() => page.getByTestId('public-result').textContent()).toMatch(/Of \d+ held-out rows of all sites/);
  await tabTo(page, page.getByRole('button', { name: 'Download the model' }));
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  expect(download.suggestedFilename()).toBe('murmur-heart-disease-four-hospitals.safetensors');
  const bytes = await readFile(await download.path());
  expect(`0x${createHash('sha256').update(bytes).digest('hex')}`).toBe(modelHash);
  await page.getByText('is in your downloads').waitFor();
  expect(errors).toEqual([]);
  await context.close();
});

describe.each(LOOKS)('$colorScheme, $width pixels wide', ({ colorScheme, width }) => {
  test('every page is accessible', async () => {
    const context = await openContext(browser, { colorScheme, viewport: { width, height: 800 } });
    const page = await context.newPage();
    const look = async (path: string, ready: string, name: string) => {
      await page.goto(network.url + path);
      await page.getByText(ready).first().waitFor();
      await expectAccessible(page, `${name}-${colorScheme}-${width}`);
    };
    await look('', 'How the models come along', 'home');
    await look('/alliance', 'The network’s own task', 'alliance');
    await page.goto(`${network.url}/alliance/${done}`);
    await page.getByRole('button', { name: 'Check all rounds' }).click();
    await page.getByText('The model is right').waitFor();
    await expectAccessible(page, `task-verified-${colorScheme}-${width}`);
    await look(`/alliance/${waiting}`, 'No round has begun yet', 'task-waiting');
    await look(`/alliance/${done}/result`, 'held-out rows of all sites the model', 'result-finished');
    await look(`/alliance/${waiting}/result`, 'This task is not finished yet', 'result-waiting');
    await look('/alliance/999', 'There is no such task', 'task-not-found');
    await look('/words#mask', 'Masked vector', 'words');
    await context.close();
  });
});

test('the check can be stopped, and begun again', async () => {
  const context = await openContext(browser);
  const page = await context.newPage();
  await page.goto(`${network.url}/alliance/${done}`);
  await page.getByTestId('rounds').waitFor();
  await context.route('**/v1/blobs/**', () => undefined);
  await page.getByRole('button', { name: 'Check all rounds' }).click();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await page.getByText('Stopped. Nothing was changed.').waitFor();
  await expect.poll(() => page.getByRole('button', { name: 'Stop', exact: true }).count()).toBe(0);
  await context.unroute('**/v1/blobs/**');
  await page.getByRole('button', { name: 'Check all rounds' }).click();
  await page.getByText('The model is right').waitFor();
  await context.close();
});

test('the connection goes and comes back: what was read stays, and is said to be old', async () => {
  const context = await openContext(browser);
  const page = await context.newPage();
  await page.goto(`${network.url}/alliance`);
  await page.getByTestId('task').nth(1).waitFor();
  await context.setOffline(true);
  await page.getByText('You are offline.').waitFor();
  await page.getByRole('alert').waitFor({ timeout: 60_000 });
  await expect.poll(() => page.getByTestId('task').count()).toBe(2);
  await expectAccessible(page, 'alliance-connection-lost');
  await context.setOffline(false);
  await page.getByRole('alert').waitFor({ state: 'detached', timeout: 60_000 });
  await context.close();
});

test('while a round runs everybody sees it, and at its end who took part sees both models on their own rows', async () => {
  const context = await openContext(browser);
  const { page: site, errors } = await openTrain(context, network.url, waiting);
  await joinWithSample(site, 'Long Beach');
  await site.goto(`${network.url}/alliance/${waiting}/result`);
  await site.getByRole('link', { name: 'Go to your live round' }).waitFor();
  temporary.train(waiting).catch(() => undefined);

  const visitor = await (await openContext(browser, { viewport: { width: 360, height: 800 } })).newPage();
  await visitor.goto(network.url);
  const live = visitor.getByTestId('live-rounds').getByRole('listitem');
  await live.waitFor({ timeout: 120_000 });
  await expectAccessible(visitor, 'home-live-360');
  await visitor.goto(`${network.url}/alliance`);
  await visitor.locator('[data-testid="task-state"][data-state="live"]').waitFor({ timeout: 120_000 });
  await visitor.setViewportSize({ width: 1280, height: 900 });
  await expectAccessible(visitor, 'alliance-live-1280');
  await visitor.goto(`${network.url}/alliance/${waiting}`);
  await visitor.locator('[data-testid="task-state"][data-state="live"]').waitFor({ timeout: 120_000 });
  await expectAccessible(visitor, 'task-live-1280');
  await visitor.context().close();

  await site.goto(`${network.url}/alliance/${waiting}/train`);
  await waitForResult(site);
  await site.getByTestId('result').getByRole('link').click();
  await site.getByTestId('own-result').waitFor({ timeout: 120_000 });
  await expect
    .poll(() => site.getByTestId('sentence').textContent())
    .toMatch(/^On your 26 held-out rows the common model got \d+ right, yours alone \d+\.$/);
  for (const { colorScheme, width } of LOOKS) {
    await site.setViewportSize({ width, height: 800 });
    await site.emulateMedia({ colorScheme });
    await expectAccessible(site, `result-own-${colorScheme}-${width}`);
  }
  await site.getByRole('button', { name: 'Leave, and choose the next task' }).click();
  await site.getByRole('heading', { level: 1, name: 'Train together' }).waitFor();
  expect(errors).toEqual([]);
  await context.close();
});
