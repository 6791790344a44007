/** The page on its own: what a person meets when no network answers, in both colour schemes, narrow and wide. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAccessible, launchBrowser, openContext } from './browser.ts';
import { servePage } from './page-server.ts';

let browser: Browser;
let server: Awaited<ReturnType<typeof servePage>>;
beforeAll(async () => {
  [browser, server] = await Promise.all([launchBrowser(), servePage()]);
});
afterAll(async () => {
  await browser?.close();
  await server?.close();
});

const looks = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [360, 1280].map((width) => ({ colorScheme, width, name: `${colorScheme}-${width}` })),
);

/** Pages that need the network say so; the others work without it. */
const PAGES = [
  { path: '/', page: 'start', needsNetwork: true },
  { path: '/alliance', page: 'alliance', needsNetwork: true },
  { path: '/alliance/1', page: 'task', needsNetwork: true },
  { path: '/alliance/1/train', page: 'train', needsNetwork: true },
  { path: '/alliance/1/result', page: 'result', needsNetwork: true },
  { path: '/words', page: 'words', needsNetwork: false },
  { path: '/nowhere', page: 'not-found', needsNetwork: false },
] as const;

describe.each(looks)('without a network, $name', ({ colorScheme, width, name }) => {
  it.each(PAGES)('$path is accessible and says what is wrong', async ({ path, page: title, needsNetwork }) => {
    const context = await openContext(browser, { colorScheme, viewport: { width, height: 800 } });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(server.url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const alert = page.getByRole('alert');
    if (needsNetwork) await alert.getByRole('button', { name: 'Try again' }).waitFor();
    const said = needsNetwork ? ['There is no network behind this page'] : [];
    await expect.poll(() => alert.allTextContents()).toEqual(said.map((text) => expect.stringContaining(text)));
    await expectAccessible(page, `${title}-offline-${name}`);
    expect(errors).toEqual([]);
    await context.close();
  });
});

describe('by keyboard', () => {
  it('skips to the content, reaches a page, and is told that it is there', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(server.url);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.keyboard.press('Tab');
    const focused = (attribute: string) => page.evaluate((of) => document.activeElement?.getAttribute(of), attribute);
    await expect.poll(() => focused('href')).toBe('#content');
    await page.getByRole('link', { name: 'Train together' }).first().focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/alliance');
    await page.getByRole('heading', { level: 1, name: 'Train together' }).waitFor();
    await expect.poll(() => page.title()).toContain('Train together');
    await expect.poll(() => focused('id')).toBe('content');
    await page.getByRole('link', { name: /Left this tab/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'What left this tab' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Train together' }).waitFor();
    await context.close();
  });

  it('finds words, and each word has an address', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(`${server.url}/words#share`);
    await page.locator('#share:focus').waitFor();
    await page.getByRole('searchbox', { name: 'Search' }).fill('shamir');
    await page.getByText('1 of').waitFor();
    await page.getByRole('searchbox').fill('no such word');
    await page.getByText('No word fits').waitFor();
    await expectAccessible(page, 'words-none');
    await page.getByRole('button', { name: 'Show all words' }).click();
    await page.getByRole('link', { name: 'Link to Mask', exact: true }).click();
    await page.locator('#mask:focus').waitFor();
    await context.close();
  });

  it('an address that leads nowhere says it back as text, and leads on', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(`${server.url}/alliance/<img>/nothing`);
    const main = page.getByRole('main');
    await main.getByText('You asked for').waitFor();
    expect(await main.getByRole('img').count()).toBe(0);
    await main.getByRole('link', { name: 'Words' }).click();
    await page.getByRole('heading', { level: 1, name: 'Words' }).waitFor();
    await context.close();
  });
});

describe('the first page', () => {
  it('loads no training, wallet or chain code, and asks nobody but its own origin', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    const requests: string[] = [];
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(server.url);
    await page.getByRole('alert').waitFor();
    expect(requests.filter((url) => !url.startsWith(server.url))).toEqual([]);
    expect(requests.filter((url) => /wallet|trainer|tfjs|wasm|uplot|Term-|LiveCurves/i.test(url))).toEqual([]);
    await context.close();
  });
});
