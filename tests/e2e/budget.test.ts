/** A data set's privacy budget as its owner meets it: shown before joining, refused past the limit, spent by a task, and never given back. */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import { takeSample } from '../../bench/page/steps.ts';
import { createExampleTask, exampleNamed, exampleSpec } from '../../node/example-task.ts';
import type { LocalNetwork } from '../../node/network.ts';
import { checkTaskSpec } from '../../src/protocol/task-spec.ts';
import { expectAccessible, launchBrowser, openContext, waitForResult } from './browser.ts';

let temporary: TemporaryNetwork;
let network: LocalNetwork;
let browser: Browser;
let task: bigint;

beforeAll(async () => {
  temporary = await startTemporaryNetwork({ trainingRounds: 2, headless: false });
  ({ network } = temporary);
  const { chain, relay } = network;
  task = await createExampleTask({
    creator: chain.creator,
    flock: chain.endpoint.flock,
    blobs: relay.core.blobs,
    spec: checkTaskSpec({
      ...exampleSpec(exampleNamed('heart'), 2),
      evaluation: { bins: 10, release: 'off' },
      privacy: { kind: 'records', noiseMultiplier: 2, delta: 1e-5, clipNorm: 1, samplingRate: 0.1 },
    }),
    lengths: { joinSeconds: 12, phaseSeconds: 30, beaconSeconds: 30 },
    signal: AbortSignal.timeout(30_000),
  });
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await temporary?.stop();
}, 60_000);

async function looks(page: Page, name: string): Promise<void> {
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      await expectAccessible(page, `${name}-${width}-${colorScheme}`);
    }
  }
}

const textOf = (page: Page, testid: string) => page.getByTestId(testid).first().textContent();

async function setLimit(page: Page, epsilon: string): Promise<void> {
  await page.goto(new URL('/data', network.url).href);
  await page.getByTestId('dataset').first().waitFor({ timeout: 60_000 });
  const form = page.getByText('Change the limit').first();
  await form.focus();
  await page.keyboard.press('Enter');
  await page.getByLabel('Your limit for these rows (epsilon)').fill(epsilon);
  await page.keyboard.press('Enter');
}

async function openSetUp(page: Page): Promise<void> {
  await page.goto(new URL(`/alliance/${task}/train`, network.url).href);
  const make = page.getByRole('button', { name: 'Make a wallet in this tab' });
  await make.or(page.getByTestId('wallet')).first().waitFor({ timeout: 60_000 });
  if (await make.isVisible()) await make.click();
  await takeSample(page, 'Hungarian');
  await page.getByTestId('budget-after').waitFor({ timeout: 60_000 });
}

test('is shown before joining, refused past the limit, and spent', async () => {
  const context = await openContext(browser);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  const joins = page.getByRole('button', { name: 'Join the training' });

  await openSetUp(page);
  await expect.poll(() => textOf(page, 'budget-spent')).toBe('0');
  await expect.poll(() => textOf(page, 'budget-limit')).toBe('epsilon 10 (delta 0.00001)');
  const whole = await textOf(page, 'budget-after');
  expect(whole).toMatch(/^epsilon \d/);
  expect(await page.getByRole('checkbox', { name: /nothing bounds/ }).count()).toBe(0);
  await looks(page, 'budget-join');

  await setLimit(page, 'ten');
  await page.getByText('a limit is an epsilon from 0 to 1000').first().waitFor({ timeout: 60_000 });
  await setLimit(page, '0.1');
  await page.getByText('The limit is saved.').waitFor({ timeout: 60_000 });
  await looks(page, 'budget-data');
  await openSetUp(page);
  await page.getByText('This task costs more than your limit leaves').waitFor();
  expect(await joins.isDisabled()).toBe(true);
  await looks(page, 'budget-over');

  await setLimit(page, '50');
  await page.getByText('The limit is saved.').waitFor({ timeout: 60_000 });
  await openSetUp(page);
  await joins.click();
  await page.getByRole('button', { name: 'Pause' }).waitFor({ timeout: 60_000 });
  await page.getByTestId('budget-left').waitFor({ timeout: 60_000 });
  await expect.poll(() => textOf(page, 'budget-after')).toBe(whole);
  temporary.train(task).catch(() => undefined);
  await expect.poll(() => textOf(page, 'budget-spent'), { timeout: 200_000, interval: 500 }).not.toBe('0');
  await looks(page, 'budget-live');
  await waitForResult(page);

  await page.goto(new URL('/data', network.url).href);
  const card = page.getByTestId('dataset').first();
  await card.waitFor({ timeout: 60_000 });
  await expect.poll(() => textOf(page, 'dataset-spent')).not.toBe('epsilon 0');
  const spent = await textOf(page, 'dataset-spent');
  await looks(page, 'budget-spent');

  // Forgotten, and read again: what was spent is still spent.
  await page.goto(new URL(`/alliance/${task}/train`, network.url).href);
  await page.getByRole('button', { name: 'Join another task' }).click();
  await page.goto(new URL('/data', network.url).href);
  await card.getByRole('button', { name: 'Forget' }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Forget' }).click();
  await card.waitFor({ state: 'detached', timeout: 60_000 });
  const { task: other } = await network.openTask();
  await page.goto(new URL(`/alliance/${other}/train`, network.url).href);
  await takeSample(page, 'Hungarian');
  await page.getByTestId('budget-after').waitFor({ timeout: 60_000 });
  await expect.poll(() => textOf(page, 'budget-spent')).toBe(spent);
  await expect.poll(() => textOf(page, 'budget-task')).toBe('none: no bound');
  await expect.poll(() => joins.isDisabled()).toBe(true);
  await looks(page, 'budget-open');
  await page.getByRole('checkbox', { name: /nothing bounds/ }).check();
  await expect.poll(() => joins.isDisabled()).toBe(false);
  expect(errors).toEqual([]);
  await context.close();
}, 600_000);
