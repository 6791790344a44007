/**
 * A task that starts from a given model, adapts its second layer and lets every site keep its first one, trained by three tabs. Each saves
 * the model that only it has, while the task runs and after it: the file is what the tab's journal says, tensor by tensor.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import { exampleNamed } from '../../node/example-task.ts';
import { FOR_PROGRAMS } from '../../node/network.ts';
import { PUBLIC_FOLDER } from '../../node/places.ts';
import { type Bytes, toHex } from '../../src/core/bytes.ts';
import { heartTaskSpec } from '../../src/dataset/heart.ts';
import { modelHash, readCheckpoint } from '../../src/model/checkpoint.ts';
import { initialWeights } from '../../src/model/initialise.ts';
import { gather, personal } from '../../src/model/parts.ts';
import { readSafetensors } from '../../src/model/safetensors.ts';
import { weightLayout } from '../../src/model/spec.ts';
import { describeStart, readStart, writeStart } from '../../src/model/start.ts';
import type { ModelSpec, StartSpec } from '../../src/protocol/model-spec.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import { modelKey } from '../../src/session/journal.ts';
import {
  expectAccessible,
  joinWithFile,
  launchBrowser,
  openContext,
  openTrain,
  waitForResult,
  waitForRound,
} from './browser.ts';

const TABS = 3;
/** A round of three tabs on a busy machine with two cores. */
const LONG_MS = 240_000;
/** Tabs join one after the other, so a join window lasts; phases end as soon as all have spoken. */
const LENGTHS = { joinSeconds: 4, phaseSeconds: 60, beaconSeconds: 30 };
const TRAINING_ROUNDS = 2;

const heart = exampleNamed('heart');
const bare: ModelSpec = {
  layers: [
    { kind: 'dense', units: 8, activation: 'tanh' },
    { kind: 'dense', units: 8, activation: 'tanh' },
    { kind: 'dense', units: 1, activation: 'sigmoid' },
  ],
};

let browser: Browser;
let temporary: TemporaryNetwork;
let spec: TaskSpec;
/** what the file of starting weights says, as long as the model; 0 in the adapter's places */
let begun: Float32Array;

beforeAll(async () => {
  const use = { data: heartTaskSpec().data, model: bare };
  const start = writeStart(use, await initialWeights(use, new Uint8Array(32).fill(5)));
  const adapter = { kind: 'lora', rank: 2, alpha: 4, head: 'trained' } as const;
  const model: ModelSpec = { ...bare, adapter, private: [0], start: await describeStart(use, start) };
  browser = await launchBrowser();
  temporary = await startTemporaryNetwork({
    example: { ...heart, spec: () => heartTaskSpec({ model }) },
    trainingRounds: TRAINING_ROUNDS,
    pace: { ...FOR_PROGRAMS, lengths: LENGTHS },
    headless: false,
  });
  ({ spec } = temporary);
  await temporary.network.relay.core.blobs.put(start);
  begun = await readStart(spec, spec.model.start as StartSpec, start);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await temporary?.stop();
}, 60_000);

test('three tabs save models of their own: alike in what is learnt together, and nobody else’s in the rest', async () => {
  const { url, task, network } = temporary;
  const tabs: { page: Page; errors: string[] }[] = [];
  for (const { path } of heart.sites.slice(0, TABS)) {
    const tab = await openTrain(await openContext(browser), url, task);
    await joinWithFile(tab.page, join(PUBLIC_FOLDER, path), LONG_MS);
    tabs.push(tab);
    if (tabs.length > 1) continue;
    // No round is possible before the third has joined, so there is nothing to save yet.
    await press(tab.page);
    await ownModel(tab.page).getByRole('alert').getByText('this site has no model of the task yet').waitFor();
    await expectAccessible(tab.page, 'own-model-none-1280-light');
  }
  const pages = tabs.map(({ page }) => page);
  const [first, second, third] = pages as [Page, Page, Page];

  // After the statistics and a training round: a whole model, and the task goes on beside it.
  await waitForRound(first, 2, LONG_MS);
  const early = readSafetensors(await save(first)).tensors;
  for (const { name, shape } of weightLayout(spec).tensors) expect(early.get(`model.${name}`)?.shape).toEqual(shape);

  await Promise.all(pages.map((page) => waitForResult(page, LONG_MS)));
  const files = await Promise.all(pages.map(save));
  const view = await network.chain.creator.task(task);
  expect(view.status).toBe('finished');
  const layout = weightLayout(spec);
  const models = await Promise.all(pages.map((page) => journalled(page)));
  for (const [i, { common, privateWeights }] of models.entries()) {
    expect(toHex(await modelHash(common))).toBe(view.modelHash);
    const { weights } = personal(spec, await readCheckpoint(spec, common), privateWeights);
    const { tensors, metadata } = readSafetensors(files[i] as Bytes);
    expect(metadata['private']).toBe('the values of one site: do not pass them on');
    const read = new Float32Array(layout.length);
    for (const { name, shape, offset, length } of layout.tensors) {
      const tensor = tensors.get(`model.${name}`);
      expect(tensor?.shape, name).toEqual(shape);
      expect(tensor?.values, name).toEqual(weights.subarray(offset, offset + length));
      read.set(tensor?.values ?? [], offset);
    }
    expect(read.every(Number.isFinite)).toBe(true);
    // The layer beside the adapter is as it was given; the site's own one, and what is learnt together, are not.
    expect(gather(layout, 'frozen', read)).toEqual(gather(layout, 'frozen', begun));
    for (const part of ['shared', 'private'] as const)
      expect(gather(layout, part, read)).not.toEqual(gather(layout, part, begun));
    // Nobody else gets the site's own layer: the model that all have says there what it was given.
    const all = (await readCheckpoint(spec, common)).weights;
    expect(gather(layout, 'private', all)).toEqual(gather(layout, 'private', begun));
    expect(gather(layout, 'shared', all)).toEqual(gather(layout, 'shared', read));
  }
  const own = models.map(({ privateWeights }) => toHex(new Uint8Array(privateWeights.buffer)));
  expect(new Set(own).size).toBe(TABS);
  expect(own[0]).toHaveLength(2 + 2 * 4 * layout.privateLength);
  await looksWell(first, 'train');

  // The same on the page of the result, by a tab that was reloaded, and once more.
  await second.getByRole('link', { name: 'See the result' }).click();
  await second.getByTestId('public-result').waitFor({ timeout: LONG_MS });
  expect(await save(second)).toEqual(files[1]);
  await second.reload();
  expect(await save(second)).toEqual(files[1]);
  expect(await save(second)).toEqual(files[1]);
  await looksWell(second, 'result');

  // A visitor has no model of their own; the common one is there for everybody.
  const visitor = await (await openContext(browser)).newPage();
  await visitor.goto(new URL(`/alliance/${task}/result`, url).href);
  await visitor.getByRole('button', { name: 'Download the model' }).waitFor();
  expect(await ownModel(visitor).count()).toBe(0);

  for (const { errors } of tabs) expect(errors).toEqual([]);
  await Promise.all([first, second, third, visitor].map((page) => page.context().close()));
}, 600_000);

const ownModel = (page: Page) => page.getByTestId('own-model');

/** By keyboard. */
async function press(page: Page): Promise<void> {
  const button = ownModel(page).getByRole('button', { name: 'Save your site’s model' });
  await button.focus({ timeout: LONG_MS });
  await page.keyboard.press('Enter');
}

/** What the button hands to the downloads. */
async function save(page: Page): Promise<Bytes> {
  const coming = page.waitForEvent('download', { timeout: LONG_MS });
  await press(page);
  const download = await coming;
  expect(download.suggestedFilename()).toBe('murmur-heart-disease-four-hospitals-own.safetensors');
  await ownModel(page).getByText('is in your downloads').waitFor();
  return new Uint8Array(await readFile(await download.path()));
}

/** What the tab's journal holds: the file of the common model, and the weights of the layer that is the site's own. */
async function journalled(page: Page): Promise<{ common: Bytes; privateWeights: Float32Array }> {
  const keys = [modelKey(temporary.task), `task/${temporary.task}/private`];
  const found = await page.evaluate(async (wanted) => {
    const asked = <T>(request: IDBRequest<T>) =>
      new Promise<T>((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(new Error('the journal cannot be read'));
      });
    const database = await asked(indexedDB.open('murmur'));
    const journal = database.transaction('journal').objectStore('journal');
    const [names, values] = await Promise.all([asked(journal.getAllKeys()), asked(journal.getAll())]);
    database.close();
    // Keys are [participation, name], and the tab has one participation.
    const at = (name: string) => (names as [string, string][]).findIndex(([, each]) => each === name);
    return wanted.map((name) => Array.from(values[at(name)] as Uint8Array));
  }, keys);
  const [common, own] = found.map((bytes) => Uint8Array.from(bytes)) as [Bytes, Bytes];
  return { common, privateWeights: new Float32Array(own.buffer) };
}

/** The widest and the narrowest screen, light and dark. */
async function looksWell(page: Page, name: string): Promise<void> {
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [360, 'dark'],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page, `own-model-${name}-${width}-${colorScheme}`);
  }
}
