/**
 * Records and unmask answers of a round from the contract's events, complete by proof: the contract keeps one running hash over
 * every accepted batch, `h' = keccak256(h ‖ keccak256(phase ‖ packed))`, and what an endpoint shows must add up to it.
 */
import { type Address, keccak256, type PublicClient } from 'viem';
import { allianceCoordinatorAbi } from '../../contracts-abi/abi.ts';
import { ByteReader, type Bytes, concatBytes, equalBytes, fromHex, type Hex, toHex } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { Phase } from '../protocol/phases.ts';

const ENTRY_BYTES = 34;

/** Where the batch with a record is in the chain. */
export interface RecordPlace {
  readonly block: bigint;
  readonly transaction: Hex;
}

export interface RoundEvents {
  /** digest by index and phase */
  readonly digests: ReadonlyMap<number, ReadonlyMap<number, Bytes>>;
  readonly answers: ReadonlyMap<number, Bytes>;
  /** place by index and phase, of every digest */
  readonly places: ReadonlyMap<number, ReadonlyMap<number, RecordPlace>>;
}

export class RoundEventReader {
  readonly #client: PublicClient;
  readonly #coordinator: Address;
  readonly #task: bigint;
  readonly #round: number;
  readonly #fromBlock: bigint;
  #nextBlock: bigint;
  #hash: Hex = toHex(new Uint8Array(32));
  #digests = new Map<number, Map<number, Bytes>>();
  #answers = new Map<number, Bytes>();
  #places = new Map<number, Map<number, RecordPlace>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: PublicClient, coordinator: Address, task: bigint, round: number, openedAtBlock: bigint) {
    this.#client = client;
    this.#coordinator = coordinator;
    this.#task = task;
    this.#round = round;
    this.#fromBlock = openedAtBlock;
    this.#nextBlock = openedAtBlock;
  }

  /** Whether a round that was opened in that block is the one that this reads; a reorganisation may have moved it. */
  startsAt(openedAtBlock: bigint): boolean {
    return this.#fromBlock === openedAtBlock;
  }

  /**
   * Events up to a block.
   * @param recordsHash the contract's running hash at that block
   * @param answered whether every unmask record must have its answer in an event
   * @throws MurmurError bad-hash when the endpoint's events do not add up to it
   */
  upTo(block: bigint, recordsHash: Hex, answered: boolean): Promise<RoundEvents> {
    // One reading after the other: two at once would both add what is new.
    const turn = this.#last.then(() => this.#upTo(block, recordsHash, answered));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #upTo(block: bigint, recordsHash: Hex, answered: boolean): Promise<RoundEvents> {
    if (this.#hash !== recordsHash && this.#nextBlock <= block) await this.#read(block);
    if (!(await this.#holds(recordsHash, answered))) {
      // A reorganisation may have taken events back: once more from the start.
      this.#nextBlock = this.#fromBlock;
      this.#hash = toHex(new Uint8Array(32));
      this.#digests = new Map();
      this.#answers = new Map();
      this.#places = new Map();
      await this.#read(block);
    }
    if (!(await this.#holds(recordsHash, answered))) {
      throw new MurmurError('bad-hash', 'the chain endpoint hides events of this round, or shows false ones', {
        hint: 'Use another endpoint.',
      });
    }
    // Copies: what a caller holds does not change under its hands.
    return { digests: copyOf(this.#digests), answers: new Map(this.#answers), places: copyOf(this.#places) };
  }

  /** Answers are not in the running hash themselves, but their digests are. */
  async #holds(recordsHash: Hex, answered: boolean): Promise<boolean> {
    if (this.#hash !== recordsHash) return false;
    const digests = this.#digests.get(Phase.Unmask) ?? new Map<number, Bytes>();
    for (const [index, digest] of answered ? digests : []) {
      const answer = this.#answers.get(index);
      if (!answer || !equalBytes(await sha256(answer), digest)) return false;
    }
    return [...this.#answers.keys()].every((index) => digests.has(index));
  }

  async #read(block: bigint): Promise<void> {
    const logs = await this.#client.getContractEvents({
      address: this.#coordinator,
      abi: allianceCoordinatorAbi,
      fromBlock: this.#nextBlock,
      toBlock: block,
      strict: true,
    });
    for (const log of logs) {
      if (log.eventName === 'Records' && log.args.task === this.#task && log.args.round === this.#round) {
        const place = { block: log.blockNumber, transaction: log.transactionHash };
        this.#add(log.args.phase, fromHex(log.args.packed), place);
      } else if (log.eventName === 'UnmaskAnswer' && log.args.task === this.#task && log.args.round === this.#round) {
        this.#answers.set(log.args.index, fromHex(log.args.answer));
      }
    }
    this.#nextBlock = block + 1n;
  }

  #add(phase: number, packed: Bytes, place: RecordPlace): void {
    const batch = keccak256(concatBytes(Uint8Array.of(phase), packed), 'bytes');
    this.#hash = keccak256(concatBytes(fromHex(this.#hash), batch));
    const reader = new ByteReader(packed);
    const digests = this.#digests.get(phase) ?? new Map<number, Bytes>();
    const places = this.#places.get(phase) ?? new Map<number, RecordPlace>();
    for (let left = packed.length; left >= ENTRY_BYTES; left -= ENTRY_BYTES) {
      const index = reader.u16();
      digests.set(index, reader.take(32));
      places.set(index, place);
    }
    reader.end();
    this.#digests.set(phase, digests);
    this.#places.set(phase, places);
  }
}

function copyOf<T>(byPhase: ReadonlyMap<number, ReadonlyMap<number, T>>): ReadonlyMap<number, ReadonlyMap<number, T>> {
  return new Map([...byPhase].map(([phase, entries]) => [phase, new Map(entries)]));
}
