/** What the tests with real tabs share: a Chromium, a person's steps on the page, and the accessibility check. */
import { mkdirSync } from 'node:fs';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
  chromium,
} from 'playwright-core';
import { expect } from 'vitest';
import { axeViolations, dataIsRead, joinWith } from '../../bench/page/steps.ts';
import { chromiumFlags, findChromium } from '../../scripts/find-chromium.mjs';
import { inRoot } from '../../scripts/lib/paths.mjs';

/** Whether these tests can run here; say why not in a skip. */
export const chromiumPath = findChromium();

export function launchBrowser(): Promise<Browser> {
  if (chromiumPath === undefined) throw new Error('no Chromium was found; set MURMUR_CHROMIUM');
  return chromium.launch({ executablePath: chromiumPath, headless: true, args: chromiumFlags });
}

/** The deadline of every wait that has none of its own: twice what Playwright allows, because the machine is busy. */
const PATIENCE_MS = 60_000;

/** A profile of its own: nothing is shared with other contexts. */
export async function openContext(browser: Browser, options: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  return context;
}

/** Opens a task's train page in a new tab, with errors of the page gathered in `errors`. */
export async function openTrain(
  context: BrowserContext,
  url: string,
  task: bigint,
): Promise<{ page: Page; errors: string[] }> {
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(new URL(`/alliance/${task}/train`, url).href);
  return { page, errors };
}

/** Makes a wallet in the page if there is none, takes a file of one's own, and joins. @param path of the file on this machine */
export function joinWithFile(page: Page, path: string, timeoutMs = PATIENCE_MS): Promise<void> {
  const take = async () => {
    await page.locator('input[type=file]').first().setInputFiles(path);
    await dataIsRead(page, timeoutMs);
  };
  return joinWith(page, take, timeoutMs);
}

/** Waits until the page's history shows that many rounds that counted. */
export async function waitForRound(page: Page, rounds: number, timeoutMs = 240_000): Promise<void> {
  const counted = page.getByTestId('rounds').locator('tbody tr:not([data-outcome="void"])');
  await counted.nth(rounds - 1).waitFor({ timeout: timeoutMs });
}

/** Waits for the end of the task. */
export async function waitForResult(page: Page, timeoutMs = 240_000): Promise<void> {
  await page.getByRole('heading', { name: 'The model is ready' }).waitFor({ timeout: timeoutMs });
}

/** The whole hash that a part of the page shows shortened. */
export function hashOf(within: Page | Locator, testid: string): Promise<string | null> {
  return within.getByTestId(testid).getAttribute('data-hash');
}

/**
 * Waits until this tab holds a model and the page has read from the chain that it is the one: the chain is asked every few seconds.
 */
export async function expectModel(page: Page, hash: string | null): Promise<void> {
  for (const name of ['model-hash', 'chain-model-hash'])
    await expect.poll(() => hashOf(page, name), { message: name }).toBe(hash);
}

/** No violation of any axe rule, and no sideways scrolling. Leaves a screenshot in test-results/. */
export async function expectAccessible(page: Page, name: string): Promise<void> {
  const folder = inRoot('test-results', 'page');
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
  expect(await axeViolations(page), name).toEqual([]);
  const overflow = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect(overflow, `${name} scrolls sideways`).toBeLessThanOrEqual(0);
}

/** More stops than any page has. */
const MOST_STOPS = 120;

/** Presses Tab until the element has the focus. */
export async function tabTo(page: Page, target: Locator): Promise<void> {
  await target.waitFor();
  for (let stops = 0; stops < MOST_STOPS; stops++) {
    if (await target.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`the keyboard does not reach ${target}`);
}
