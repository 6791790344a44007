/** Files that do not fit at first, and what the page says and offers about them, by keyboard: columns of other names, damaged pictures. */
import { zipSync } from 'fflate';
import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import { exampleNamed } from '../../node/example-task.ts';
import { FOR_PROGRAMS } from '../../node/network.ts';
import { pngBytes } from '../../src/dataset/testing/picture-files.ts';
import { expectAccessible, launchBrowser, openContext, openTrain, tabTo } from './browser.ts';

let browser: Browser;
/** with a task over the readings of six sensors, which nobody joins */
let temporary: TemporaryNetwork;

beforeAll(async () => {
  browser = await launchBrowser();
  temporary = await startTemporaryNetwork({
    example: exampleNamed('forecast'),
    trainingRounds: 1,
    pace: FOR_PROGRAMS,
    headless: false,
  });
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await temporary?.stop();
}, 60_000);

/** Of one station: 60 readings, so 52 windows of 8 with the reading after them. */
const READINGS = [
  'dust,dust_2,warmth,PRES,DEWP,RAIN,WSPM',
  ...Array.from({ length: 60 }, (_, i) => `${i},1,${i % 30},1000,0,0,${i % 9}`),
].join('\n');
const WINDOWS = 52;

test('a person says which columns of a file the sensors are, step by step through the lists', async () => {
  const context = await openContext(browser, { colorScheme: 'light', viewport: { width: 1280, height: 900 } });
  const { page, errors } = await openTrain(context, temporary.url, temporary.task);
  const file = { name: 'station.csv', mimeType: 'text/csv', buffer: Buffer.from(READINGS) };
  await page.locator('input[type=file]').first().setInputFiles(file);
  const findings = page.getByTestId('findings');
  await findings.getByText('“PM2.5” is no column of your file').waitFor();
  await findings.getByText('“TEMP” is no column of your file').waitFor();
  expect(await page.getByTestId('data-summary').count()).toBe(0);
  await expectAccessible(page, 'unmapped-light-1280');

  const dust = choiceFor(page, 'PM2.5');
  await tabTo(page, dust);
  // Past the wrong one: the file is read at every step, and the choice keeps the focus.
  await page.keyboard.press('ArrowDown');
  await rowOf(dust).getByText('0, 1, 2, 3').waitFor();
  await page.keyboard.press('ArrowDown');
  await rowOf(dust).getByText('1, 1, 1, 1').waitFor();
  await page.keyboard.press('ArrowUp');
  await rowOf(dust).getByText('0, 1, 2, 3').waitFor();
  await expect.poll(() => dust.inputValue()).toBe('dust');
  await expect.poll(() => hasFocus(dust)).toBe(true);
  await findings.getByText('“PM2.5” is no column of your file').waitFor({ state: 'detached' });

  // By the first letters, without waiting for what is read meanwhile.
  await page.keyboard.press('Tab');
  const warmth = choiceFor(page, 'TEMP');
  await expect.poll(() => hasFocus(warmth)).toBe(true);
  await page.keyboard.type('warm');
  await page.getByTestId('data-summary').getByText(String(WINDOWS), { exact: true }).waitFor();
  await expect.poll(() => findings.count()).toBe(0);
  await rowOf(warmth).getByText('found', { exact: true }).waitFor();
  // What was chosen last is still in sight.
  await expect.poll(() => hasFocus(warmth)).toBe(true);
  await expectAccessible(page, 'mapped-light-1280');

  await tabTo(page, page.getByRole('button', { name: 'Take the last change back' }));
  await page.keyboard.press('Enter');
  await findings.getByText('“TEMP” is no column of your file').waitFor();
  await expect.poll(() => warmth.inputValue()).toBe('');
  await expect.poll(() => dust.inputValue()).toBe('dust');

  await page.setViewportSize({ width: 360, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'unmapped-dark-360');
  expect(errors).toEqual([]);
  await context.close();
});

test('two choices in a row hold both, also when the first is still being read', async () => {
  const context = await openContext(browser);
  const { page, errors } = await openTrain(context, temporary.url, temporary.task);
  const buffer = Buffer.from(READINGS);
  await page.locator('input[type=file]').first().setInputFiles({ name: 'station.csv', mimeType: 'text/csv', buffer });
  await page.getByTestId('findings').waitFor();
  await page.evaluate(() => {
    const [dust, warmth] = document.querySelectorAll<HTMLSelectElement>('td select');
    for (const [select, value] of [
      [dust, 'dust_2'],
      [dust, 'dust'],
      [warmth, 'warmth'],
    ] as const) {
      if (select === undefined) throw new Error('no choice');
      select.value = value;
      select.dispatchEvent(new Event('change', { bubbles: true }));
    }
  });
  await page.getByTestId('data-summary').getByText(String(WINDOWS), { exact: true }).waitFor();
  await rowOf(choiceFor(page, 'PM2.5')).getByText('0, 1, 2, 3').waitFor();
  // They were one reading, so they are one change.
  await page.getByRole('button', { name: 'Take the last change back' }).click();
  await page.getByTestId('findings').getByText('“PM2.5” is no column of your file').waitFor();
  await page.getByRole('button', { name: 'Take the last change back' }).waitFor({ state: 'detached' });
  expect(errors).toEqual([]);
  await context.close();
});

test('damaged pictures of a creator’s sample are told, and the others make the task', async () => {
  const context = await openContext(browser, { colorScheme: 'light', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(new URL('/create', temporary.url).href);
  const scans = { name: 'scans.zip', mimeType: 'application/zip', buffer: Buffer.from(zipSync(SCANS)) };
  await page.getByTestId('files').setInputFiles(scans);
  await page.getByText('2 classes. Nothing was uploaded.').waitFor();
  const told = page.getByRole('status').filter({ hasText: 'cannot be read as a picture' });
  await expect
    .poll(() => told.textContent())
    .toMatch(
      /^4 files of the 12 that were looked at cannot be read as a picture: (?:\S*\.png \([^)]+\)(?:; )?){3} and others\. Copy them again/u,
    );
  await page.getByText('Your pictures have 8 x 6 pixels').waitFor();
  await expectAccessible(page, 'damaged-light-1280');

  await page.getByLabel('Title', { exact: true }).focus();
  await page.keyboard.type('Scans');
  await tabTo(page, page.getByRole('button', { name: 'Show it' }));
  await page.keyboard.press('Enter');
  await page.getByTestId('preview-pictures').waitFor();
  await page.getByText('Everything is filled in.').waitFor();
  await page.setViewportSize({ width: 360, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'damaged-dark-360');
  expect(errors).toEqual([]);
  await context.close();
});

/** Twelve small pictures of two classes, every third of them cut off on its way. */
const SCANS = Object.fromEntries(
  Array.from({ length: 12 }, (_, i) => {
    const rows = Array.from({ length: 6 }, (_, y) => new Uint8Array(8).fill(20 * i + y));
    const png = pngBytes({ width: 8, height: 6, colour: 0 }, rows);
    return [`scans/${i < 6 ? 'ill' : 'well'}/${i}.png`, i % 3 === 0 ? png.slice(0, -20) : png] as const;
  }),
);

const choiceFor = (page: Page, column: string) => page.getByLabel(`Column of your file for ${column}`);
const rowOf = (choice: Locator) => choice.locator('xpath=ancestor::tr');
const hasFocus = (choice: Locator) => choice.evaluate((element) => element === document.activeElement);
