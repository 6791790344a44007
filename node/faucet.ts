/** The local network's faucet: play money for an address, one transfer after the other, with a limit an address and an overall one. */
import { createPublicClient, createWalletClient, http, type LocalAccount, parseEther } from 'viem';
import { foundry } from 'viem/chains';
import { flockAbi } from '../contracts-abi/abi.ts';
import type { Hex } from '../src/core/bytes.ts';
import type { Clock } from '../src/core/clock.ts';
import { MurmurError } from '../src/core/errors.ts';
import type { Sender } from '../src/network/sender.ts';
import type { ChainEndpoint } from './chain-access.ts';

export type Fund = (address: Hex) => Promise<void>;

const GIFT = { eth: parseEther('10'), flock: parseEther('1000') };
const ADDRESS_PAUSE_MS = 10_000;
const WINDOW_MS = 60_000;
const GIFTS_A_WINDOW = 60;
const RECEIPT_MS = 20_000;

/** Resolves when the money is there. @throws MurmurError refused when an address, or everybody together, asks too often */
export function createFaucet(args: {
  endpoint: ChainEndpoint;
  account: LocalAccount;
  sender: Sender;
  clock: Clock;
}): Fund {
  const { endpoint, account, sender, clock } = args;
  const transport = http(endpoint.rpcUrl, { fetchFn: sender.rpcFetch });
  const common = { chain: foundry, transport, pollingInterval: 50, cacheTime: 0 };
  const reader = createPublicClient(common);
  const writer = createWalletClient({ ...common, account });
  const lastGiftMs = new Map<Hex, number>();
  let last: Promise<unknown> = Promise.resolve();

  const give = async (address: Hex) => {
    const eth = await writer.sendTransaction({ to: address, value: GIFT.eth });
    await reader.waitForTransactionReceipt({ hash: eth, timeout: RECEIPT_MS });
    const token = { address: endpoint.flock, abi: flockAbi } as const;
    const flock = await writer.writeContract({ ...token, functionName: 'transfer', args: [address, GIFT.flock] });
    await reader.waitForTransactionReceipt({ hash: flock, timeout: RECEIPT_MS });
  };

  return async (address) => {
    const nowMs = clock.now();
    for (const [known, atMs] of lastGiftMs) if (nowMs - atMs > WINDOW_MS) lastGiftMs.delete(known);
    if (nowMs - (lastGiftMs.get(address) ?? Number.NEGATIVE_INFINITY) < ADDRESS_PAUSE_MS) {
      throw new MurmurError('refused', 'this address was given money a moment ago', { hint: 'Wait ten seconds.' });
    }
    if (lastGiftMs.size >= GIFTS_A_WINDOW) {
      throw new MurmurError('refused', 'the faucet has given much in the last minute', {
        hint: 'Try again in a minute.',
      });
    }
    lastGiftMs.set(address, nowMs);
    const turn = last.then(
      () => give(address),
      () => give(address),
    );
    last = turn.catch(() => undefined);
    try {
      await turn;
    } catch (cause) {
      lastGiftMs.delete(address);
      if (endpoint.chainId !== foundry.id)
        throw new MurmurError('refused', 'there is no faucet on this chain', { cause });
      throw new MurmurError('unreachable', 'the faucet could not send', { hint: 'Try again.', cause });
    }
  };
}
