/** A tab that reloads in any phase of a round goes on in the same round, and counts in it. */
import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { joinWithSample } from '../../bench/page/steps.ts';
import { Phase, phaseName } from '../../src/protocol/phases.ts';
import { expectModel, launchBrowser, openContext, openTrain, waitForResult } from './browser.ts';
import { type LiveNetwork, startLiveNetwork, walletOf } from './live-network.ts';

const PHASES = [Phase.Join, Phase.Share, Phase.Ack, Phase.Mask, Phase.Have, Phase.Unmask, Phase.Vote] as const;

let live: LiveNetwork;
let browser: Browser;
beforeAll(async () => {
  // Enough rounds for each phase, the averages and the final check among them, and some to spare for one that is missed.
  live = await startLiveNetwork({
    trainingRounds: PHASES.length,
    lengths: { joinSeconds: 12, phaseSeconds: 60, beaconSeconds: 60 },
  });
  browser = await launchBrowser();
}, 120_000);
afterAll(async () => {
  await browser?.close();
  await live?.stop();
}, 60_000);

test('reloads in every phase; every round counts it; it ends with the model of the chain', async () => {
  const context = await openContext(browser);
  const { page, errors } = await openTrain(context, live.url, live.task);
  await joinWithSample(page, 'Cleveland');
  const wallet = await walletOf(page);
  let round = (await live.network.chain.creator.task(live.task)).round;
  for (const phase of PHASES) {
    if (phase === Phase.Join) {
      // Who comes too late for one round's join comes early for the next.
      await live.ends(Math.max(1, round));
      ({ round } = await live.reaches(Phase.Join));
    } else {
      round = await live.joinedRound(wallet, round);
      await live.reaches(phase, round);
    }
    await page.reload();
    await page.getByRole('button', { name: 'Pause' }).waitFor({ timeout: 60_000 });
    const view = await live.ends(round);
    expect(await live.counts(wallet, view), `the round with the reload in the phase ${phaseName(phase)}`).toBe(true);
  }
  await waitForResult(page);
  const task = await live.network.chain.creator.task(live.task);
  expect(task.status).toBe('finished');
  await expectModel(page, task.modelHash);
  // The comparison went on too: this tab's own model has had all its training.
  await page.getByTestId('alone-accuracy').filter({ hasText: '%' }).waitFor();
  expect(errors).toEqual([]);
  await context.close();
}, 900_000);
