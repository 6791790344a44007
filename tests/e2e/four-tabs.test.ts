/**
 * Four real tabs, each with a profile of its own and one hospital's file, train a task to its end over a real chain and relay. One is
 * closed in the middle of a round; the others finish with the chain's model. Every request body that any tab sends is captured and
 * searched for the rows of its file and for its plain contribution.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import { joinWithSample } from '../../bench/page/steps.ts';
import { readDataset } from '../../node/data-files.ts';
import { readOnlyRelay } from '../../node/hospital.ts';
import { FOR_PEOPLE, type LocalNetwork } from '../../node/network.ts';
import { HEART_FOLDER } from '../../node/places.ts';
import { TrainerThreads } from '../../node/trainer-threads.ts';
import { roundLayout } from '../../src/aggregation/layouts.ts';
import { verifyTask } from '../../src/aggregation/verify.ts';
import { members, popcount } from '../../src/core/bitmap.ts';
import { fromHex } from '../../src/core/bytes.ts';
import { HEART_SITES } from '../../src/dataset/heart.ts';
import { packVector, unpackVector } from '../../src/masking/encode.ts';
import { type Checkpoint, readCheckpoint } from '../../src/model/checkpoint.ts';
import { layoutBytes } from '../../src/protocol/layout.ts';
import { Phase } from '../../src/protocol/phases.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import type { RoundView } from '../../src/protocol/views.ts';
import { Learner } from '../../src/session/learner.ts';
import { expectModel, launchBrowser, openContext, openTrain, waitForResult } from './browser.ts';

const SAMPLES = ['Cleveland', 'Hungarian', 'Zurich', 'Long Beach'] as const;
const TRAINING_ROUNDS = 2;
const LONGEST_MS = 240_000;

let temporary: TemporaryNetwork;
let network: LocalNetwork;
let browser: Browser;
let spec: TaskSpec;
let task: bigint;
const trainers = new TrainerThreads(1);

beforeAll(async () => {
  const lengths = { joinSeconds: 8, phaseSeconds: 20, beaconSeconds: 30 };
  temporary = await startTemporaryNetwork({
    trainingRounds: TRAINING_ROUNDS,
    pace: { ...FOR_PEOPLE, lengths },
    headless: false,
  });
  ({ network, spec, task } = temporary);
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await trainers.close();
  await temporary?.stop();
}, 60_000);

interface Tab {
  readonly context: BrowserContext;
  readonly page: Page;
  readonly errors: string[];
  /** every body that left, workers' included */
  readonly sent: Buffer[];
}

async function openTab(): Promise<Tab> {
  const context = await openContext(browser);
  const sent: Buffer[] = [];
  context.on('request', (request) => {
    const body = request.postDataBuffer();
    if (body !== null) sent.push(body);
  });
  return { context, sent, ...(await openTrain(context, network.url, task)) };
}

function reaches(round: number, phase: Phase): Promise<RoundView> {
  const { creator } = network.chain;
  return temporary.until(`round ${round} in phase ${phase}`, async () => {
    const { round: newest } = await creator.task(task);
    if (newest < round) return undefined;
    const view = await creator.round(task, round);
    return view.phase >= phase ? view : undefined;
  });
}

/** Whether any 12 bytes in a row of the needle occur in the body; the ends of the needle included. */
function leaks(body: Buffer, needle: Uint8Array): boolean {
  for (let at = 0; at + 12 <= needle.length; at += 6) {
    const window = Buffer.from(needle.subarray(at, at + 12));
    if (window.some((byte) => byte !== 0) && body.includes(window)) return true;
  }
  return false;
}

test('four tabs train together, one leaves in the middle, nothing plain leaves', async () => {
  const tabs: Tab[] = [];
  for (const sample of SAMPLES) {
    const tab = await openTab();
    tabs.push(tab);
    await joinWithSample(tab.page, sample);
  }

  // Long Beach is closed while it should send its masked vector of the second training round.
  const leaving = tabs[3] as Tab;
  await reaches(3, Phase.Ack);
  await leaving.context.close();

  const staying = tabs.slice(0, 3);
  await Promise.all(staying.map(({ page }) => waitForResult(page, LONGEST_MS)));
  const view = await network.chain.creator.task(task);
  expect(view.status).toBe('finished');
  for (const { page, errors } of staying) {
    await expectModel(page, view.modelHash);
    expect(errors).toEqual([]);
  }
  const source = readOnlyRelay(network.url, network.chain.sender, task);
  const verification = await verifyTask({ chain: network.chain.creator, source, task, fromVectors: true });
  expect(verification.matches).toBe(true);

  await nothingPlainLeft(tabs);
}, 600_000);

async function nothingPlainLeft(tabs: readonly Tab[]): Promise<void> {
  const { creator } = network.chain;
  const { round: last } = await creator.task(task);
  for (const [i, { sent }] of tabs.entries()) {
    const { file } = HEART_SITES[i] as (typeof HEART_SITES)[number];
    const path = join(HEART_FOLDER, file);
    const rows = (await readFile(path, 'latin1')).split('\n').filter((row) => row.length > 12);
    const dataset = await readDataset(path, spec);
    const plain = [dataset.train.features, dataset.heldOut.features].map((values) => new Uint8Array(values.buffer));
    for (const body of sent) {
      const text = body.toString('latin1');
      expect(rows.some((row) => text.includes(row.trim()))).toBe(false);
      expect(plain.some((bytes) => leaks(body, bytes.subarray(0, 4096)))).toBe(false);
    }
  }

  // The plain contribution of each survivor, computed here again; that it is the right one is shown by the sum.
  let base: Checkpoint | undefined;
  let vectorsSeen = 0;
  for (let round = 1; round <= last; round++) {
    const view = await creator.round(task, round);
    if (view.phase !== Phase.Settled) continue;
    const layout = roundLayout(spec, view.step);
    const total = layout.map(({ length }) => new Float64Array(length));
    const roster = await creator.roster(task, round);
    for (const index of members(view.u3)) {
      const wallet = (roster[index] as { wallet: string }).wallet;
      const tab = await tabOf(tabs, wallet);
      const dataset = await readDataset(
        join(HEART_FOLDER, (HEART_SITES[tab] as (typeof HEART_SITES)[number]).file),
        spec,
      );
      const learner = new Learner(spec, dataset, (model) => trainers.createTrainer(model));
      const { parts } = await learner.contribution({
        step: view.step,
        base,
        baseModel: fromHex(view.baseModel, 32),
        site: fromHex(wallet, 20),
      });
      const packed = packVector(layout, parts);
      const values = unpackVector(layout, packed);
      for (const [s, sum] of total.entries())
        for (let j = 0; j < sum.length; j++) sum[j] = (sum[j] as number) + ((values[s] as Float64Array)[j] as number);
      for (const body of (tabs[tab] as Tab).sent) {
        if (body.length === layoutBytes(layout)) vectorsSeen += 1;
        expect(leaks(body, packed)).toBe(false);
        for (const part of parts)
          expect(leaks(body, new Uint8Array(part.buffer, part.byteOffset, part.byteLength))).toBe(false);
      }
    }
    const sum = unpackVector(layout, await network.relay.core.blobs.get(view.sumRoot));
    expect(sum).toEqual(total);
    expect(popcount(view.u3)).toBeGreaterThanOrEqual(3);
    if (view.accepted) base = await readCheckpoint(spec, await network.relay.core.blobs.get(view.modelHash));
  }
  // The search looked at the very bodies that carry the masked vectors.
  expect(vectorsSeen).toBeGreaterThan(0);
}

const wallets = new Map<string, number>();

/** Which tab a wallet belongs to: the one whose requests name it. */
async function tabOf(tabs: readonly Tab[], wallet: string): Promise<number> {
  const known = wallets.get(wallet);
  if (known !== undefined) return known;
  const needle = wallet.slice(2).toLowerCase();
  const found = tabs.findIndex(({ sent }) =>
    sent.some((body) => body.toString('latin1').toLowerCase().includes(`"address":"0x${needle}"`)),
  );
  expect(found, `a tab with the wallet ${wallet}`).toBeGreaterThanOrEqual(0);
  wallets.set(wallet, found);
  return found;
}
