/** What the tests with real tabs share: a Chromium, a person's steps on the page, and the accessibility check. */
import { mkdirSync } from 'node:fs';
import { AxeBuilder } from '@axe-core/playwright';
import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Locator,
  type Page,
  chromium,
} from 'playwright-core';
import { expect } from 'vitest';
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

/**
 * Makes a wallet in the page if there is none, takes a sample file, and joins.
 * @param sample part of the hospital's name, e.g. 'Cleveland', 'Hungarian', 'Zurich', 'Long Beach'
 */
export function joinWithSample(page: Page, sample: string, timeoutMs = 60_000): Promise<void> {
  return join(page, () => takeSample(page, sample, timeoutMs), timeoutMs);
}

/** The same with a file of one's own. @param path of the file on this machine */
export function joinWithFile(page: Page, path: string, timeoutMs = 60_000): Promise<void> {
  const take = async () => {
    await page.locator('input[type=file]').first().setInputFiles(path);
    await page.getByTestId('data-summary').waitFor({ timeout: timeoutMs });
  };
  return join(page, take, timeoutMs);
}

async function join(page: Page, takeRows: () => Promise<void>, timeoutMs: number): Promise<void> {
  const make = page.getByRole('button', { name: 'Make a wallet in this tab' });
  const exportKey = page.getByRole('button', { name: 'Export' });
  await make.or(exportKey).first().waitFor({ timeout: timeoutMs });
  if (await make.isVisible()) await make.click();
  await exportKey.waitFor({ timeout: timeoutMs });
  await takeRows();
  if (await noBound(page).isVisible()) await agreeToNoBound(page);
  await page.getByRole('button', { name: 'Join the training' }).click();
  await page.getByRole('button', { name: 'Pause' }).waitFor({ timeout: timeoutMs });
}

/** The box of a task without noise. */
const noBound = (page: Page) => page.getByRole('checkbox', { name: /nothing bounds what this task tells/ });

/** Agrees to a task without noise, which no limit of privacy bounds. */
export async function agreeToNoBound(page: Page): Promise<void> {
  await noBound(page).check();
}

/** Chooses a sample file of the task and waits until it is read. */
export async function takeSample(page: Page, sample: string, timeoutMs = 60_000): Promise<void> {
  await page.getByRole('radio', { name: new RegExp(sample) }).check();
  await page.getByTestId('data-summary').waitFor({ timeout: timeoutMs });
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
  const { violations } = await new AxeBuilder({ page }).analyze();
  const found = violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).join(' | ')}`);
  expect(found, name).toEqual([]);
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
