/**
 * The relay without its wire: carries bytes, keeps the log of every task, batches records to the chain, opens rounds, sums up.
 * Trusted for nothing but liveness. Runs unchanged in the deterministic simulation: time, storage, chain, signatures, beacon and the
 * summing come as arguments, and every wait has a deadline on that clock.
 *
 * It implements RelayPort, so a session can be handed a RelayCore directly, or a RelayClient that speaks to one over HTTP.
 */
import { type Bytes, type Hex, toHex } from '../../src/core/bytes.ts';
import type { Clock } from '../../src/core/clock.ts';
import { hasCode, MurmurError } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import { MAX_MESSAGE_BYTES, type Message, parseMessage, type SequencedMessage } from '../../src/protocol/messages.ts';
import type { BlobStore, ChainPort, RelayPort } from '../../src/protocol/ports.ts';
import { admit } from './admission.ts';
import { encodeMessage, readEntry } from './round-log.ts';
import { LOG_PAGE, type RelayStore } from './store.ts';
import { TaskRelay } from './task-relay.ts';
import {
  type Aggregate,
  type BeaconSource,
  DEFAULT_OPTIONS,
  type RelayEvent,
  type RelayOptions,
  type VerifySignature,
} from './types.ts';

/** Tasks that somebody asked this relay to carry are remembered under this prefix. */
const TASK_PREFIX = 'task/';
const MAX_TASKS = 10_000;
const MAX_VISITED = 64;
const MAX_EMPTY_PAGES = 64;
/** Age up to which a read of the chain tells whether a task still runs. */
const STATUS_MAX_AGE_MS = 5_000;

export interface RelayCoreParts {
  readonly store: RelayStore;
  readonly chain: ChainPort;
  readonly clock: Clock;
  readonly verifySignature: VerifySignature;
  /** without it the relay posts no beacon; somebody else has to */
  readonly beacon?: BeaconSource | undefined;
  /** without it the relay posts no sum */
  readonly aggregate?: Aggregate | undefined;
  readonly options?: Partial<RelayOptions> | undefined;
  readonly onEvent?: ((event: RelayEvent) => void) | undefined;
}

export class RelayCore implements RelayPort {
  readonly blobs: BlobStore;
  readonly store: RelayStore;
  readonly options: RelayOptions;
  readonly #parts: RelayCoreParts;
  readonly #tasks = new Map<bigint, TaskRelay>();
  /** tasks that somebody asked about and nobody takes part in yet; the oldest is forgotten */
  readonly #visited = new Map<bigint, TaskRelay>();
  readonly #listeners = new Set<(task: bigint, entry: SequencedMessage) => void>();
  #loaded: Promise<void> | undefined;

  constructor(parts: RelayCoreParts) {
    this.#parts = parts;
    this.store = parts.store;
    this.options = { ...DEFAULT_OPTIONS, ...parts.options };
    this.blobs = blobsOf(parts.store, this.options.maxBlobBytes);
  }

  /** RelayPort.publish; see {@link admit}. */
  async publish(message: Message, signal?: AbortSignal): Promise<void> {
    await this.admit(message, undefined, signal);
  }

  /**
   * Checks a message, gives it its place in the log and queues its record for the next batch. The same message again gets the same
   * place, whenever it comes.
   * @param value from the wire: anything
   * @param author registration that the sender proved to be, when it did
   * @throws MurmurError bad-input, too-large, refused, bad-signature, bad-hash, not-found, conflict
   */
  async admit(
    value: unknown,
    author: number | undefined,
    signal?: AbortSignal,
  ): Promise<{ sequence: number; added: boolean }> {
    const message = parseMessage(value);
    const bytes = encodeMessage(message);
    if (bytes.length > MAX_MESSAGE_BYTES) {
      throw new MurmurError(
        'too-large',
        `a message has at most ${MAX_MESSAGE_BYTES} bytes, this one has ${bytes.length}`,
      );
    }
    const key = toHex(await sha256(bytes));
    const known = await this.store.findEntry(message.task, key);
    const task = BigInt(message.task);
    if (known !== undefined) {
      // A chain that went back may be without a record that was posted once; if it has it, the queue drops it again.
      this.#tasks.get(task)?.enqueue(message);
      return { sequence: known, added: false };
    }
    const relay = await this.#relay(task);
    const context = {
      chain: relay.chain,
      domain: this.#parts.chain.domain,
      store: this.store,
      options: this.options,
      verifySignature: this.#parts.verifySignature,
    };
    const view = await admit(context, message, author, signal);
    await this.#remember(task, relay);
    const log = await relay.roundLog(view);
    const place = log.reserve(message, this.options.maxMessagesPerSlot);
    let entry: { sequence: number; added: boolean };
    try {
      entry = await this.store.append(message.task, key, bytes);
    } catch (error) {
      log.release(message);
      throw error;
    }
    if (!entry.added) {
      log.release(message); // the same message came twice at once
      return entry;
    }
    if (place === 'first') relay.enqueue(message);
    if (place === 'other-digest') {
      const { round, phase } = message;
      this.#report({
        kind: 'equivocation',
        task,
        round,
        phase,
        index: Number.parseInt(message.record.slice(2, 6), 16),
      });
    }
    for (const listener of this.#listeners) listener(task, { sequence: entry.sequence, message });
    return entry;
  }

  async messages(
    task: bigint,
    fromSequence: number,
    _signal?: AbortSignal,
    limit = LOG_PAGE,
  ): Promise<readonly SequencedMessage[]> {
    let next = fromSequence;
    for (let page = 0; page < MAX_EMPTY_PAGES; page++) {
      const entries = await this.store.read(task.toString(), next, Math.min(limit, LOG_PAGE));
      const found = entries.flatMap((entry) => {
        const message = readEntry(entry);
        return message === undefined ? [] : [{ sequence: entry.sequence, message }];
      });
      const last = entries.at(-1);
      if (found.length > 0 || last === undefined) return found;
      next = last.sequence + 1; // entries of another version of the relay: readers must get past them
    }
    return [];
  }

  async announce(task: bigint, registrationId: number, signal?: AbortSignal): Promise<void> {
    const relay = await this.#relay(task);
    const { wallet } = await relay.chain.registration(registrationId, signal);
    if ((await relay.chain.sight(STATUS_MAX_AGE_MS, signal)).task.status !== 'running') {
      throw new MurmurError('refused', `task ${task} is over`, { hint: 'Join another task.' });
    }
    await this.#remember(task, relay);
    relay.announcements.add(registrationId, wallet, this.#parts.clock.now());
    relay.wake();
  }

  /** The session key that a registration speaks with. @throws MurmurError not-found */
  async sessionKeyOf(task: bigint, registrationId: number, signal?: AbortSignal): Promise<Hex> {
    return (await (await this.#relay(task)).chain.registration(registrationId, signal)).sessionKey;
  }

  /** The SHA-256 of the task's spec, fixed at its creation. @throws MurmurError not-found */
  async specHashOf(task: bigint, signal?: AbortSignal): Promise<Hex> {
    return (await (await this.#relay(task)).chain.sight(STATUS_MAX_AGE_MS, signal)).task.specHash;
  }

  /** Calls back for every message that gets a place in a log. Returns the way to stop it. */
  onMessage(listener: (task: bigint, entry: SequencedMessage) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Records that wait for the chain, and tasks that are served. */
  get load(): { tasks: number; queued: number } {
    let queued = 0;
    for (const relay of this.#tasks.values()) queued += relay.queued;
    return { tasks: this.#tasks.size, queued };
  }

  /** One look at every task, one after the other so that a run of the simulation repeats. Throws only `cancelled`. */
  async step(signal?: AbortSignal): Promise<void> {
    await this.#load();
    for (const [task, relay] of [...this.#tasks]) {
      await relay.step(signal);
      if (!relay.finished) continue;
      this.#tasks.delete(task);
      await this.store.deleteValue(TASK_PREFIX + task);
    }
  }

  /** Steps until the signal aborts. Never throws: a step that fails as a whole is reported, and the next one comes. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.step(signal);
        await this.#parts.clock.sleep(this.options.pollMs, signal);
      } catch (error) {
        if (signal.aborted || hasCode(error, 'cancelled')) return;
        const message = error instanceof Error ? error.message : String(error);
        this.#report({
          kind: 'error',
          task: 0n,
          round: 0,
          during: 'stepping',
          error: { code: 'internal', message, hint: '', details: {} },
        });
        await this.#parts.clock.sleep(this.options.pollMs, signal).catch(() => undefined);
      }
    }
  }

  /** Reads which tasks were carried before a restart; tried again when the store failed. */
  #load(): Promise<void> {
    this.#loaded ??= (async () => {
      for (const key of await this.store.listKeys(TASK_PREFIX, MAX_TASKS)) {
        const task = BigInt(key.slice(TASK_PREFIX.length));
        if (!this.#tasks.has(task)) this.#tasks.set(task, this.#newRelay(task));
      }
    })().catch((error: unknown) => {
      this.#loaded = undefined;
      throw error;
    });
    return this.#loaded;
  }

  /** The relay of a task; one that nobody asked for yet is not kept until the chain knows who asks. */
  async #relay(task: bigint): Promise<TaskRelay> {
    await this.#load();
    const known = this.#tasks.get(task) ?? this.#visited.get(task);
    if (known !== undefined) return known;
    const relay = this.#newRelay(task);
    this.#visited.set(task, relay);
    const [oldest] = this.#visited.keys();
    if (this.#visited.size > MAX_VISITED && oldest !== undefined) this.#visited.delete(oldest);
    return relay;
  }

  async #remember(task: bigint, relay: TaskRelay): Promise<void> {
    if (this.#tasks.has(task)) return;
    this.#visited.delete(task);
    this.#tasks.set(task, relay);
    await this.store.setValue(TASK_PREFIX + task, '1');
  }

  #newRelay(task: bigint): TaskRelay {
    const { store, chain, clock, beacon, aggregate } = this.#parts;
    const report = (event: RelayEvent) => this.#report(event);
    return new TaskRelay({ task, store, chain, clock, options: this.options, beacon, aggregate, report });
  }

  #report(event: RelayEvent): void {
    this.#parts.onEvent?.(event);
  }
}

/** The store's blobs as the sessions see them. */
function blobsOf(store: RelayStore, maxBlobBytes: number): BlobStore {
  return {
    get: (name) => store.readBlob(name),
    has: async (name) => (await store.blobSize(name)) !== undefined,
    put: async (bytes: Bytes) => {
      if (bytes.length > maxBlobBytes) throw new MurmurError('too-large', `a blob has at most ${maxBlobBytes} bytes`);
      return store.putBlob(bytes);
    },
  };
}
