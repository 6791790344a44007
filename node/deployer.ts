/**
 * One account that puts contracts on a chain through the deterministic-deployment proxy. What is there already is kept, so a second
 * run, or a run that continues one that broke off, changes nothing.
 */
import {
  type Account,
  type Address,
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
import { DEPLOYMENT_PROXY, SALT } from '../contracts-abi/addresses.ts';
import { MurmurError } from '../src/core/errors.ts';

export interface DeployerOptions {
  /** an endpoint, or a transport that reaches one */
  readonly rpcUrl?: string;
  readonly transport?: Transport;
  /** pays the gas */
  readonly account: Account;
  /** how often the endpoint is asked for a receipt; viem's default suits a public chain */
  readonly pollingIntervalMs?: number;
}

export class Deployer {
  readonly reader: PublicClient;
  readonly address: Address;
  readonly #writer: WalletClient;
  readonly #account: Account;
  readonly #chain: Chain;

  private constructor(reader: PublicClient, writer: WalletClient, account: Account, chain: Chain) {
    this.reader = reader;
    this.address = account.address;
    this.#writer = writer;
    this.#account = account;
    this.#chain = chain;
  }

  /** @throws MurmurError unsupported when the chain lacks the deployment proxy, unreachable when no endpoint answers */
  static async connect(options: DeployerOptions): Promise<Deployer> {
    const { account, rpcUrl } = options;
    const transport = options.transport ?? (rpcUrl === undefined ? undefined : http(rpcUrl));
    if (transport === undefined) throw new MurmurError('bad-input', 'a deployment needs an rpcUrl or a transport');
    const polling = options.pollingIntervalMs === undefined ? {} : { pollingInterval: options.pollingIntervalMs };
    const reader = createPublicClient({ transport, ...polling });
    const chain = await chainOf(reader);
    const writer = createWalletClient({ account, chain, transport, ...polling });
    const deployer = new Deployer(reader, writer, account, chain);
    if (!(await deployer.hasCode(DEPLOYMENT_PROXY))) {
      throw new MurmurError(
        'unsupported',
        `chain ${chain.id} has no deterministic-deployment proxy at ${DEPLOYMENT_PROXY}`,
      );
    }
    return deployer;
  }

  async hasCode(address: Address): Promise<boolean> {
    const code = await this.reader.getCode({ address });
    return code !== undefined && code !== '0x';
  }

  /**
   * Deploys the code unless it is there.
   * @param code creation code with constructor arguments
   * @param address where the proxy will put it
   * @throws MurmurError internal when it leaves no code behind
   */
  async put(name: string, address: Address, code: Hex): Promise<void> {
    if (await this.hasCode(address)) return;
    await this.send(DEPLOYMENT_PROXY, concat([SALT, code]));
    if (await this.hasCode(address)) return;
    throw new MurmurError('internal', `the deployment of ${name} left no code at ${address}`);
  }

  /** Sends one transaction and waits until it has happened. @throws MurmurError internal when it was reverted */
  async send(to: Address, data: Hex): Promise<void> {
    const hash = await this.#writer.sendTransaction({ account: this.#account, chain: this.#chain, to, data });
    const receipt = await this.reader.waitForTransactionReceipt({ hash });
    if (receipt.status !== 'success') throw new MurmurError('internal', `transaction ${hash} was reverted`);
  }
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
