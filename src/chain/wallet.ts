/**
 * The person's own wallet (EIP-6963) by wagmi: connect, the right chain, sign, send. Everything goes through the wallet's own
 * provider, so this file opens no connection of its own; what the extension sends to its node is outside this page.
 */
import {
  type Config,
  connect,
  createConfig,
  getConnection,
  reconnect,
  sendTransaction,
  signTypedData,
  switchChain,
  waitForTransactionReceipt,
  watchConnection,
} from '@wagmi/core';
import { type Chain, base, baseSepolia, foundry } from 'wagmi/chains';
import { custom } from 'viem';
import type { Hex } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';

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

export interface Wallets {
  choices(): readonly WalletChoice[];
  /** @throws MurmurError cancelled when the person declines */
  connect(id: string): Promise<void>;
  /** @throws MurmurError not-found before a wallet is connected */
  address(): Hex;
  switchChain(): Promise<void>;
  sign(data: SignableData): Promise<Hex>;
  /** Sends a transaction and waits until it is in a block. @throws MurmurError refused when it reverts */
  send(call: { readonly to: Hex; readonly data: Hex }): Promise<void>;
}

/** How long a wallet may take to announce itself (EIP-6963 has no end of its own). */
const ANNOUNCE_MS = 250;

/**
 * Looks for wallets and reconnects the one that was used before.
 * @param network the chain that the page works on
 * @param onChange hears every change of account, chain or connection
 * @throws MurmurError unsupported for a chain that Murmur is not deployed on
 */
export async function openWallets(
  network: { readonly chainId: number; readonly rpcUrl: string },
  onChange: (connection: WalletConnection | undefined) => void,
): Promise<Wallets> {
  const chain = chainOf(network.chainId, network.rpcUrl);
  const config: Config = createConfig({
    chains: [chain],
    transports: { [chain.id]: custom({ request: (call) => askConnected(config, call) }) },
  });
  const current = (): WalletConnection | undefined => {
    const { address, chainId, connector } = getConnection(config);
    if (address === undefined || chainId === undefined) return undefined;
    return { address, chainId, name: connector?.name ?? '' };
  };
  watchConnection(config, { onChange: () => onChange(current()) });
  await new Promise((resolve) => setTimeout(resolve, ANNOUNCE_MS));
  await reconnect(config);

  return {
    choices: () => config.connectors.map(({ uid, name }) => ({ id: uid, name })),
    connect: (id) =>
      asPerson(async () => {
        const connector = config.connectors.find(({ uid }) => uid === id);
        if (connector === undefined) throw new MurmurError('not-found', 'the wallet is no longer there');
        if (getConnection(config).connector?.uid !== id) await connect(config, { connector, chainId: chain.id });
        onChange(current());
      }),
    address: () => {
      const connection = current();
      if (connection === undefined) throw new MurmurError('not-found', 'no wallet is connected');
      return connection.address;
    },
    switchChain: () =>
      asPerson(async () => {
        await switchChain(config, { chainId: chain.id });
      }),
    sign: ({ domain, types, primaryType, message }) =>
      asPerson(() => signTypedData(config, { domain, types, primaryType, message })),
    send: (call) =>
      asPerson(async () => {
        const hash = await sendTransaction(config, { ...call, chainId: chain.id });
        const receipt = await waitForTransactionReceipt(config, { hash, chainId: chain.id });
        if (receipt.status !== 'success') {
          throw new MurmurError('refused', 'the chain refused the transaction', { details: { transaction: hash } });
        }
      }),
  };
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

/** What a wallet throws, in Murmur's terms; declining is no failure. */
async function asPerson<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (cause) {
    if (cause instanceof MurmurError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    if (/user (rejected|denied)/i.test(message)) {
      throw new MurmurError('cancelled', 'you declined in your wallet', { cause });
    }
    throw new MurmurError('refused', 'the wallet did not do it', { details: { wallet: message.slice(0, 500) }, cause });
  }
}
