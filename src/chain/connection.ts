/**
 * One account's way to the chain over viem: reads that end when they are cancelled, and transactions that are estimated, sent and
 * waited for. Failures are told as MurmurError (revert-words.ts); a write that came late or twice is no error unless one says so.
 */
import {
  type Account,
  BaseError,
  type Chain,
  createPublicClient,
  createWalletClient,
  getContractError,
  type PublicClient,
  type Transport,
  type WalletClient,
} from 'viem';
import { allianceCoordinatorAbi, flockAbi } from '../../contracts-abi/abi.ts';
import type { Hex } from '../core/bytes.ts';
import { cancelled, throwIfCancelled } from '../core/clock.ts';
import { MurmurError } from '../core/errors.ts';
import type { RecordDomain } from '../protocol/record.ts';
import { cameLate, chainError } from './revert-words.ts';

export interface ConnectionParts {
  readonly domain: RecordDomain;
  readonly transport: Transport;
  /** a second endpoint that must agree on the survivors; needed on every chain but 31337 */
  readonly witness?: Transport | undefined;
  /** sends transactions; without it the client only reads. Give it a nonce manager when it sends several at once. */
  readonly account?: Account | undefined;
  readonly pollingIntervalMs?: number | undefined;
  /** how long a transaction may take to be in a block */
  readonly receiptTimeoutMs?: number | undefined;
}

/** Errors of the coordinator, and those of the token that pass through it. */
const ERRORS = [...allianceCoordinatorAbi, ...flockAbi];

export class Connection {
  readonly domain: RecordDomain;
  readonly client: PublicClient;
  /** the second endpoint, where there is one */
  readonly witness: PublicClient | undefined;
  readonly #writer: WalletClient | undefined;
  readonly #account: Account | undefined;
  readonly #chain: Chain;
  readonly #receiptTimeoutMs: number;

  constructor(parts: ConnectionParts) {
    this.domain = parts.domain;
    const { transport, witness, account } = parts;
    this.#chain = {
      id: parts.domain.chainId,
      name: `chain ${parts.domain.chainId}`,
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [] } },
    };
    const common = { chain: this.#chain, pollingInterval: parts.pollingIntervalMs ?? 250, cacheTime: 0 };
    this.client = createPublicClient({ ...common, transport });
    this.witness = witness && createPublicClient({ ...common, transport: witness });
    this.#account = account;
    this.#writer = account && createWalletClient({ ...common, account, transport });
    this.#receiptTimeoutMs = parts.receiptTimeoutMs ?? 60_000;
  }

  /** The coordinator, as viem wants to know it. */
  get coordinator() {
    return { address: this.domain.coordinator, abi: allianceCoordinatorAbi } as const;
  }

  /** @throws MurmurError unsupported when there is no account */
  sender(): Account {
    if (!this.#account) throw new MurmurError('unsupported', 'this client has no account to send from');
    return this.#account;
  }

  /** Runs a read. @throws MurmurError cancelled, also when the answer came but nobody waits for it any more */
  async ask<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    throwIfCancelled(signal);
    try {
      const result = await call();
      if (signal?.aborted) throw cancelled();
      return result;
    } catch (error) {
      throw chainError(error);
    }
  }

  /**
   * Sends a transaction and waits until it is in a block.
   * @param to the coordinator when absent
   * @param lateIsFine whether the contract's word that somebody was faster is success
   */
  async write(
    data: Hex,
    signal: AbortSignal | undefined,
    { to = this.domain.coordinator, lateIsFine = true }: { to?: Hex; lateIsFine?: boolean } = {},
  ): Promise<void> {
    throwIfCancelled(signal);
    const account = this.sender();
    try {
      // What the estimate saw may grow until the block: a deadline in between makes the contract do more.
      const gas = ((await this.#estimate(account, to, data)) * 3n) / 2n + 100_000n;
      const hash = await (this.#writer as WalletClient).sendTransaction({ account, chain: this.#chain, to, data, gas });
      const receipt = await this.client.waitForTransactionReceipt({ hash, timeout: this.#receiptTimeoutMs });
      if (receipt.status === 'success') return;
      // Another transaction came first; asked again, the contract says what that means.
      await this.#estimate(account, to, data);
      throw new MurmurError('conflict', 'the transaction was overtaken by another');
    } catch (error) {
      if (!lateIsFine || !cameLate(error)) throw chainError(error);
    }
  }

  async #estimate(account: Account, to: Hex, data: Hex): Promise<bigint> {
    try {
      return await this.client.estimateGas({ account, to, data });
    } catch (error) {
      if (!(error instanceof BaseError)) throw error;
      throw getContractError(error, { abi: ERRORS, address: to, args: [], functionName: 'estimateGas' });
    }
  }
}
