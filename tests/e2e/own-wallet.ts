/**
 * A wallet extension for tests: an EIP-6963 provider in the page whose answers come from here. It signs with a key in memory, sends to
 * the local network's own chain, and can be told to decline, to be busy, or to be on another network.
 */
import type { BrowserContext, Page } from 'playwright-core';
import { createWalletClient, type Hex, http, type TypedDataDefinition } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { foundry } from 'viem/chains';

interface Call {
  readonly method: string;
  readonly params?: readonly unknown[];
}
type Answer = { readonly result: unknown } | { readonly error: { readonly code: number; readonly message: string } };

/** What a person is asked by a real wallet. */
const PROMPTS: ReadonlySet<string> = new Set([
  'eth_requestAccounts',
  'wallet_requestPermissions',
  'wallet_switchEthereumChain',
  'wallet_addEthereumChain',
  'eth_signTypedData_v4',
  'eth_sendTransaction',
]);

export class OwnWallet {
  readonly account = privateKeyToAccount(generatePrivateKey());
  /** methods that the person was asked for, in order */
  readonly prompts: string[] = [];
  /** the next prompt that is one of these fails with the code, once */
  readonly failures: { method: string; code: number }[] = [];
  readonly #rpcUrl: string;
  #chainId: number;
  #isAuthorised = false;
  readonly #knownChains: Set<number>;

  /** @param chainId of the network that the wallet is on at first */
  constructor(rpcUrl: string, chainId: number) {
    this.#rpcUrl = rpcUrl;
    this.#chainId = chainId;
    this.#knownChains = new Set([chainId]);
  }

  /** Puts the wallet into every page of a context. */
  async install(context: BrowserContext, name = 'Test Wallet'): Promise<void> {
    await context.exposeBinding('askTestWallet', ({ page }, call: Call) => this.#answer(page, call));
    await context.addInitScript(announce, name);
  }

  /** Sends a transaction without the page. */
  async send(to: Hex, data: Hex): Promise<Hex> {
    const client = createWalletClient({ account: this.account, chain: foundry, transport: http(this.#rpcUrl) });
    return client.sendTransaction({ to, data });
  }

  async #answer(page: Page, { method, params = [] }: Call): Promise<Answer> {
    if (PROMPTS.has(method)) {
      this.prompts.push(method);
      const [failure] = this.failures;
      if (failure?.method === method) {
        this.failures.shift();
        return { error: { code: failure.code, message: `the test wallet answers ${failure.code}` } };
      }
    }
    switch (method) {
      case 'wallet_requestPermissions':
        return { error: { code: 4200, message: 'not supported' } };
      case 'eth_requestAccounts':
        this.#isAuthorised = true;
        return { result: [this.account.address] };
      case 'eth_accounts':
        return { result: this.#isAuthorised ? [this.account.address] : [] };
      case 'wallet_revokePermissions':
        this.#isAuthorised = false;
        return { result: null };
      case 'eth_chainId':
        return { result: `0x${this.#chainId.toString(16)}` };
      case 'wallet_switchEthereumChain':
      case 'wallet_addEthereumChain':
        return this.#switch(page, method, Number((params[0] as { chainId: string }).chainId));
      case 'eth_signTypedData_v4':
        return { result: await this.account.signTypedData(JSON.parse(String(params[1])) as TypedDataDefinition) };
      case 'eth_sendTransaction': {
        const { to, data } = params[0] as { to: Hex; data: Hex };
        return { result: await this.send(to, data) };
      }
      default:
        return this.#forward(method, params);
    }
  }

  async #switch(page: Page, method: string, chainId: number): Promise<Answer> {
    if (method === 'wallet_addEthereumChain') this.#knownChains.add(chainId);
    if (!this.#knownChains.has(chainId)) return { error: { code: 4902, message: 'unrecognised chain' } };
    this.#chainId = chainId;
    await page.evaluate(
      (id) => dispatchEvent(new CustomEvent('test-wallet', { detail: id })),
      `0x${chainId.toString(16)}`,
    );
    return { result: null };
  }

  async #forward(method: string, params: readonly unknown[]): Promise<Answer> {
    const response = await fetch(this.#rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      signal: AbortSignal.timeout(20_000),
    });
    return (await response.json()) as Answer;
  }
}

/** Runs in the page before its own scripts. */
function announce(name: string): void {
  type Listener = (value: unknown) => void;
  const listeners = new Map<string, Set<Listener>>();
  const page = globalThis as unknown as { askTestWallet(call: unknown): Promise<Answer> };
  const provider = {
    async request(call: unknown): Promise<unknown> {
      const answer = await page.askTestWallet(call);
      if ('error' in answer) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.result;
    },
    on(event: string, listener: Listener) {
      listeners.set(event, (listeners.get(event) ?? new Set()).add(listener));
    },
    removeListener(event: string, listener: Listener) {
      listeners.get(event)?.delete(listener);
    },
  };
  addEventListener('test-wallet', (event) => {
    for (const listener of listeners.get('chainChanged') ?? []) listener((event as CustomEvent<string>).detail);
  });
  const info = {
    uuid: '3f2f1b1e-7c59-4b1d-9a55-0a3c2a0c1d11',
    name,
    icon: 'data:image/svg+xml,<svg/>',
    rdns: 'test.murmur.wallet',
  };
  const tell = () =>
    dispatchEvent(new CustomEvent('eip6963:announceProvider', { detail: Object.freeze({ info, provider }) }));
  addEventListener('eip6963:requestProvider', tell);
  tell();
}
