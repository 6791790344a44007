/**
 * The real contracts on anvil with time in the test's hands: nothing is mined, and no second passes, unless the test says so.
 * Anvil signs for every address, so that a transaction costs a test two short requests and no signature.
 */
import {
  decodeErrorResult,
  encodeFunctionData,
  type ContractFunctionArgs,
  type ContractFunctionName,
  type EIP1193RequestFn,
  http,
  type LocalAccount,
  type Log,
  type Transport,
} from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { allianceCoordinatorAbi, beaconBn254Abi, flockAbi } from '../../contracts-abi/abi.ts';
import type { Addresses, DeployParameters } from '../../contracts-abi/addresses.ts';
import { type Anvil, ANVIL_KEY, startAnvil } from '../../node/anvil.ts';
import { deploy } from '../../node/deploy.ts';
import { beaconPublicKey, signBeaconRound } from '../../node/local-beacon.ts';
import { AllianceClient } from '../../src/chain/alliance-client.ts';
import { type Bytes, type Hex, toHex, uintBytes } from '../../src/core/bytes.ts';
import type { RecordDomain } from '../../src/protocol/record.ts';

/** Anybody's transactions, and the poster whose deposit covers every bond. */
export const DEPLOYER = privateKeyToAccount(ANVIL_KEY);
export const TREASURY: Hex = `0x${'7e'.repeat(20)}`;
export const BEACON = { secret: uintBytes(12_345n, 32), genesis: 1_700_000_000, periodSeconds: 3, delaySeconds: 5 };
const WEALTH = 10n ** 24n;
/** of the deployer in the coordinator */
const DEPOSIT = WEALTH / 2n;
const GAS = '0x989680';

/** Wallets whose keys follow from a number; each has FLOCK from genesis and lets the coordinator take it. */
export function walletNumber(number: number): LocalAccount {
  return privateKeyToAccount(toHex(walletKey(number)));
}

export function walletKey(number: number): Bytes {
  return uintBytes(1_000_000 + number, 32);
}

export interface Sent {
  readonly reverted: boolean;
  readonly hash: Hex;
  readonly logs: readonly Log[];
}

type Abi = typeof allianceCoordinatorAbi;
type Name = ContractFunctionName<Abi, 'nonpayable'>;

export class TestChain {
  readonly domain: RecordDomain;
  readonly addresses: Addresses;
  readonly transport: Transport;
  /** reads, and sends from {@link DEPLOYER} */
  readonly client: AllianceClient;
  readonly #anvil: Anvil;
  readonly #request: EIP1193RequestFn;

  private constructor(anvil: Anvil, addresses: Addresses, chainId: number) {
    this.#anvil = anvil;
    this.addresses = addresses;
    this.domain = { chainId, coordinator: addresses.coordinator.toLowerCase() as Hex };
    this.transport = http(anvil.rpcUrl, { retryCount: 0 });
    this.#request = this.transport({}).request;
    this.client = this.clientOf(DEPLOYER);
  }

  /**
   * @param wallets how many wallets have money
   * @param args further arguments of anvil
   */
  static async start(wallets: number, chainId = 31337, args: readonly string[] = []): Promise<TestChain> {
    const free = ['--base-fee', '0', '--gas-price', '0', '--auto-impersonate'];
    const anvil = await startAnvil(['--chain-id', `${chainId}`, ...free, ...args]);
    try {
      const addresses = await deploy({
        rpcUrl: anvil.rpcUrl,
        account: DEPLOYER,
        parameters: parametersFor(wallets),
        pollingIntervalMs: 20,
      });
      const chain = new TestChain(anvil, addresses, chainId);
      const data = encodeFunctionData({
        abi: flockAbi,
        functionName: 'approve',
        args: [addresses.coordinator, 2n ** 255n],
      });
      const rich = [DEPLOYER, ...Array.from({ length: wallets }, (_, number) => walletNumber(number))];
      for (const { address } of rich) await chain.#sendData(address, addresses.flock, data);
      await chain.send(DEPLOYER.address, 'deposit', [DEPOSIT]);
      return chain;
    } catch (error) {
      await anvil.stop();
      throw error;
    }
  }

  get rpcUrl(): string {
    return this.#anvil.rpcUrl;
  }

  clientOf(account: LocalAccount, transport = this.transport): AllianceClient {
    return new AllianceClient({ domain: this.domain, transport, account, pollingIntervalMs: 20 });
  }

  /** A call of anvil or of any chain; the answer is the caller's to know. */
  rpc<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    return this.#request({ method, params } as never) as Promise<T>;
  }

  /** Unix seconds of the newest block. */
  async now(): Promise<number> {
    return (await this.client.head()).timestamp;
  }

  /** An empty block at that second. */
  async mineAt(seconds: number): Promise<void> {
    await this.rpc('evm_mine', [seconds]);
  }

  /** The next block's second, for a transaction that the test does not send itself. */
  async nextBlockAt(seconds: number): Promise<void> {
    await this.rpc('evm_setNextBlockTimestamp', [seconds]);
  }

  /** A call of the coordinator in a block of its own, at that second. */
  send<N extends Name>(
    from: Hex,
    functionName: N,
    args: ContractFunctionArgs<Abi, 'nonpayable', N>,
    atSeconds?: number,
  ): Promise<Sent> {
    const data = encodeFunctionData<Abi, Name>({ abi: allianceCoordinatorAbi, functionName, args: args as never });
    return this.#sendData(from, this.addresses.coordinator, data, atSeconds);
  }

  async #sendData(from: Hex, to: Hex, data: Hex, atSeconds?: number): Promise<Sent> {
    if (atSeconds !== undefined) await this.nextBlockAt(atSeconds);
    const call = { from, to, data, gas: GAS, gasPrice: '0x0' };
    const receipt = await this.rpc<{ status: Hex; transactionHash: Hex; logs: Log[] }>('eth_sendTransactionSync', [
      call,
    ]);
    return { reverted: receipt.status !== '0x1', hash: receipt.transactionHash, logs: receipt.logs };
  }

  /** Name of the custom error that a transaction was reverted with. */
  async revertName(hash: Hex): Promise<string> {
    const trace = await this.rpc<{ output?: Hex }>('debug_traceTransaction', [hash, { tracer: 'callTracer' }]);
    const abi = [...allianceCoordinatorAbi, ...beaconBn254Abi, ...flockAbi];
    return decodeErrorResult({ abi, data: trace.output ?? '0x' }).errorName;
  }

  stop(): Promise<void> {
    return this.#anvil.stop();
  }
}

function parametersFor(wallets: number): DeployParameters {
  const grants = Array.from({ length: wallets }, (_, number) => walletNumber(number).address);
  return {
    beacon: {
      publicKey: beaconPublicKey(BEACON.secret),
      genesis: BigInt(BEACON.genesis),
      periodSeconds: BEACON.periodSeconds,
      delaySeconds: BEACON.delaySeconds,
    },
    genesis: [DEPLOYER.address, ...grants].map((to) => ({ to, amount: WEALTH })),
    treasury: TREASURY,
  };
}

export const beaconSignature = (round: bigint): Bytes => signBeaconRound(BEACON.secret, round);
