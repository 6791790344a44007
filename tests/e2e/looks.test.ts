/**
 * Every page and state as a person sees it: no violation of any axe rule, no sideways scrolling, at 360 and 1280 px, light and dark. The
 * pictures stay in test-results/looks.
 */
import { mkdirSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Browser } from 'playwright-core';
import { type BenchNetwork, startBenchNetwork } from '../../bench/page/network.ts';
import { tour } from '../../bench/page/tour.ts';
import { inRoot } from '../../scripts/lib/paths.mjs';
import { launchBrowser } from './browser.ts';

let network: BenchNetwork;
let browser: Browser;
beforeAll(async () => {
  network = await startBenchNetwork(4);
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await network?.stop();
}, 60_000);

test('is accessible and fits, everywhere', async () => {
  const folder = inRoot('test-results', 'looks');
  mkdirSync(folder, { recursive: true });
  const wrong: string[] = [];
  const names = new Set<string>();
  await tour(browser, network, {
    progress: () => undefined,
    onLook: async ({ name, page, violations, overflow }) => {
      names.add(name);
      await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
      wrong.push(...violations.map((violation) => `${name}: ${violation}`));
      if (overflow > 0) wrong.push(`${name}: ${overflow} px too wide`);
    },
  });
  expect(wrong).toEqual([]);
  expect(names.size).toBeGreaterThan(100);
}, 900_000);
