/** Creating a task by keyboard on a running network: from a small file to a task on chain that others can read. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FOR_PEOPLE, type LocalNetwork, startNetwork } from '../../node/network.ts';
import { fetchSpec } from '../../src/aggregation/verify.ts';
import { expectAccessible, launchBrowser, openContext } from './browser.ts';

let folder: string;
let network: LocalNetwork;
let browser: Browser;
let ownTask: bigint;
const stop = new AbortController();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-create-'));
  network = await startNetwork({
    stateFolder: folder,
    port: 0,
    rpcPort: 0,
    trainingRounds: 2,
    pace: FOR_PEOPLE,
    onReady: () => undefined,
    onTask: () => undefined,
    onRound: () => undefined,
    onTrouble: () => undefined,
    signal: stop.signal,
  });
  ownTask = (await network.openTask()).task;
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  stop.abort();
  await network?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

/** Invented, of the shape of a ward's list: a name, a number, a category, and what is to be predicted. */
const SAMPLE = ['name;age;ward;readmitted']
  .concat(Array.from({ length: 40 }, (_, i) => `Patient ${i};${20 + i};${'abc'[i % 3]};${i % 2 === 0 ? 'yes' : 'no'}`))
  .join('\n');
const file = { name: 'ward.csv', mimeType: 'text/csv', buffer: Buffer.from(SAMPLE) };

/** Puts the focus where Tab would and types: no mouse is used anywhere. */
async function fill(page: Page, label: string, text: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).first().focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).focus();
  await page.keyboard.press('Enter');
}

test('a person creates a task by keyboard, past what is missing and a reload, and it is on chain', async () => {
  const context = await openContext(browser, { colorScheme: 'light', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(new URL('/create', network.url).href);
  await page.getByText('The rest of the form appears here').waitFor();
  await expectAccessible(page, 'create-empty-light-1280');

  await page.locator('input[type=file]').setInputFiles(file);
  await page.getByRole('heading', { name: '2. What is learnt' }).waitFor();
  expect(await page.getByTestId('sample').textContent()).toContain('4 columns, 40 rows');
  // What may name a person is off, and nothing of the file stands in a range.
  expect(await page.getByRole('checkbox', { name: 'Use name' }).getAttribute('aria-checked')).toBe('false');
  expect(await page.getByLabel('Smallest possible').inputValue()).toBe('');

  await press(page, 'Show what is missing');
  await page.getByRole('button', { name: 'Go to: age: Smallest possible' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('0');
  await page.keyboard.press('Tab');
  await page.keyboard.type('0');
  await fill(page, 'Title', 'Readmission');
  await page.getByText('The largest must be above the smallest.').first().waitFor();
  await expectAccessible(page, 'create-problems-light-1280');

  await page.reload();
  await page.getByText('Your entries for ward.csv were kept in this tab.').waitFor();
  expect(await page.getByLabel('Title', { exact: true }).inputValue()).toBe('Readmission');
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('Patient');
  await fill(page, 'Largest possible', '120');
  await fill(page, 'Fewest sites in a round', '4');
  await fill(page, 'Stake of each site (FLOCK)', '2.5');
  await page.getByText('Everything is filled in.').waitFor();
  expect(await page.getByTestId('features').textContent()).toBe('4');
  expect(await page.getByTestId('weights').textContent()).toBe('49');

  await press(page, 'Make a wallet in this tab');
  await page.getByRole('button', { name: 'Export' }).waitFor();
  await expectAccessible(page, 'create-ready-light-1280');
  await page.setViewportSize({ width: 360, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'create-ready-dark-360');
  const hash = await page.getByTestId('spec-hash').getAttribute('data-hash');

  await press(page, 'Create the task');
  const open = page.getByRole('link', { name: 'Open the task' });
  await open.waitFor({ timeout: 60_000 });
  await expectAccessible(page, 'create-done-dark-360');
  const [, id = ''] = /\/alliance\/([0-9]+)$/.exec((await open.getAttribute('href')) ?? '') ?? [];

  const view = await network.chain.creator.task(BigInt(id));
  expect(view).toMatchObject({ specHash: hash, status: 'running', poolLeft: 100n * 10n ** 18n });
  expect(view.parameters).toMatchObject({ minCohort: 4, maxCohort: 16, stake: 25n * 10n ** 17n, joinSeconds: 60 });
  const spec = await fetchSpec(network.relay.core, view);
  expect(spec).toMatchObject({
    title: 'Readmission',
    data: {
      delimiter: ';',
      header: true,
      columns: [
        { kind: 'number', name: 'age', minimum: 0, maximum: 120 },
        { kind: 'category', name: 'ward', categories: ['a', 'b', 'c'] },
      ],
      label: { name: 'readmitted', positive: { equals: ['yes'] } },
    },
  });
  await open.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/alliance/${id}`);

  // The network's hospitals have no data for it: their own task stays the one that they train.
  expect((await network.openTask()).task).toBe(ownTask);
  expect(errors).toEqual([]);
  await context.close();
});

test('without a network the form works, says so, and keeps what was entered', async () => {
  const context = await openContext(browser);
  const page = await context.newPage();
  await page.goto(new URL('/create', network.url).href);
  await page.locator('input[type=file]').setInputFiles(file);
  await fill(page, 'Title', 'Offline');
  await fill(page, 'Smallest possible', '0');
  await fill(page, 'Largest possible', '120');
  await context.setOffline(true);
  await page.getByText('Creating needs the network. Your entries are kept until it is back.').waitFor();
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Make a wallet in this tab' }).waitFor();
  expect(await page.getByLabel('Title', { exact: true }).inputValue()).toBe('Offline');
  await press(page, 'Discard this draft');
  await press(page, 'Yes, discard it');
  await page.getByText('The rest of the form appears here').waitFor();
  expect(await page.evaluate(() => sessionStorage.length)).toBe(0);
  await context.close();
});
