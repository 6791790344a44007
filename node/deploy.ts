/**
 * Puts the contracts on a chain: token, beacon verifier, coordinator, through the deterministic-deployment proxy. What is there
 * already is kept, so a second run, or a run that continues one that broke off, changes nothing and gives the same addresses.
 */
import {
  type Account,
  type Chain,
  concat,
  createPublicClient,
  createWalletClient,
  type Hex,
  http,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem';
import {
  type Addresses,
  addressesFor,
  creationCode,
  DEPLOYMENT_PROXY,
  type DeployParameters,
  SALT,
} from '../contracts-abi/addresses.ts';
import { MurmurError } from '../src/core/errors.ts';

export interface DeployOptions {
  /** an endpoint, or a transport that reaches one */
  readonly rpcUrl?: string;
  readonly transport?: Transport;
  /** pays the gas; nothing of the deployment belongs to it */
  readonly account: Account;
  readonly parameters: DeployParameters;
  /** how often the endpoint is asked for a receipt; viem's default suits a public chain */
  readonly pollingIntervalMs?: number;
}

/**
 * @returns where the contracts are
 * @throws MurmurError unsupported when the chain lacks the deployment proxy, unreachable when no endpoint answers,
 * internal when a deployment leaves no code behind
 */
export async function deploy(options: DeployOptions): Promise<Addresses> {
  const transport = options.transport ?? (options.rpcUrl === undefined ? undefined : http(options.rpcUrl));
  if (transport === undefined) throw new MurmurError('bad-input', 'deploy needs an rpcUrl or a transport');
  const polling = options.pollingIntervalMs === undefined ? {} : { pollingInterval: options.pollingIntervalMs };
  const reader = createPublicClient({ transport, ...polling });
  const chain = await chainOf(reader);
  const writer = createWalletClient({ account: options.account, chain, transport, ...polling });
  if (!(await hasCode(reader, DEPLOYMENT_PROXY))) {
    throw new MurmurError(
      'unsupported',
      `chain ${chain.id} has no deterministic-deployment proxy at ${DEPLOYMENT_PROXY}`,
    );
  }
  const addresses = addressesFor(options.parameters);
  const code = creationCode(options.parameters);
  for (const name of ['flock', 'beacon', 'coordinator'] as const) {
    if (!(await hasCode(reader, addresses[name]))) await create(reader, writer, chain, code[name]);
    if (!(await hasCode(reader, addresses[name]))) {
      throw new MurmurError('internal', `the deployment of ${name} left no code at ${addresses[name]}`);
    }
  }
  return addresses;
}

async function chainOf(reader: PublicClient): Promise<Chain> {
  let id: number;
  try {
    id = await reader.getChainId();
  } catch (cause) {
    throw new MurmurError('unreachable', 'the chain does not answer', { cause, hint: 'Is the endpoint right and up?' });
  }
  return {
    id,
    name: `chain ${id}`,
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: [] } },
  };
}

async function hasCode(reader: PublicClient, address: Hex): Promise<boolean> {
  const code = await reader.getCode({ address });
  return code !== undefined && code !== '0x';
}

async function create(reader: PublicClient, writer: WalletClient, chain: Chain, code: Hex): Promise<void> {
  const account = writer.account as Account;
  const hash = await writer.sendTransaction({ account, chain, to: DEPLOYMENT_PROXY, data: concat([SALT, code]) });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success') throw new MurmurError('internal', `deployment ${hash} was reverted`);
}
