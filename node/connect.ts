/** Which network a command speaks to: what was said on the command line, else the local network that ran here last. */
import * as v from 'valibot';
import { createPublicClient, http } from 'viem';
import { allianceCoordinatorAbi } from '../contracts-abi/abi.ts';
import type { Hex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { createLedger, type Ledger } from '../src/network/ledger.ts';
import { createSender, type Sender } from '../src/network/sender.ts';
import type { ChainEndpoint } from './chain-access.ts';
import { runningFile } from './deployment.ts';
import { readOptional } from './state-folder.ts';

export interface ConnectOptions {
  readonly relay?: string | undefined;
  readonly rpc?: string | undefined;
  readonly coordinator?: Hex | undefined;
  /** state folder of the local network */
  readonly state: string;
}

export interface Connection {
  readonly endpoint: ChainEndpoint;
  readonly relayUrl: string;
  /** a network with a faucet */
  readonly local: boolean;
  readonly ledger: Ledger;
  readonly sender: Sender;
}

const address = v.pipe(
  v.string(),
  v.regex(/^0x[0-9a-fA-F]{40}$/),
  v.transform((text) => text as Hex),
);
const Description = v.object({
  chainId: v.pipe(v.number(), v.integer(), v.minValue(1)),
  rpcUrl: v.string(),
  relayUrl: v.string(),
  coordinator: address,
  flock: address,
  local: v.boolean(),
});
const Running = v.object({ url: v.pipe(v.string(), v.url()) });

const TIMEOUT_MS = 10_000;

/** @throws MurmurError not-found when no network is known, unreachable when it does not answer */
export async function connect(options: ConnectOptions): Promise<Connection> {
  const ledger = createLedger();
  const sender = createSender({ ledger });
  const relayUrl = options.relay ?? (await lastLocalUrl(options.state));
  const { rpc, coordinator } = options;
  if (rpc !== undefined && coordinator !== undefined) {
    const endpoint = await askChain(rpc, coordinator, sender);
    return { endpoint, relayUrl, local: false, ledger, sender };
  }
  const found = await describe(relayUrl, sender);
  const endpoint = {
    chainId: found.chainId,
    rpcUrl: rpc ?? new URL(found.rpcUrl, relayUrl).href,
    coordinator: coordinator ?? found.coordinator,
    flock: found.flock,
  };
  const relay = new URL(found.relayUrl, relayUrl).href.replace(/\/$/, '');
  return { endpoint, relayUrl: relay, local: found.local, ledger, sender };
}

async function lastLocalUrl(stateFolder: string): Promise<string> {
  const text = await readOptional(runningFile(stateFolder));
  const parsed = v.safeParse(Running, text === undefined ? undefined : JSON.parse(text));
  if (parsed.success) return parsed.output.url;
  throw new MurmurError('not-found', 'no relay was named, and no local network has run here', {
    hint: 'Start one with npm start, or name a relay with --relay URL.',
  });
}

async function describe(relayUrl: string, sender: Sender) {
  let response: Response;
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    response = await sender.fetchAs('network description')(new URL('/network.json', relayUrl), { signal });
  } catch (cause) {
    throw new MurmurError('unreachable', `nothing answers at ${relayUrl}`, {
      hint: 'Is the network running? Start one with npm start, or name another relay with --relay URL.',
      cause,
    });
  }
  const parsed = v.safeParse(Description, await response.json().catch(() => undefined));
  if (response.ok && parsed.success) return parsed.output;
  throw new MurmurError('not-found', `${relayUrl} does not say which chain it works with`, {
    hint: 'Name the chain with --rpc URL and --coordinator ADDRESS.',
  });
}

async function askChain(rpcUrl: string, coordinator: Hex, sender: Sender): Promise<ChainEndpoint> {
  const client = createPublicClient({ transport: http(rpcUrl, { fetchFn: sender.rpcFetch, timeout: TIMEOUT_MS }) });
  try {
    const [chainId, flock] = await Promise.all([
      client.getChainId(),
      client.readContract({ address: coordinator, abi: allianceCoordinatorAbi, functionName: 'token' }),
    ]);
    return { chainId, rpcUrl, coordinator, flock };
  } catch (cause) {
    throw new MurmurError('unreachable', `${rpcUrl} shows no Murmur coordinator at ${coordinator}`, {
      hint: 'Check --rpc and --coordinator.',
      cause,
    });
  }
}

/** Asks a local network's faucet for play money. @throws MurmurError refused, unreachable */
export async function askFaucet({ relayUrl, sender }: Connection, wallet: Hex): Promise<void> {
  const response = await sender.fetchAs('faucet request (wallet address)')(new URL('/faucet', relayUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ address: wallet }),
    signal: AbortSignal.timeout(4 * TIMEOUT_MS),
  });
  if (!response.ok) throw new MurmurError('refused', `the faucet answered with ${response.status}`);
}
