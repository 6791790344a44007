/**
 * What a tab meets in a long day: the laptop sleeps past a deadline, the network goes away and comes back, a second tab is opened, a
 * second person of the same browser takes part. In each case the round goes on, and so does the tab.
 */
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinWithSample } from '../../bench/page/steps.ts';
import { Phase } from '../../src/protocol/phases.ts';
import { launchBrowser, openContext, openTrain } from './browser.ts';
import { type LiveNetwork, startLiveNetwork, walletOf } from './live-network.ts';

const WAIT = { timeout: 120_000 };
const TEST_MS = 480_000;

let live: LiveNetwork;
beforeAll(async () => {
  live = await startLiveNetwork({
    trainingRounds: 100,
    lengths: { joinSeconds: 8, phaseSeconds: 20, beaconSeconds: 60 },
  });
}, 120_000);
afterAll(async () => {
  await live?.stop();
}, 60_000);

/** A browser of its own, so that stopping its renderers stops one tab. */
async function withTab(
  sample: string,
  use: (tab: { browser: Browser; context: BrowserContext; page: Page; wallet: string }) => Promise<void>,
): Promise<void> {
  const browser = await launchBrowser();
  try {
    const context = await openContext(browser);
    const { page, errors } = await openTrain(context, live.url, live.task);
    await joinWithSample(page, sample);
    await use({ browser, context, page, wallet: await walletOf(page) });
    expect(errors).toEqual([]);
  } finally {
    await browser.close();
  }
}

/** A row of the page's history. */
const rowOf = (page: Page, round: number) => page.locator(`[data-testid="rounds"] tr[data-round="${round}"]`);

/** The next round that the tab joins counts it, and the page shows that. */
async function countsNext(page: Page, wallet: string, after: number): Promise<void> {
  const round = await live.joinedRound(wallet, after);
  expect(await live.counts(wallet, await live.ends(round))).toBe(true);
  await page.locator(`[data-testid="rounds"] tr[data-round="${round}"][data-part="counted"]`).waitFor(WAIT);
}

/** Ids of the processes that run a browser's pages and their workers. */
async function renderersOf(browser: Browser): Promise<readonly number[]> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send('SystemInfo.getProcessInfo');
  await session.detach();
  return processInfo.flatMap(({ type, id }) => (type === 'renderer' ? [id] : []));
}

test(
  'a laptop asleep past a deadline: the round goes on without it, it says so, and joins the next',
  async () => {
    await withTab('Cleveland', async ({ browser, page, wallet }) => {
      const round = await live.joinedRound(wallet, 0);
      const renderers = await renderersOf(browser);
      expect(renderers.length).toBeGreaterThan(0);
      for (const id of renderers) process.kill(id, 'SIGSTOP');
      const view = await live.ends(round).finally(() => {
        for (const id of renderers) process.kill(id, 'SIGCONT');
      });
      expect(view.phase).toBe(Phase.Settled);
      expect(await live.counts(wallet, view)).toBe(false);
      // Together: the sentence stands only until the next round is over.
      const said = page.getByTestId('missed').filter({ hasText: `Round ${round} went on without this tab` });
      await Promise.all([
        rowOf(page, round).and(page.locator('[data-part="left-out"]')).waitFor(WAIT),
        said.waitFor(WAIT),
      ]);
      await countsNext(page, wallet, round);
    });
  },
  TEST_MS,
);

test(
  'the network is lost for a moment and for long: within a phase nothing is lost, past a deadline the next round is joined',
  async () => {
    await withTab('Hungarian', async ({ context, page, wallet }) => {
      const first = await live.joinedRound(wallet, 0);
      await context.setOffline(true);
      await page.getByText('The network is away').waitFor(WAIT);
      await page.getByText('You are offline').waitFor(WAIT);
      await context.setOffline(false);
      expect(await live.counts(wallet, await live.ends(first))).toBe(true);
      await page.getByText('The network is away').waitFor({ ...WAIT, state: 'detached' });

      const second = await live.joinedRound(wallet, first);
      await context.setOffline(true);
      const view = await live.ends(second);
      await context.setOffline(false);
      expect(view.phase).toBe(Phase.Settled);
      await rowOf(page, second).waitFor(WAIT);
      await countsNext(page, wallet, second);
    });
  },
  TEST_MS,
);

test(
  'a second tab says that the first takes part; with a wallet of its own it takes part too, and both survive a round',
  async () => {
    await withTab('Zurich', async ({ context, page, wallet }) => {
      const second = await openTrain(context, live.url, live.task);
      await second.page.getByRole('heading', { name: 'Another tab is taking part' }).waitFor(WAIT);
      await expect.poll(() => second.page.locator(`[data-hash="${wallet}"]`).count()).toBe(1);
      await second.page.getByRole('button', { name: 'Take part here with another wallet' }).click();
      // The only wallet so far is the other tab's, and the page says so before anything is joined.
      await second.page.getByText('First make or choose another one').waitFor(WAIT);
      await second.page.getByRole('button', { name: 'Make another' }).click();
      await joinWithSample(second.page, 'Long Beach');
      const other = await walletOf(second.page);
      expect(other).not.toBe(wallet);

      let round = 0;
      let both = false;
      for (let attempt = 0; attempt < 4 && !both; attempt++) {
        round = await live.joinedRound(other, round);
        const view = await live.ends(round);
        both = (await live.counts(wallet, view)) && (await live.counts(other, view));
      }
      expect(both).toBe(true);
      for (const tab of [page, second.page])
        await rowOf(tab, round).and(tab.locator('[data-part="counted"]')).waitFor(WAIT);

      // Each of them finds its own participation again.
      await Promise.all([page.reload(), second.page.reload()]);
      for (const tab of [page, second.page]) await tab.getByRole('button', { name: 'Pause' }).waitFor(WAIT);
      expect([await walletOf(page), await walletOf(second.page)]).toEqual([wallet, other]);
      await countsNext(page, wallet, round);
      await rowOf(second.page, round).waitFor(WAIT);
      expect(second.errors).toEqual([]);
    });
  },
  TEST_MS,
);
