/**
 * One task of each kind of data and of each kind of answer, trained by three tabs and nobody else: each imports a real file through the
 * page, all end with the model of the chain, and the result page says what its kind needs, at both ends of the range of screens.
 */
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork } from '../../bench/page/network.ts';
import { exampleNamed } from '../../node/example-task.ts';
import { FOR_PROGRAMS } from '../../node/network.ts';
import { PUBLIC_FOLDER } from '../../node/places.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { shortForecast, shortSms, shortWriter } from '../short-tasks.ts';
import {
  expectAccessible,
  expectModel,
  joinWithFile,
  launchBrowser,
  openContext,
  openTrain,
  waitForResult,
} from './browser.ts';

const TABS = 3;
/** A round of three tabs on a busy machine with two cores. */
const LONG_MS = 240_000;
/** Tabs join one after the other, so a join window lasts; phases end as soon as all have spoken. */
const LENGTHS = { joinSeconds: 4, phaseSeconds: 60, beaconSeconds: 30 };

interface Kind {
  readonly example: string;
  /** the example's, with less to do in a round; of the same kind, on the same files */
  readonly spec?: () => TaskSpec;
  /** a figure of the result page's table, and a text of its first sentence */
  readonly figure: string;
  readonly sentence: RegExp;
  /** whether it shows right and wrong answers class by class */
  readonly confusion: boolean;
}

const KINDS: readonly Kind[] = [
  { example: 'bank', figure: 'Accuracy', sentence: /the common model got \d+ right/, confusion: true },
  { example: 'optdigits', figure: 'F1', sentence: /the common model got \d+ right/, confusion: true },
  { example: 'sms', spec: shortSms, figure: 'Accuracy', sentence: /the common model got \d+ right/, confusion: true },
  {
    example: 'forecast',
    spec: shortForecast,
    figure: 'Typical error (RMSE)',
    sentence: /is typically off by [\d.]+ µg\/m³/,
    confusion: false,
  },
  {
    example: 'sms-writer',
    spec: shortWriter,
    figure: 'Bits per character',
    sentence: /needs [\d.]+ bits a character/,
    confusion: false,
  },
];

let browser: Browser;
beforeAll(async () => {
  browser = await launchBrowser();
});
afterAll(() => browser?.close());

test.each(KINDS)(
  'three tabs train $example from files of their own, and see the same result',
  async ({ example: id, spec, figure, sentence, confusion }) => {
    const example = exampleNamed(id);
    const temporary = await startTemporaryNetwork({
      example: spec === undefined ? example : { ...example, spec },
      trainingRounds: 1,
      pace: { ...FOR_PROGRAMS, lengths: LENGTHS },
      headless: false,
    });
    const { url, task, network } = temporary;
    try {
      const tabs = await Promise.all(
        example.sites.slice(0, TABS).map(async ({ path }) => {
          const tab = await openTrain(await openContext(browser), url, task);
          await joinWithFile(tab.page, join(PUBLIC_FOLDER, path), LONG_MS);
          return tab;
        }),
      );
      await Promise.all(tabs.map(({ page }) => waitForResult(page, LONG_MS)));
      const view = await network.chain.creator.task(task);
      expect(view.status).toBe('finished');
      for (const { page } of tabs) await expectModel(page, view.modelHash);

      await Promise.all(tabs.map(({ page }) => seeResult(page, { figure, sentence, confusion })));
      const [{ page } = { page: undefined }] = tabs;
      if (id === 'sms-writer') await letWrite(page as Page);
      await looksWell(page as Page, id);
      for (const { errors } of tabs) expect(errors).toEqual([]);
      await Promise.all(tabs.map(({ page: each }) => each.context().close()));
    } finally {
      await temporary.stop();
    }
  },
  2 * LONG_MS,
);

async function seeResult(page: Page, { figure, sentence, confusion }: Omit<Kind, 'example'>): Promise<void> {
  await page.getByRole('link', { name: 'See the result' }).click();
  const own = page.getByTestId('own-result');
  await own.waitFor({ timeout: LONG_MS });
  await expect.poll(() => page.getByTestId('sentence').textContent()).toMatch(sentence);
  const row = own.getByRole('row', { name: figure });
  await expect.poll(() => row.first().textContent()).toMatch(/\d/);
  await page.getByTestId('error-browser').getByRole('listitem').first().waitFor();
  await page.getByTestId('public-result').getByRole('row', { name: figure }).first().waitFor({ timeout: LONG_MS });
  const squares = page.getByRole('heading', { name: 'Right and wrong', level: 2 });
  await expect.poll(() => squares.count()).toBe(confusion ? 1 : 0);
}

/** The model goes on with what a person begins, as long as they let it. */
async function letWrite(page: Page): Promise<void> {
  const writer = page.getByTestId('writer');
  await writer.getByLabel('Beginning').fill('are you ');
  await writer.getByRole('button', { name: 'Write' }).click();
  const written = writer.getByTestId('written');
  await written.filter({ hasText: /^are you .{20}/ }).waitFor({ timeout: LONG_MS });
  // It may have come to its end by now; then there is nothing to stop.
  await writer.getByRole('button', { name: 'Stop' }).evaluateAll((buttons) => {
    for (const stop of buttons) (stop as HTMLElement).click();
  });
  expect((await written.textContent())?.length).toBeLessThanOrEqual('are you '.length + 160);
}

/** The widest and the narrowest screen, light and dark. */
async function looksWell(page: Page, name: string): Promise<void> {
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [360, 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page, `result-${name}-${width}-${colorScheme}`);
  }
}
