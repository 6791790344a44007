/** How headless roles reach the contracts: endpoint, account, registration with stake. */
import { http, type LocalAccount } from 'viem';
import { AllianceClient } from '../src/chain/alliance-client.ts';
import { sessionAddress, signRegistration } from '../src/chain/keys.ts';
import type { Bytes, Hex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import type { Sender } from '../src/network/sender.ts';

export interface ChainEndpoint {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly coordinator: Hex;
  readonly flock: Hex;
}

const RPC_TIMEOUT_MS = 20_000;
/** The page server's door to the chain takes 64 calls in one request. */
const RPC_BATCH = 32;
/** How often a receipt is asked for; the local chain makes one at once. */
const POLLING_MS = 100;

/** @param account sends transactions; without it the client only reads */
export function connectChain(endpoint: ChainEndpoint, sender: Sender, account?: LocalAccount): AllianceClient {
  return new AllianceClient({
    domain: { chainId: endpoint.chainId, coordinator: endpoint.coordinator },
    transport: http(endpoint.rpcUrl, {
      fetchFn: sender.rpcFetch,
      batch: { batchSize: RPC_BATCH },
      timeout: RPC_TIMEOUT_MS,
      retryCount: 2,
    }),
    account,
    pollingIntervalMs: POLLING_MS,
  });
}

/** How long a session key lives, and how long its registration may take to reach the chain. */
const SESSION_SECONDS = 30 * 24 * 3600;
const REGISTRATION_SECONDS = 600;

/**
 * Registers the session key for a task, with the task's stake and a deposit for the bond of a sum, unless it is registered already.
 * @param nowSeconds Unix time
 * @returns the registration id
 * @throws MurmurError refused when the wallet cannot pay, or the task has ended
 */
export async function ensureRegistered(args: {
  chain: AllianceClient;
  flock: Hex;
  wallet: LocalAccount;
  task: bigint;
  sessionSecret: Bytes;
  channelKey: Hex;
  nowSeconds: number;
  signal: AbortSignal;
}): Promise<number> {
  const { chain, flock, wallet, task, sessionSecret, channelKey, nowSeconds, signal } = args;
  const sessionKey = sessionAddress(sessionSecret);
  const known = await chain.activeRegistration(task, wallet.address, signal);
  if (known !== undefined && (await chain.registration(task, known, signal)).sessionKey === sessionKey) return known;

  const { status, parameters } = await chain.task(task, signal);
  if (status !== 'running') {
    throw new MurmurError('refused', `task ${task} has ended`, { hint: 'Choose a task that still runs.' });
  }
  const needed = parameters.stake + parameters.sumBond;
  if (known === undefined && needed > 0n) {
    const held = await chain.balance(flock, wallet.address, signal);
    if (held < needed) {
      throw new MurmurError('refused', `wallet ${wallet.address} has ${held} FLOCK wei where ${needed} are needed`, {
        hint: 'Stake and bond are paid in FLOCK; on the local network its faucet gives some.',
      });
    }
    await chain.approve(flock, needed, signal);
    if (parameters.sumBond > 0n) await chain.deposit(parameters.sumBond, signal);
  }
  const request = {
    task,
    wallet: wallet.address,
    sessionKey,
    channelKey,
    expiry: BigInt(nowSeconds + SESSION_SECONDS),
    nonce: await chain.registrationNonce(wallet.address, signal),
    deadline: BigInt(nowSeconds + REGISTRATION_SECONDS),
  };
  return chain.register(request, await signRegistration(wallet, chain.domain, request), signal);
}
