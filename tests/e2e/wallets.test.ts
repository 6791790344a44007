/** Wallets: of the page and of the person's own, on a running network. Every refusal is told in words, and a retry works. */
import { readFile } from 'node:fs/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTemporaryNetwork, type TemporaryNetwork } from '../../bench/page/network.ts';
import { agreeToNoBound, joinWithSample, takeSample } from '../../bench/page/steps.ts';
import type { LocalNetwork } from '../../node/network.ts';
import { revokeData } from '../../src/chain/calldata.ts';
import { expectAccessible, hashOf, launchBrowser, openContext } from './browser.ts';
import { OwnWallet } from './own-wallet.ts';

let temporary: TemporaryNetwork;
let network: LocalNetwork;
let browser: Browser;
let task: bigint;
const OTHER_CHAIN = 1;

beforeAll(async () => {
  temporary = await startTemporaryNetwork({ trainingRounds: 60, headless: true });
  ({ network, task } = temporary);
  browser = await launchBrowser();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await temporary?.stop();
}, 60_000);

async function openSetUp(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto(new URL(`/alliance/${task}/train`, network.url).href);
  await page.getByRole('heading', { name: 'Who you are' }).waitFor();
  return page;
}

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true });
const notice = (page: Page, words: string) => page.getByText(words, { exact: false }).first().waitFor();

/** The wallet was asked and declined, and the page says so: what it said of an earlier question went when this one began. */
async function declined(page: Page, wallet: OwnWallet): Promise<void> {
  await expect.poll(() => wallet.failures.length).toBe(0);
  await notice(page, 'You declined in your wallet.');
}

async function leave(page: Page): Promise<void> {
  await button(page, 'Leave').click();
  await page.getByRole('button', { name: 'Yes, leave' }).click();
  await page.getByRole('heading', { name: 'Who you are' }).waitFor();
}

async function takeBack(page: Page): Promise<void> {
  await page.getByText('What this browser may sign for').click();
  await page.getByRole('button', { name: `Take back: task ${task}` }).click();
  await page.getByRole('alertdialog').getByRole('button', { name: 'Take back' }).click();
  await page.getByTestId('authorisations').getByText('taken back', { exact: true }).waitFor({ timeout: 60_000 });
}

test('without an extension the page says so', async () => {
  const context = await openContext(browser);
  const page = await openSetUp(context);
  await button(page, 'Use my own wallet').click();
  await notice(page, 'No wallet extension was found');
  await expectAccessible(page, 'wallet-none');
  await context.close();
});

test('wallets of the page: choose, fill, export; one in use is marked', async () => {
  const context = await openContext(browser, { viewport: { width: 360, height: 800 }, colorScheme: 'dark' });
  const page = await openSetUp(context);
  await button(page, 'Make a wallet in this tab').click();
  await page.getByTestId('wallet').waitFor();
  const first = await hashOf(page, 'wallet');
  await button(page, 'Take play money').click();
  await page.getByTestId('balance').getByText('1000 FLOCK').waitFor({ timeout: 30_000 });
  await button(page, 'Make another one').click();
  // The sample files are a group of radios as well.
  const made = page.getByRole('radiogroup', { name: 'Wallets made in this browser' }).getByRole('radio');
  await made.nth(1).waitFor();
  await expect.poll(() => hashOf(page, 'wallet')).not.toBe(first);
  await made.first().click();
  await page.getByTestId('balance').getByText('1000 FLOCK').waitFor();
  await expect.poll(() => hashOf(page, 'wallet')).toBe(first);
  await expectAccessible(page, 'wallets-dark-360');

  await button(page, 'Export').click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Password for the file').fill('short');
  await button(page, 'Download encrypted file').click();
  await notice(page, 'The password is too short');
  await dialog.getByLabel('Password for the file').fill('correct horse');
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 60_000 }),
    button(page, 'Download encrypted file').click(),
  ]);
  const keystore = JSON.parse(await readFile(await download.path(), 'utf8')) as Record<string, unknown>;
  expect(keystore).toMatchObject({ version: 3, address: first?.slice(2).toLowerCase() });
  await expectAccessible(page, 'wallet-export-dark-360');
  await button(page, 'Show the private key').click();
  await button(page, 'Show it').click();
  await expect.poll(() => hashOf(page, 'private-key')).toMatch(/^0x[0-9a-f]{64}$/);
  await button(page, 'Close').click();
  await context.close();
});

test('a wallet of the page: joins, is marked in a second tab, which takes its authorisation back', async () => {
  const context = await openContext(browser);
  const page = await openSetUp(context);
  await joinWithSample(page, 'Long Beach');

  const second = await context.newPage();
  await second.goto(page.url());
  await button(second, 'Take part here with another wallet').click();
  await notice(second, 'Another tab takes part with this wallet.');
  await takeBack(second);
  await expectAccessible(second, 'authorisations');
  await button(second, 'Make another one').click();
  await second.getByText('another tab takes part with it now').first().waitFor();
  await second.close();

  // The tab that takes part says what happened; joining again is a new authorisation.
  await page.getByText('taken back the authorisation').first().waitFor({ timeout: 180_000 });
  await leave(page);
  await takeSample(page, 'Long Beach');
  await agreeToNoBound(page);
  await button(page, 'Join the training').click();
  await button(page, 'Pause').waitFor({ timeout: 60_000 });
  await context.close();
});

test("a wallet of the person's own: declined, busy, wrong chain, joined, revoked", async () => {
  const context = await openContext(browser);
  const wallet = new OwnWallet(network.chain.endpoint.rpcUrl, OTHER_CHAIN);
  await wallet.install(context);
  const page = await openSetUp(context);
  await button(page, 'Use my own wallet').click();

  wallet.failures.push({ method: 'eth_requestAccounts', code: 4001 });
  await button(page, 'Connect Test Wallet').click();
  await declined(page, wallet);
  wallet.failures.push({ method: 'eth_requestAccounts', code: -32002 });
  await button(page, 'Connect Test Wallet').click();
  await notice(page, 'A request is already open in your wallet.');
  await expectAccessible(page, 'wallet-busy');
  await button(page, 'Connect Test Wallet').click();
  await notice(page, 'Your wallet is on another network');
  await expect.poll(() => hashOf(page, 'wallet')).toBe(wallet.account.address);

  wallet.failures.push({ method: 'wallet_switchEthereumChain', code: 4001 });
  await button(page, 'Switch network').click();
  await declined(page, wallet);
  await expectAccessible(page, 'wallet-wrong-chain');
  await button(page, 'Switch network').click();
  await page.getByTestId('balance').waitFor({ timeout: 30_000 });
  expect(wallet.prompts).toContain('wallet_addEthereumChain');

  // After a reload it is there again, and the person was asked nothing.
  const asked = wallet.prompts.length;
  await page.reload();
  await notice(page, 'Connected with Test Wallet');
  expect(wallet.prompts.length).toBe(asked);

  await takeSample(page, 'Hungarian');
  await agreeToNoBound(page);
  for (const method of ['eth_signTypedData_v4', 'eth_sendTransaction']) {
    wallet.failures.push({ method, code: 4001 });
    await button(page, 'Join the training').click();
    await declined(page, wallet);
  }
  await button(page, 'Join the training').click();
  await button(page, 'Pause').waitFor({ timeout: 60_000 });
  const signed = wallet.prompts.filter((method) => method === 'eth_signTypedData_v4').length;

  // The person takes the authorisation back from elsewhere: the tab says so, and offers what to do.
  await wallet.send(network.chain.endpoint.coordinator, revokeData(task));
  await page.getByText('taken back the authorisation').first().waitFor({ timeout: 180_000 });
  await expectAccessible(page, 'revoked-elsewhere');
  await leave(page);

  // Joining again is a new authorisation; taking it back in the page is a transaction of the same wallet.
  await takeSample(page, 'Hungarian');
  await agreeToNoBound(page);
  await button(page, 'Join the training').click();
  await button(page, 'Pause').waitFor({ timeout: 60_000 });
  expect(wallet.prompts.filter((method) => method === 'eth_signTypedData_v4').length).toBe(signed + 1);
  await leave(page);
  await takeBack(page);
  expect(wallet.prompts.at(-1)).toBe('eth_sendTransaction');

  await button(page, 'Disconnect').click();
  await button(page, 'Connect Test Wallet').waitFor();
  await context.close();
});
