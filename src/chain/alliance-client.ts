/**
 * The coordinator contract as the session and the relay see it: ChainPort over viem. Reads are of one block at a time, events are
 * checked against the contract's running hash, writes that came late or twice are no errors, everything has a deadline.
 */
import {
  type Account,
  BaseError,
  type Chain,
  createPublicClient,
  createWalletClient,
  encodeFunctionData,
  getContractError,
  type PublicClient,
  TransactionReceiptNotFoundError,
  type Transport,
  type WalletClient,
} from 'viem';
import { allianceCoordinatorAbi, beaconBn254Abi, flockAbi } from '../../contracts-abi/abi.ts';
import { type Bytes, concatBytes, fromHex, type Hex, toHex } from '../core/bytes.ts';
import { cancelled, throwIfCancelled } from '../core/clock.ts';
import { MurmurError } from '../core/errors.ts';
import { Phase, type RecordPhase, type VoidReason } from '../protocol/phases.ts';
import type { ChainPort } from '../protocol/ports.ts';
import type { RecordDomain } from '../protocol/record.ts';
import {
  MAX_ANSWERS_IN_CALLDATA,
  type ChainHead,
  type Member,
  type Registration,
  type RoundView,
  type TaskParameters,
  type TaskStatus,
  type TaskView,
} from '../protocol/views.ts';
import { approveData, createTaskData, registerData, revokeData } from './calldata.ts';
import type { RegistrationRequest } from './keys.ts';
import { type RecordPlace, type RoundEvents, RoundEventReader } from './round-events.ts';
import { cameLate, chainError } from './revert-words.ts';

export interface AllianceClientParts {
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

const LOCAL_CHAIN = 31337;
/** Rounds whose events are kept. */
const MAX_READERS = 32;

export class AllianceClient implements ChainPort {
  readonly domain: RecordDomain;
  readonly #client: PublicClient;
  readonly #witness: PublicClient | undefined;
  readonly #writer: WalletClient | undefined;
  readonly #account: Account | undefined;
  readonly #chain: Chain;
  readonly #receiptTimeoutMs: number;
  readonly #readers = new Map<string, RoundEventReader>();

  constructor(parts: AllianceClientParts) {
    this.domain = parts.domain;
    const { transport, witness, account } = parts;
    this.#chain = {
      id: parts.domain.chainId,
      name: `chain ${parts.domain.chainId}`,
      nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
      rpcUrls: { default: { http: [] } },
    };
    const common = { chain: this.#chain, pollingInterval: parts.pollingIntervalMs ?? 250, cacheTime: 0 };
    this.#client = createPublicClient({ ...common, transport });
    this.#witness = witness && createPublicClient({ ...common, transport: witness });
    this.#account = account;
    this.#writer = account && createWalletClient({ ...common, account, transport });
    this.#receiptTimeoutMs = parts.receiptTimeoutMs ?? 60_000;
  }

  head(signal?: AbortSignal): Promise<ChainHead> {
    return this.#ask(signal, async () => {
      const block = await this.#client.getBlock();
      return { number: block.number, hash: block.hash, timestamp: Number(block.timestamp) };
    });
  }

  taskCount(signal?: AbortSignal): Promise<bigint> {
    return this.#ask(signal, () => this.#client.readContract({ ...this.#contract, functionName: 'taskCount' }));
  }

  task(task: bigint, signal?: AbortSignal): Promise<TaskView> {
    return this.#ask(signal, async () => {
      const view = await this.#client.readContract({ ...this.#contract, functionName: 'getTask', args: [task] });
      return {
        task,
        creator: lower(view.creator),
        specHash: view.specHash,
        parameters: view.parameters,
        status: STATUS[view.status] as TaskStatus,
        step: view.step,
        round: view.rounds,
        modelHash: view.modelHash,
        poolLeft: view.poolLeft,
        registrations: view.registrations,
        consecutiveVoids: view.voids,
        createdAtBlock: BigInt(view.createdAtBlock),
      };
    });
  }

  round(task: bigint, round: number, signal?: AbortSignal): Promise<RoundView> {
    return this.#ask(signal, () => this.#round(this.#client, task, round));
  }

  roster(task: bigint, round: number, signal?: AbortSignal): Promise<readonly Member[]> {
    return this.#ask(signal, async () => {
      const members = await this.#client.readContract({
        ...this.#contract,
        functionName: 'getMembers',
        args: [task, round],
      });
      return members.map((member, index) => ({ ...registrationOf(member), index }));
    });
  }

  registration(task: bigint, registrationId: number, signal?: AbortSignal): Promise<Registration> {
    return this.#ask(signal, async () =>
      registrationOf(
        await this.#client.readContract({
          ...this.#contract,
          functionName: 'getRegistration',
          args: [task, registrationId],
        }),
      ),
    );
  }

  /** The registration id with which a wallet may join next; undefined when it has none. */
  async activeRegistration(task: bigint, wallet: Hex, signal?: AbortSignal): Promise<number | undefined> {
    const { active, id } = await this.latestRegistration(task, wallet, signal);
    return active ? id : undefined;
  }

  /** The last registration of a wallet, and whether the contract still accepts it; id 0 and not active when it never had one. */
  latestRegistration(task: bigint, wallet: Hex, signal?: AbortSignal): Promise<{ active: boolean; id: number }> {
    return this.#ask(signal, async () => {
      const [active, id] = await this.#client.readContract({
        ...this.#contract,
        functionName: 'activeRegistration',
        args: [task, wallet],
      });
      return { active, id };
    });
  }

  async digests(
    task: bigint,
    round: number,
    phase: RecordPhase,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<number, Bytes>> {
    return (await this.#events(task, round, signal)).digests.get(phase) ?? new Map();
  }

  async answers(task: bigint, round: number, signal?: AbortSignal): Promise<ReadonlyMap<number, Bytes>> {
    return (await this.#events(task, round, signal)).answers;
  }

  /** Where an accepted record is in the chain, with its digest; undefined while there is none. Checked like {@link digests}. */
  async recordPlace(
    task: bigint,
    round: number,
    phase: RecordPhase,
    index: number,
    signal?: AbortSignal,
  ): Promise<(RecordPlace & { readonly digest: Bytes }) | undefined> {
    const { digests, places } = await this.#events(task, round, signal);
    const digest = digests.get(phase)?.get(index);
    const place = places.get(phase)?.get(index);
    return digest && place && { ...place, digest };
  }

  /** The block that a transaction is in, and whether it did what it was for; undefined while it is in none. */
  transactionPlace(
    transaction: Hex,
    signal?: AbortSignal,
  ): Promise<{ readonly block: bigint; readonly succeeded: boolean } | undefined> {
    return this.#ask(signal, async () => {
      try {
        const { blockNumber, status } = await this.#client.getTransactionReceipt({ hash: transaction });
        return { block: blockNumber, succeeded: status === 'success' };
      } catch (error) {
        if (error instanceof TransactionReceiptNotFoundError) return undefined;
        throw error;
      }
    });
  }

  survivors(task: bigint, round: number, signal?: AbortSignal): Promise<{ u2: bigint; u3: bigint; blockHash: Hex }> {
    return this.#ask(signal, async () => {
      const local = this.domain.chainId === LOCAL_CHAIN;
      const block = await this.#client.getBlock({ blockTag: local ? 'latest' : 'safe' });
      const view = await this.#round(this.#client, task, round, block.number);
      if (view.phase < Phase.Unmask) {
        throw new MurmurError('not-found', 'the survivors are not settled in a safe block yet');
      }
      if (!local) await this.#confirm(task, view, block.number, block.hash);
      return { u2: view.u2, u3: view.u3, blockHash: block.hash };
    });
  }

  async #confirm(task: bigint, view: RoundView, number: bigint, hash: Hex): Promise<void> {
    if (!this.#witness) {
      throw new MurmurError('refused', 'a second chain endpoint is needed before anything is unmasked', {
        hint: 'Configure an endpoint that is not the relay’s.',
      });
    }
    const [block, seen] = await Promise.all([
      this.#witness.getBlock({ blockNumber: number }),
      this.#round(this.#witness, task, view.round, number),
    ]);
    if (block.hash !== hash || seen.u2 !== view.u2 || seen.u3 !== view.u3) {
      throw new MurmurError('refused', 'two chain endpoints show different survivors, so nothing is unmasked');
    }
  }

  postRecords(
    task: bigint,
    round: number,
    phase: RecordPhase,
    records: readonly Bytes[],
    answers?: readonly Bytes[],
    signal?: AbortSignal,
  ): Promise<void> {
    const packed = toHex(concatBytes(...records));
    const data = answers
      ? encodeFunctionData({
          abi: allianceCoordinatorAbi,
          functionName: 'postUnmask',
          args: [task, round, 0, packed, answers.map(toHex)],
        })
      : encodeFunctionData({
          abi: allianceCoordinatorAbi,
          functionName: 'postRecords',
          args: [task, round, 0, phase, packed],
        });
    return this.#write(data, signal);
  }

  open(task: bigint, signal?: AbortSignal): Promise<void> {
    return this.#write(encodeFunctionData({ abi: allianceCoordinatorAbi, functionName: 'open', args: [task] }), signal);
  }

  postBeacon(task: bigint, round: number, signature: Bytes, signal?: AbortSignal): Promise<void> {
    const args = [task, round, toHex(signature)] as const;
    return this.#write(encodeFunctionData({ abi: allianceCoordinatorAbi, functionName: 'postBeacon', args }), signal);
  }

  postSum(task: bigint, round: number, sumRoot: Hex, modelHash: Hex, signal?: AbortSignal): Promise<void> {
    const args = [task, round, sumRoot, modelHash] as const;
    return this.#write(encodeFunctionData({ abi: allianceCoordinatorAbi, functionName: 'postSum', args }), signal);
  }

  sync(task: bigint, signal?: AbortSignal): Promise<void> {
    return this.#write(encodeFunctionData({ abi: allianceCoordinatorAbi, functionName: 'sync', args: [task] }), signal);
  }

  // ---- what people do outside rounds

  /** The new task's id. Its pool must have been approved. */
  async createTask(parameters: TaskParameters, specHash: Hex, signal?: AbortSignal): Promise<bigint> {
    const before = await this.taskCount(signal);
    await this.#write(createTaskData(parameters, specHash), signal);
    const task = await this.findTask(specHash, [this.#sender()], before, signal);
    if (task === undefined) throw new MurmurError('not-found', 'the new task is not on chain');
    return task;
  }

  /**
   * The newest task with this spec that one of the wallets created.
   * @param after only tasks with a larger id
   */
  async findTask(
    specHash: Hex,
    creators: readonly Hex[],
    after: bigint,
    signal?: AbortSignal,
  ): Promise<bigint | undefined> {
    const wallets = creators.map(lower);
    for (let task = await this.taskCount(signal); task > after; task--) {
      const view = await this.task(task, signal);
      if (view.specHash === specHash && wallets.includes(view.creator)) return task;
    }
    return undefined;
  }

  /** Seconds that the chain's beacon keeps from a decision, and between two of its rounds. */
  beaconTimes(beacon: Hex, signal?: AbortSignal): Promise<{ delaySeconds: number; periodSeconds: number }> {
    return this.#ask(signal, async () => {
      const contract = { address: beacon, abi: beaconBn254Abi } as const;
      const [delaySeconds, periodSeconds] = await Promise.all([
        this.#client.readContract({ ...contract, functionName: 'delaySeconds' }),
        this.#client.readContract({ ...contract, functionName: 'periodSeconds' }),
      ]);
      return { delaySeconds, periodSeconds };
    });
  }

  allow(task: bigint, wallets: readonly Hex[], signal?: AbortSignal): Promise<void> {
    return this.#write(
      encodeFunctionData({ abi: allianceCoordinatorAbi, functionName: 'allow', args: [task, wallets] }),
      signal,
    );
  }

  /** The nonce that a wallet's next registration must carry. */
  registrationNonce(wallet: Hex, signal?: AbortSignal): Promise<bigint> {
    return this.#ask(signal, () =>
      this.#client.readContract({ ...this.#contract, functionName: 'nonces', args: [wallet] }),
    );
  }

  /** Registers; the stake must have been approved by the wallet. Returns the registration id. */
  async register(request: RegistrationRequest, signature: Hex, signal?: AbortSignal): Promise<number> {
    // Too late is an error here: the wallet may have an older registration, which is not this one.
    await this.#write(registerData(request, signature), signal, { lateIsFine: false });
    const id = await this.activeRegistration(request.task, request.wallet, signal);
    if (id === undefined) throw new MurmurError('not-found', 'the registration is not on chain');
    return id;
  }

  claimable(task: bigint, round: number, index: number, signal?: AbortSignal): Promise<bigint> {
    return this.#ask(signal, () =>
      this.#client.readContract({ ...this.#contract, functionName: 'claimable', args: [task, round, index] }),
    );
  }

  claim(task: bigint, round: number, index: number, signal?: AbortSignal): Promise<void> {
    return this.#write(
      encodeFunctionData({ abi: allianceCoordinatorAbi, functionName: 'claim', args: [task, round, index] }),
      signal,
    );
  }

  /** Ends the authorisation of the sender's session key; what it said in earlier rounds stays. */
  revoke(task: bigint, signal?: AbortSignal): Promise<void> {
    // Too late is an error here as well: only the contract's own word makes a revocation true.
    return this.#write(revokeData(task), signal, { lateIsFine: false });
  }

  withdraw(task: bigint, signal?: AbortSignal): Promise<void> {
    return this.#write(
      encodeFunctionData({ abi: allianceCoordinatorAbi, functionName: 'withdraw', args: [task] }),
      signal,
    );
  }

  refund(task: bigint, signal?: AbortSignal): Promise<void> {
    return this.#write(
      encodeFunctionData({ abi: allianceCoordinatorAbi, functionName: 'refund', args: [task] }),
      signal,
    );
  }

  deposit(amount: bigint, signal?: AbortSignal): Promise<void> {
    return this.#write(
      encodeFunctionData({ abi: allianceCoordinatorAbi, functionName: 'deposit', args: [amount] }),
      signal,
    );
  }

  /** Lets the coordinator take FLOCK from the sender. */
  approve(flock: Hex, amount: bigint, signal?: AbortSignal): Promise<void> {
    return this.#write(approveData(this.domain, amount), signal, { to: flock });
  }

  /** FLOCK in wei. */
  balance(flock: Hex, owner: Hex, signal?: AbortSignal): Promise<bigint> {
    return this.#ask(signal, () =>
      this.#client.readContract({ address: flock, abi: flockAbi, functionName: 'balanceOf', args: [owner] }),
    );
  }

  get #contract() {
    return { address: this.domain.coordinator, abi: allianceCoordinatorAbi } as const;
  }

  #sender(): Hex {
    if (!this.#account) throw new MurmurError('unsupported', 'this client has no account to send from');
    return lower(this.#account.address);
  }

  async #round(client: PublicClient, task: bigint, round: number, blockNumber?: bigint): Promise<RoundView> {
    const at = blockNumber === undefined ? {} : { blockNumber };
    const view = await client.readContract({ ...this.#contract, functionName: 'getRound', args: [task, round], ...at });
    const { progress } = view;
    return {
      task,
      round,
      step: progress.step,
      phase: progress.phase as Phase,
      phaseEndsAt: progress.endsAt,
      joinEndsAt: progress.joinEndsAt,
      openedAtBlock: BigInt(progress.openedAtBlock),
      beaconRound: BigInt(progress.beaconRound),
      beacon: view.beacon,
      baseModel: view.baseModel,
      n: progress.n,
      corrupt: view.c,
      threshold: view.t,
      rosterHash: view.rosterHash,
      dealt: progress.dealt,
      acked: progress.acked,
      u2: progress.u2,
      masked: progress.masked,
      attested: progress.attested,
      u3: progress.u3,
      answered: progress.answered,
      voted: progress.voted,
      sumRoot: view.sumRoot,
      modelHash: view.modelHash,
      accepted: progress.accepted,
      voidReason: progress.voidReason as VoidReason | 0,
    };
  }

  /** Events and the running hash of the same block. */
  #events(task: bigint, round: number, signal: AbortSignal | undefined): Promise<RoundEvents> {
    return this.#ask(signal, async () => {
      const blockNumber = await this.#client.getBlockNumber({ cacheTime: 0 });
      const view = await this.#client.readContract({
        ...this.#contract,
        functionName: 'getRound',
        args: [task, round],
        blockNumber,
      });
      const key = `${task}/${round}`;
      const openedAtBlock = BigInt(view.progress.openedAtBlock);
      const known = this.#readers.get(key);
      const reader = known?.startsAt(openedAtBlock)
        ? known
        : new RoundEventReader(this.#client, this.domain.coordinator, task, round, openedAtBlock);
      this.#readers.set(key, reader);
      const [oldest] = this.#readers.keys();
      if (this.#readers.size > MAX_READERS && oldest !== undefined) this.#readers.delete(oldest);
      return reader.upTo(blockNumber, view.recordsHash, view.progress.n <= MAX_ANSWERS_IN_CALLDATA);
    });
  }

  async #ask<T>(signal: AbortSignal | undefined, call: () => Promise<T>): Promise<T> {
    throwIfCancelled(signal);
    try {
      const result = await call();
      if (signal?.aborted) throw cancelled();
      return result;
    } catch (error) {
      throw chainError(error);
    }
  }

  /** Sends a transaction and waits until it is in a block. */
  async #write(
    data: Hex,
    signal: AbortSignal | undefined,
    { to = this.domain.coordinator, lateIsFine = true }: { to?: Hex; lateIsFine?: boolean } = {},
  ): Promise<void> {
    throwIfCancelled(signal);
    const account = this.#account;
    if (!this.#writer || !account) throw new MurmurError('unsupported', 'this client has no account to send from');
    try {
      // What the estimate saw may grow until the block: a deadline in between makes the contract do more.
      const gas = ((await this.#estimate(account, to, data)) * 3n) / 2n + 100_000n;
      const hash = await this.#writer.sendTransaction({ account, chain: this.#chain, to, data, gas });
      const receipt = await this.#client.waitForTransactionReceipt({ hash, timeout: this.#receiptTimeoutMs });
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
      return await this.#client.estimateGas({ account, to, data });
    } catch (error) {
      if (!(error instanceof BaseError)) throw error;
      throw getContractError(error, { abi: ERRORS, address: to, args: [], functionName: 'estimateGas' });
    }
  }
}

/** Errors of the coordinator, and those of the token that pass through it. */
const ERRORS = [...allianceCoordinatorAbi, ...flockAbi];

const STATUS: readonly (TaskStatus | undefined)[] = [undefined, 'running', 'finished', 'failed'];

function lower(address: string): Hex {
  return address.toLowerCase() as Hex;
}

function registrationOf(member: {
  id: number;
  wallet: Hex;
  sessionKey: Hex;
  channelKey: Hex;
  stake: bigint;
}): Registration {
  return {
    registrationId: member.id,
    wallet: lower(member.wallet),
    sessionKey: lower(member.sessionKey),
    channelKey: fromHex(member.channelKey, 32),
    stake: member.stake,
  };
}
