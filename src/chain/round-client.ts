/**
 * The rounds of the coordinator contract as session and relay see them: ChainPort over viem. Reads are of one block at a time, events are
 * checked against the contract's running hash, survivors against a second endpoint.
 */
import { encodeFunctionData, type PublicClient, TransactionReceiptNotFoundError } from 'viem';
import { allianceCoordinatorAbi as abi } from '../../contracts-abi/abi.ts';
import { type Bytes, concatBytes, type Hex, toHex } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { Phase, type RecordPhase } from '../protocol/phases.ts';
import type { ChainPort } from '../protocol/ports.ts';
import type { RecordDomain } from '../protocol/record.ts';
import {
  MAX_ANSWERS_IN_CALLDATA,
  type ChainHead,
  type Member,
  type Registration,
  type RoundView,
  type TaskView,
} from '../protocol/views.ts';
import { Connection, type ConnectionParts } from './connection.ts';
import { registrationOf, roundViewOf, taskViewOf } from './contract-views.ts';
import { type RecordPlace, type RoundEvents, RoundEventReader } from './round-events.ts';

const LOCAL_CHAIN = 31337;
/** Rounds whose events are kept. */
const MAX_READERS = 32;

export class RoundClient implements ChainPort {
  protected readonly connection: Connection;
  readonly #readers = new Map<string, RoundEventReader>();

  constructor(parts: ConnectionParts) {
    this.connection = new Connection(parts);
  }

  get domain(): RecordDomain {
    return this.connection.domain;
  }

  head(signal?: AbortSignal): Promise<ChainHead> {
    return this.connection.ask(signal, async () => {
      const block = await this.connection.client.getBlock();
      return { number: block.number, hash: block.hash, timestamp: Number(block.timestamp) };
    });
  }

  taskCount(signal?: AbortSignal): Promise<bigint> {
    return this.connection.ask(signal, () =>
      this.connection.client.readContract({ ...this.connection.coordinator, functionName: 'taskCount' }),
    );
  }

  task(task: bigint, signal?: AbortSignal): Promise<TaskView> {
    return this.connection.ask(signal, async () => {
      const view = await this.connection.client.readContract({
        ...this.connection.coordinator,
        functionName: 'getTask',
        args: [task],
      });
      return taskViewOf(task, view);
    });
  }

  round(task: bigint, round: number, signal?: AbortSignal): Promise<RoundView> {
    return this.connection.ask(signal, () => this.#round(this.connection.client, task, round));
  }

  roster(task: bigint, round: number, signal?: AbortSignal): Promise<readonly Member[]> {
    return this.connection.ask(signal, async () => {
      const members = await this.connection.client.readContract({
        ...this.connection.coordinator,
        functionName: 'getMembers',
        args: [task, round],
      });
      return members.map((member, index) => ({ ...registrationOf(member), index }));
    });
  }

  registration(task: bigint, registrationId: number, signal?: AbortSignal): Promise<Registration> {
    return this.connection.ask(signal, async () =>
      registrationOf(
        await this.connection.client.readContract({
          ...this.connection.coordinator,
          functionName: 'getRegistration',
          args: [task, registrationId],
        }),
      ),
    );
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
    return this.connection.ask(signal, async () => {
      try {
        const { blockNumber, status } = await this.connection.client.getTransactionReceipt({ hash: transaction });
        return { block: blockNumber, succeeded: status === 'success' };
      } catch (error) {
        if (error instanceof TransactionReceiptNotFoundError) return undefined;
        throw error;
      }
    });
  }

  survivors(task: bigint, round: number, signal?: AbortSignal): Promise<{ u2: bigint; u3: bigint; blockHash: Hex }> {
    return this.connection.ask(signal, async () => {
      const local = this.domain.chainId === LOCAL_CHAIN;
      const block = await this.connection.client.getBlock({ blockTag: local ? 'latest' : 'safe' });
      const view = await this.#round(this.connection.client, task, round, block.number);
      if (view.phase < Phase.Unmask) {
        throw new MurmurError('not-found', 'the survivors are not settled in a safe block yet');
      }
      if (!local) await this.#confirm(task, view, block.number, block.hash);
      return { u2: view.u2, u3: view.u3, blockHash: block.hash };
    });
  }

  async #confirm(task: bigint, view: RoundView, number: bigint, hash: Hex): Promise<void> {
    if (!this.connection.witness) {
      throw new MurmurError('refused', 'a second chain endpoint is needed before anything is unmasked', {
        hint: 'Configure an endpoint that is not the relay’s.',
      });
    }
    const [block, seen] = await Promise.all([
      this.connection.witness.getBlock({ blockNumber: number }),
      this.#round(this.connection.witness, task, view.round, number),
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
          abi,
          functionName: 'postUnmask',
          args: [task, round, 0, packed, answers.map(toHex)],
        })
      : encodeFunctionData({
          abi,
          functionName: 'postRecords',
          args: [task, round, 0, phase, packed],
        });
    return this.connection.write(data, signal);
  }

  open(task: bigint, signal?: AbortSignal): Promise<void> {
    return this.connection.write(encodeFunctionData({ abi, functionName: 'open', args: [task] }), signal);
  }

  postBeacon(task: bigint, round: number, signature: Bytes, signal?: AbortSignal): Promise<void> {
    const args = [task, round, toHex(signature)] as const;
    return this.connection.write(encodeFunctionData({ abi, functionName: 'postBeacon', args }), signal);
  }

  postSum(task: bigint, round: number, sumRoot: Hex, modelHash: Hex, signal?: AbortSignal): Promise<void> {
    const args = [task, round, sumRoot, modelHash] as const;
    return this.connection.write(encodeFunctionData({ abi, functionName: 'postSum', args }), signal);
  }

  sync(task: bigint, signal?: AbortSignal): Promise<void> {
    return this.connection.write(encodeFunctionData({ abi, functionName: 'sync', args: [task] }), signal);
  }

  async #round(client: PublicClient, task: bigint, round: number, blockNumber?: bigint): Promise<RoundView> {
    const at = blockNumber === undefined ? {} : { blockNumber };
    const view = await client.readContract({
      ...this.connection.coordinator,
      functionName: 'getRound',
      args: [task, round],
      ...at,
    });
    return roundViewOf(task, round, view);
  }

  /** Events and the running hash of the same block. */
  #events(task: bigint, round: number, signal: AbortSignal | undefined): Promise<RoundEvents> {
    return this.connection.ask(signal, async () => {
      const blockNumber = await this.connection.client.getBlockNumber({ cacheTime: 0 });
      const view = await this.connection.client.readContract({
        ...this.connection.coordinator,
        functionName: 'getRound',
        args: [task, round],
        blockNumber,
      });
      const key = `${task}/${round}`;
      const openedAtBlock = BigInt(view.progress.openedAtBlock);
      const known = this.#readers.get(key);
      const reader = known?.startsAt(openedAtBlock)
        ? known
        : new RoundEventReader(this.connection.client, this.domain.coordinator, task, round, openedAtBlock);
      this.#readers.set(key, reader);
      const [oldest] = this.#readers.keys();
      if (this.#readers.size > MAX_READERS && oldest !== undefined) this.#readers.delete(oldest);
      return reader.upTo(blockNumber, view.recordsHash, view.progress.n <= MAX_ANSWERS_IN_CALLDATA);
    });
  }
}
