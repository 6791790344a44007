/** Creating a task by keyboard on a running network: from a small file to a task on chain that others can read. */
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { createWalletClient, http, type SendTransactionParameters } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import type { LocalNetwork } from '../../node/network.ts';
import { fetchSpec, fetchStartFile } from '../../src/aggregation/verify.ts';
import { toHex } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { writeStart } from '../../src/model/start.ts';
import type { ModelSpec } from '../../src/protocol/model-spec.ts';
import { BINARY } from '../../src/protocol/target.ts';
import { checkTaskSpec, taskSpecBytes } from '../../src/protocol/task-spec.ts';
import { expectAccessible, hashOf, launchBrowser, openContext } from './browser.ts';

let temporary: TemporaryNetwork;
let network: LocalNetwork;
let browser: Browser;
let ownTask: bigint;

beforeAll(async () => {
  temporary = await startTemporaryNetwork({ trainingRounds: 2, headless: false });
  ({ network, task: ownTask } = temporary);
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await temporary?.stop();
}, 60_000);

/** Invented, of the shape of a ward's list: a name, a number, a category, and what is to be predicted. */
const SAMPLE = ['name;age;ward;readmitted']
  .concat(
    Array.from(
      { length: 40 },
      (_, i) => `Patient ${i};${20 + ((i * 7) % 31)};${'abc'[i % 3]};${i % 2 === 0 ? 'yes' : 'no'}`,
    ),
  )
  .join('\n');
const file = { name: 'ward.csv', mimeType: 'text/csv', buffer: Buffer.from(SAMPLE) };

/** Puts the focus where Tab would and types: no mouse is used anywhere. */
async function fill(page: Page, label: string, text: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).first().focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type(text);
}

async function press(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).focus();
  await page.keyboard.press('Enter');
}

test('a person creates a task by keyboard, past what is missing and a reload, and it is on chain', async () => {
  const context = await openContext(browser, { colorScheme: 'light', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(new URL('/create', network.url).href);
  await page.getByText('The rest of the form appears here').waitFor();
  await expectAccessible(page, 'create-empty-light-1280');

  await page.getByTestId('files').setInputFiles(file);
  await page.getByRole('heading', { name: '2. What is learnt' }).waitFor();
  await expect.poll(() => page.getByTestId('sample').textContent()).toContain('4 columns, 40 rows');
  // What may name a person is off, and nothing of the file stands in a range.
  await page.getByRole('checkbox', { name: 'Use name', checked: false }).waitFor();
  expect(await page.getByLabel('Smallest possible').inputValue()).toBe('');

  await press(page, 'Show what is missing');
  await page.getByRole('button', { name: 'Go to: age: Smallest possible' }).focus();
  await page.keyboard.press('Enter');
  await page.keyboard.type('0');
  await page.keyboard.press('Tab');
  await page.keyboard.type('0');
  await fill(page, 'Title', 'Readmission');
  await page.getByText('The largest must be above the smallest.').first().waitFor();
  await expectAccessible(page, 'create-problems-light-1280');

  await page.reload();
  await page.getByText('Your entries for ward.csv were kept in this tab.').waitFor();
  await expect.poll(() => page.getByLabel('Title', { exact: true }).inputValue()).toBe('Readmission');
  expect(await page.evaluate(() => JSON.stringify(sessionStorage))).not.toContain('Patient');
  await fill(page, 'Largest possible', '120');
  await fill(page, 'Fewest sites in a round', '4');
  await fill(page, 'Stake of each site (FLOCK)', '2.5');
  await page.getByText('Everything is filled in.').waitFor();
  await expect.poll(() => page.getByTestId('features').textContent()).toBe('4');
  await expect.poll(() => page.getByTestId('weights').textContent()).toBe('705');

  await press(page, 'Make a wallet in this tab');
  await page.getByRole('button', { name: 'Export' }).waitFor();
  await expectAccessible(page, 'create-ready-light-1280');
  await page.setViewportSize({ width: 360, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'create-ready-dark-360');
  // The fingerprint is worked out beside the form and may be of an earlier entry; the text is of the newest.
  const shown = checkTaskSpec(JSON.parse((await page.getByTestId('spec').textContent()) ?? ''));
  const hash = toHex(await sha256(taskSpecBytes(shown)));
  await expect.poll(() => hashOf(page, 'spec-hash')).toBe(hash);

  await press(page, 'Create the task');
  const open = page.getByRole('link', { name: 'Open the task' });
  await open.waitFor({ timeout: 60_000 });
  await expectAccessible(page, 'create-done-dark-360');
  const [, id = ''] = /\/alliance\/([0-9]+)$/.exec((await open.getAttribute('href')) ?? '') ?? [];

  const view = await network.chain.creator.task(BigInt(id));
  expect(view).toMatchObject({ specHash: hash, status: 'running', poolLeft: 100n * 10n ** 18n });
  expect(view.parameters).toMatchObject({ minCohort: 4, maxCohort: 16, stake: 25n * 10n ** 17n, joinSeconds: 60 });
  const spec = await fetchSpec(network.relay.core, view);
  expect(spec).toMatchObject({
    title: 'Readmission',
    data: {
      delimiter: ';',
      header: true,
      columns: [
        { kind: 'number', name: 'age', minimum: 0, maximum: 120 },
        { kind: 'category', name: 'ward', categories: ['a', 'b', 'c'] },
      ],
      label: { name: 'readmitted', positive: { equals: ['yes'] } },
    },
  });
  await open.focus();
  await page.keyboard.press('Enter');
  await page.waitForURL(`**/alliance/${id}`);
  // Anybody's page shows it: the worker has read it from the chain and from the relay.
  await page.goto(`${network.url}/alliance`);
  await page.getByText('Readmission').first().waitFor();

  // The network's hospitals have no data for it: their own task stays the one that they train.
  expect((await network.openTask()).task).toBe(ownTask);
  expect(errors).toEqual([]);
  await context.close();
});

/** The id of the task that the page says it has created. */
async function createdTask(page: Page): Promise<bigint> {
  const open = page.getByRole('link', { name: 'Open the task' });
  await open.waitFor({ timeout: 120_000 });
  return BigInt(/\/alliance\/([0-9]+)$/.exec((await open.getAttribute('href')) ?? '')?.[1] ?? 0);
}

const FILES = fileURLToPath(new URL('../../public/data/', import.meta.url));

test('tasks over pictures, texts and readings are created from real files of each kind', async () => {
  const context = await openContext(browser, { colorScheme: 'light', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(new URL('/create', network.url).href);
  /** Creates what is filled in. @returns its spec as the relay has it */
  const create = async () => {
    await page.getByText('Everything is filled in.').waitFor();
    await press(page, 'Create the task');
    const task = await createdTask(page);
    await page.getByRole('button', { name: 'Create another task' }).click();
    return fetchSpec(network.relay.core, await network.chain.creator.task(task));
  };

  // Pictures, an own model that does not fit at first, and noise for whole participants.
  await page.getByTestId('files').setInputFiles(`${FILES}pneumonia-mnist/site-1.npz`);
  await page.getByText('2 classes. Nothing was uploaded.').waitFor();
  await fill(page, 'Title', 'X-rays');
  await fill(page, 'Name of “1”', 'pneumonia');
  await page.getByRole('button', { name: 'Show it' }).click();
  await page.getByTestId('preview-pictures').waitFor();
  await page.getByRole('radio', { name: 'Layers of your own' }).click();
  await page.getByText('makes 784; 0 weights').waitFor();
  await page.getByLabel('Kind of layer').selectOption('max-pool');
  await page.getByRole('button', { name: 'Add a layer' }).click();
  await page.getByText('needs [height, width, channels], it gets [200]').waitFor();
  await page.getByRole('radio', { name: 'Whole participants' }).click();
  await expectAccessible(page, 'create-pictures-light-1280');
  for (let moves = 0; moves < 3; moves++)
    await page
      .getByRole('button', { name: 'Move up: ', exact: false })
      .nth(3 - moves)
      .click();
  await page.getByText('makes 14 x 14 x 1; 0 weights').waitFor();
  await page.getByTestId('noise-cost').getByTestId('privacy-gauge').waitFor();
  await press(page, 'Make a wallet in this tab');
  await page.getByRole('button', { name: 'Export' }).waitFor();
  expect(await create()).toMatchObject({
    title: 'X-rays',
    data: { kind: 'pictures', height: 28, channels: 1, label: { classes: [{ name: '0' }, { name: 'pneumonia' }] } },
    model: { layers: [{ kind: 'max-pool', size: 2 }, { kind: 'flatten' }, {}, {}, { kind: 'dense', units: 1 }] },
    evaluation: { release: 'off' },
    masking: { updateWidth: 18 },
    privacy: { kind: 'user', noiseMultiplier: 1, honest: 2 },
  });

  // Texts, and what the spec refuses with noise said beside the choice.
  await page.setViewportSize({ width: 360, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await page.getByTestId('files').setInputFiles(`${FILES}sms-spam/phone-1.txt.gz`);
  await page.getByText('texts of 2 classes.').waitFor();
  await fill(page, 'Title', 'Messages');
  await page.getByRole('radio', { name: 'Single records' }).click();
  await page.getByText('More settings').click();
  await page.getByRole('radio', { name: 'Count directions, not steps (FedNova)' }).click();
  await page.getByText('With noise this way of training is not possible').first().waitFor();
  await page.getByRole('radio', { name: 'Nothing special (FedAvg)' }).click();
  await page.getByText('Everything is filled in.').waitFor();
  await expectAccessible(page, 'create-texts-dark-360');
  expect(await create()).toMatchObject({
    data: { kind: 'texts', delimiter: '\t', learn: { kind: 'class', label: { classes: [{ name: 'ham' }, {}] } } },
    privacy: { kind: 'records', samplingRate: 0.05 },
  });

  // Sensor readings, with ranges by hand.
  await page.emulateMedia({ colorScheme: 'light' });
  await page.getByTestId('files').setInputFiles(`${FILES}beijing-air/dongsi.csv.gz`);
  await page.getByText('11,688 readings of 11 sensors.').waitFor();
  await page.getByText('mostly 3 hours apart').waitFor();
  await fill(page, 'Title', 'Dust');
  for (const sensor of ['PM10', 'SO2', 'NO2', 'CO', 'O3', 'PRES', 'DEWP', 'RAIN', 'WSPM'])
    await page.getByRole('checkbox', { name: `Use ${sensor}` }).click();
  for (const range of [0, 1]) {
    await page.getByLabel('Smallest possible').nth(range).fill('-50');
    await page.getByLabel('Largest possible').nth(range).fill('1000');
  }
  await page.getByText('Everything is filled in.').waitFor();
  await expectAccessible(page, 'create-series-light-360');
  expect(await create()).toMatchObject({
    data: { kind: 'series', window: 8, columns: [{ name: 'PM2.5' }, { name: 'TEMP' }], learn: { name: 'PM2.5' } },
  });

  // Anybody's page shows them.
  await page.goto(`${network.url}/alliance`);
  for (const title of ['X-rays', 'Messages', 'Dust']) await page.getByText(title).first().waitFor();
  expect(errors).toEqual([]);
  await context.close();
});

test('a task that starts from a given model, with adapters and a private layer, says what a site sends', async () => {
  const context = await openContext(browser, { colorScheme: 'light', viewport: { width: 1280, height: 900 } });
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(new URL('/create', network.url).href);
  await page.getByTestId('files').setInputFiles(file);
  await fill(page, 'Title', 'Given model');
  await fill(page, 'Smallest possible', '0');
  await fill(page, 'Largest possible', '120');
  await page.getByText('A given model, adapters, private layers').focus();
  await page.keyboard.press('Enter');
  await page.getByRole('radio', { name: 'Adapters and the last layer (LoRA)' }).click();
  await page.getByText('Adapters add to a model that is given.').first().waitFor();
  await expectAccessible(page, 'create-parts-problem-light-1280');
  await page.getByTestId('start-file').setInputFiles({
    name: 'notes.safetensors',
    mimeType: 'application/octet-stream',
    buffer: Buffer.from('no weights at all'),
  });
  await page.getByText('Choose a safetensors file of F32 tensors').first().waitFor();
  // The layers 4 x 32, 32 x 16 and 16 x 1 of the small network.
  const layers: ModelSpec['layers'] = [
    { kind: 'dense', units: 32, activation: 'tanh' },
    { kind: 'dense', units: 16, activation: 'tanh' },
    { kind: 'dense', units: 1, activation: 'sigmoid' },
  ];
  const use = { model: { layers }, shape: [4], target: BINARY };
  const weights = Buffer.from(writeStart(use, new Float32Array(705).fill(0.125)));
  await page
    .getByTestId('start-file')
    .setInputFiles({ name: 'ward.safetensors', mimeType: 'application/octet-stream', buffer: weights });
  await fill(page, 'Rank of an addition', '2');
  await page.getByTestId('start-fits').waitFor();
  await page.getByRole('checkbox', { name: '1. Dense' }).focus();
  await page.keyboard.press('Space');
  await page.getByText('Everything is filled in.').waitFor();
  // Beside the private first layer: 2 (32 + 16) of the second one's adapter, and the last layer's 17.
  await expect.poll(() => page.getByTestId('model-sent').textContent()).toBe('113');
  const sent = await page.getByTestId('model-bytes').textContent();
  await expectAccessible(page, 'create-parts-light-1280');
  await page.setViewportSize({ width: 360, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await expectAccessible(page, 'create-parts-dark-360');

  // A reload keeps all but the file itself.
  await page.reload();
  await page.getByText('After a reload the file has to be chosen again').first().waitFor();
  await page
    .getByTestId('start-file')
    .setInputFiles({ name: 'ward.safetensors', mimeType: 'application/octet-stream', buffer: weights });
  await page.getByText('Everything is filled in.').waitFor();
  await press(page, 'Make a wallet in this tab');
  await page.getByRole('button', { name: 'Export' }).waitFor();
  await press(page, 'Create the task');
  const task = await createdTask(page);
  const spec = await fetchSpec(network.relay.core, await network.chain.creator.task(task));
  expect(spec.model).toMatchObject({ adapter: { rank: 2, alpha: 4, head: 'trained' }, private: [0] });
  const { start } = spec.model;
  if (start === undefined) throw new Error('no start');
  // The relay has the file: who joins gets what the description names.
  expect(await fetchStartFile(network.relay.core, start)).toEqual(new Uint8Array(weights));

  await page.goto(`${network.url}/alliance/${task}`);
  await page.getByText('only 113 are learnt and sent').waitFor();
  await page.goto(`${network.url}/alliance/${task}/train`);
  await page
    .getByText(sent ?? '', { exact: false })
    .first()
    .waitFor();
  expect(errors).toEqual([]);
  await context.close();
});

/** A wallet extension as the page meets it (EIP-6963): announced in the page, its key and its questions on this side. */
async function installWallet(page: Page): Promise<{ address: string; asked: string[]; answers: boolean[] }> {
  const account = privateKeyToAccount(generatePrivateKey());
  const client = createWalletClient({ account, chain: foundry, transport: http(network.chain.anvil.url) });
  const asked: string[] = [];
  /** whether the person agrees to the next transactions; true once there is none left */
  const answers: boolean[] = [];
  await page.exposeFunction('askWallet', async (method: string, params: readonly unknown[] = []) => {
    if (method === 'eth_accounts' || method === 'eth_requestAccounts') return { result: [account.address] };
    if (method.startsWith('wallet_')) return { error: { code: 4200, message: 'unsupported' } };
    if (method !== 'eth_sendTransaction')
      return { result: await client.request({ method, params } as unknown as Parameters<typeof client.request>[0]) };
    asked.push(method);
    if (!(answers.shift() ?? true)) return { error: { code: 4001, message: 'User rejected the request.' } };
    const [{ to, data } = {}] = params as readonly Pick<SendTransactionParameters, 'to' | 'data'>[];
    return { result: await client.sendTransaction({ to: to ?? null, data: data ?? '0x' }) };
  });
  await page.addInitScript(() => {
    type Ask = (
      method: string,
      params: unknown,
    ) => Promise<{ result?: unknown; error?: { code: number; message: string } }>;
    const provider = {
      on: () => undefined,
      removeListener: () => undefined,
      async request({ method, params }: { method: string; params?: unknown }) {
        const { askWallet } = globalThis as unknown as { askWallet: Ask };
        const { result, error } = await askWallet(method, params);
        if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
        return result;
      },
    };
    const info = {
      uuid: crypto.randomUUID(),
      name: 'Test wallet',
      icon: 'data:image/svg+xml,<svg/>',
      rdns: 'test.wallet',
    };
    const announce = () =>
      dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
    addEventListener('eip6963:requestProvider', announce);
    announce();
  });
  return { address: account.address.toLowerCase(), asked, answers };
}

test('a person with a wallet of their own declines once, then creates one task', async () => {
  const context = await openContext(browser);
  const page = await context.newPage();
  const wallet = await installWallet(page);
  await page.goto(new URL('/create', network.url).href);
  await page.getByTestId('files').setInputFiles(file);
  await fill(page, 'Title', 'With my own wallet');
  await fill(page, 'Smallest possible', '0');
  await fill(page, 'Largest possible', '120');
  await press(page, 'Use my own wallet');
  await press(page, 'Connect Test wallet');
  await page.getByText('Connected with Test wallet').waitFor();

  wallet.answers.push(true, false);
  await press(page, 'Create the task');
  await page.getByRole('button', { name: 'Finish creating' }).waitFor();
  expect(wallet.asked).toHaveLength(2);
  await press(page, 'Finish creating');
  const open = page.getByRole('link', { name: 'Open the task' });
  await open.waitFor({ timeout: 60_000 });
  const [, id = ''] = /\/alliance\/([0-9]+)$/.exec((await open.getAttribute('href')) ?? '') ?? [];
  const view = await network.chain.creator.task(BigInt(id));
  expect(view.creator).toBe(wallet.address);
  expect(await fetchSpec(network.relay.core, view)).toMatchObject({ title: 'With my own wallet' });
  await context.close();
});

test('without a network the form works, says so, and keeps what was entered', async () => {
  const context = await openContext(browser);
  const page = await context.newPage();
  await page.goto(new URL('/create', network.url).href);
  await page.getByTestId('files').setInputFiles(file);
  await fill(page, 'Title', 'Offline');
  await fill(page, 'Smallest possible', '0');
  await fill(page, 'Largest possible', '120');
  await page.getByRole('button', { name: 'Make a wallet in this tab' }).waitFor();
  await context.setOffline(true);
  await page.getByText('Creating needs the network. Your entries are kept until it is back.').waitFor();
  await context.setOffline(false);
  await page.getByRole('button', { name: 'Make a wallet in this tab' }).waitFor();
  await expect.poll(() => page.getByLabel('Title', { exact: true }).inputValue()).toBe('Offline');
  await press(page, 'Discard this draft');
  await press(page, 'Yes, discard it');
  await page.getByText('The rest of the form appears here').waitFor();
  await expect.poll(() => page.evaluate(() => sessionStorage.length)).toBe(0);
  await context.close();
});
