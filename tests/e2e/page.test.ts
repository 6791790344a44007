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

describe.each(looks)('without a network, $name', ({ colorScheme, width, name }) => {
  it.each([
    { path: '/', page: 'start' },
    { path: '/train', page: 'train' },
    { path: '/nowhere', page: 'not-found' },
  ])('$path is accessible and says what is wrong', async ({ path, page: title }) => {
    const context = await openContext(browser, { colorScheme, viewport: { width, height: 800 } });
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(server.url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    if (title !== 'not-found') await page.getByRole('alert').waitFor();
    await expectAccessible(page, `${title}-offline-${name}`);
    expect(errors).toEqual([]);
    await context.close();
  });
});

describe('by keyboard', () => {
  it('reaches the train page and its content, with a visible focus', async () => {
    const context = await openContext(browser);
    const page = await context.newPage();
    await page.goto(server.url);
    await page.keyboard.press('Tab');
    expect(await page.evaluate(() => document.activeElement?.getAttribute('href'))).toBe('#content');
    await page.getByRole('link', { name: 'Train together' }).first().focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/train');
    expect(await page.title()).toContain('Train together');
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('content');
    await page.getByRole('button', { name: /Left this tab/ }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('dialog', { name: 'What left this tab' }).waitFor();
    await expectAccessible(page, 'left-dialog');
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
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
    expect(requests.filter((url) => /wallet|trainer|tfjs|wasm/.test(url))).toEqual([]);
    await context.close();
  });
});
