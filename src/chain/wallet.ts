/**
 * The person's own wallet (EIP-6963) by wagmi: connect, the right chain, sign, send. Everything goes through the wallet's own
 * provider, so this file opens no connection of its own; what the extension sends to its node is outside this page. Whatever a
 * wallet is asked has a deadline and can be given up; a late answer is then dropped, and asking again finds what was done.
 */
import {
  type Config,
  connect,
  createConfig,
  disconnect,
  getConnection,
  reconnect,
  sendTransaction,
  signTypedData,
  switchChain,
  waitForTransactionReceipt,
  watchConnection,
  watchConnectors,
} from '@wagmi/core';
import { type Chain, base, baseSepolia, foundry } from 'wagmi/chains';
import { custom } from 'viem';
import type { Hex } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { walletError } from './wallet-errors.ts';

export interface WalletConnection {
  readonly address: Hex;
  readonly chainId: number;
  /** the wallet's name */
  readonly name: string;
}

export interface WalletChoice {
  readonly id: string;
  readonly name: string;
}

/** EIP-712 data with integers as decimal text, as it crosses a worker's boundary. */
interface SignableData {
  readonly domain: {
    readonly name: string;
    readonly version: string;
    readonly chainId: number;
    readonly verifyingContract: Hex;
  };
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, string>>;
}

/** Each step throws MurmurError in words: cancelled when the person declines or gives it up, timeout when the wallet never answers. */
export interface Wallets {
  connect(id: string, signal: AbortSignal): Promise<void>;
  disconnect(): Promise<void>;
  /** @throws MurmurError not-found before a wallet is connected */
  address(): Hex;
  /** Asks for the page's chain; a wallet that does not know it is offered to add it. */
  switchChain(signal: AbortSignal): Promise<void>;
  sign(data: SignableData, signal: AbortSignal): Promise<Hex>;
  /** Sends a transaction and waits until it is in a block. @throws MurmurError refused when it reverts */
  send(call: { readonly to: Hex; readonly data: Hex }, signal: AbortSignal): Promise<void>;
}

export interface WalletsListener {
  /** hears every change of account, chain or connection */
  onConnection(connection: WalletConnection | undefined): void;
  /** hears which wallets have announced themselves; some do so late */
  onChoices(choices: readonly WalletChoice[]): void;
}

/** How long a wallet may take to announce itself (EIP-6963 has no end of its own). */
const ANNOUNCE_MS = 250;
/** A wallet that was used before is asked for its account without a prompt; one that does not answer is no hindrance. */
const RECONNECT_MS = 3_000;
/** A person may have to find the wallet, unlock it, and read. */
const ANSWER_MS = 5 * 60_000;
const RECEIPT_MS = 3 * 60_000;
const POLL_MS = 1_000;

/**
 * Looks for wallets and reconnects the one that was used before, without a prompt.
 * @param network the chain that the page works on
 * @throws MurmurError unsupported for a chain that Murmur is not deployed on
 */
export async function openWallets(
  network: { readonly chainId: number; readonly rpcUrl: string },
  listener: WalletsListener,
): Promise<Wallets> {
  const chain = chainOf(network.chainId, network.rpcUrl);
  const config: Config = createConfig({
    chains: [chain],
    transports: { [chain.id]: custom({ request: (call) => askConnected(config, call) }) },
    pollingInterval: POLL_MS,
  });
  const current = (): WalletConnection | undefined => {
    const { address, chainId, connector } = getConnection(config);
    if (address === undefined || chainId === undefined) return undefined;
    return { address, chainId, name: connector?.name ?? '' };
  };
  const choices = () => listener.onChoices(config.connectors.map(({ uid, name }) => ({ id: uid, name })));
  watchConnection(config, { onChange: () => listener.onConnection(current()) });
  watchConnectors(config, { onChange: choices });
  await new Promise((resolve) => setTimeout(resolve, ANNOUNCE_MS));
  choices();
  await reconnectLast(config);

  return {
    async connect(id, signal) {
      await ask(signal, async () => {
        const connector = config.connectors.find(({ uid }) => uid === id);
        if (connector === undefined) throw new MurmurError('not-found', 'the wallet is no longer there');
        if (getConnection(config).connector?.uid !== id) await connect(config, { connector });
      });
      listener.onConnection(current());
    },
    async disconnect() {
      await disconnect(config).catch((error: unknown) => {
        throw walletError(error);
      });
      listener.onConnection(current());
    },
    address: () => {
      const connection = current();
      if (connection === undefined) throw new MurmurError('not-found', 'no wallet is connected');
      return connection.address;
    },
    async switchChain(signal) {
      await ask(signal, () => switchChain(config, { chainId: chain.id }));
    },
    sign: ({ domain, types, primaryType, message }, signal) =>
      ask(signal, () => signTypedData(config, { domain, types, primaryType, message })),
    async send(call, signal) {
      const hash = await ask(signal, () => sendTransaction(config, { ...call, chainId: chain.id }));
      const receipt = await ask(signal, () =>
        waitForTransactionReceipt(config, { hash, chainId: chain.id, timeout: RECEIPT_MS, pollingInterval: POLL_MS }),
      );
      if (receipt.status !== 'success') {
        throw new MurmurError('refused', 'the chain refused the transaction', { details: { transaction: hash } });
      }
    },
  };
}

/** Only the wallet that was used last: another one that would let the page in was not chosen. */
async function reconnectLast(config: Config): Promise<void> {
  const last = await config.storage?.getItem('recentConnectorId');
  const connector = config.connectors.find(({ id }) => id === last);
  if (connector === undefined) return;
  await Promise.race([
    reconnect(config, { connectors: [connector] }).catch(() => undefined),
    new Promise((resolve) => setTimeout(resolve, RECONNECT_MS)),
  ]);
}

/** One thing that a wallet is asked: in words when it fails, with an end when it never answers. */
async function ask<T>(signal: AbortSignal, step: () => Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let giveUp: (() => void) | undefined;
  const ended = new Promise<never>((_, reject) => {
    giveUp = () => {
      reject(
        new MurmurError('cancelled', 'you stopped waiting for your wallet', {
          hint: 'If its question is still open, decline it there. Then try again when you want to.',
          details: { wallet: 'stopped' },
        }),
      );
    };
    const late = new MurmurError('timeout', 'your wallet did not answer', {
      hint: 'Open its window; if nothing is asked there, restart the wallet. Then try again.',
      details: { wallet: 'silent' },
    });
    timer = setTimeout(() => reject(late), ANSWER_MS);
    signal.addEventListener('abort', giveUp, { once: true });
    if (signal.aborted) giveUp();
  });
  try {
    return await Promise.race([step(), ended]);
  } catch (error) {
    throw walletError(error);
  } finally {
    clearTimeout(timer);
    if (giveUp !== undefined) signal.removeEventListener('abort', giveUp);
  }
}

/** Requests of the page go through the wallet that is connected, whichever of several that is. */
async function askConnected(config: Config, call: { method: string; params?: unknown }): Promise<unknown> {
  const provider = await getConnection(config).connector?.getProvider();
  if (!isProvider(provider)) throw new MurmurError('not-found', 'no wallet is connected');
  return provider.request(call);
}

function isProvider(
  value: unknown,
): value is { request(call: { method: string; params?: unknown }): Promise<unknown> } {
  return typeof value === 'object' && value !== null && 'request' in value && typeof value.request === 'function';
}

/** A wallet that does not know the chain yet is told this address of it. */
function chainOf(chainId: number, rpcUrl: string): Chain {
  const chain = [foundry, base, baseSepolia].find(({ id }) => id === chainId);
  if (chain === undefined) throw new MurmurError('unsupported', `Murmur does not know chain ${chainId}`);
  return chain === foundry ? { ...foundry, name: 'Murmur local', rpcUrls: { default: { http: [rpcUrl] } } } : chain;
}
