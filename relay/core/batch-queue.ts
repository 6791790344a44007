/**
 * Records of the live phase that the chain does not show yet. It lives in memory only: the log has all of it, so on entering a
 * phase (also after a restart) it is filled from there, and the contract's bitmaps say what is done.
 */
import { has } from '../../src/core/bitmap.ts';
import { type Bytes, fromHex } from '../../src/core/bytes.ts';
import { type Message, messageRecord } from '../../src/protocol/messages.ts';
import { Phase, type RecordPhase } from '../../src/protocol/phases.ts';
import type { RoundView } from '../../src/protocol/views.ts';
import { awaitedIn, spokenIn } from '../../src/protocol/phase-sets.ts';
import type { RelayOptions } from './types.ts';

export interface QueuedRecord {
  readonly index: number;
  readonly packed: Bytes;
  /** unmask phase only */
  readonly answer: Bytes | undefined;
  readonly queuedAtMs: number;
  postedAtMs: number | undefined;
  posts: number;
}

export class BatchQueue {
  readonly #options: RelayOptions;
  #round = 0;
  #joinEndsAt = 0;
  #phase: RecordPhase | undefined;
  readonly #records = new Map<number, QueuedRecord>();
  /** Halved when a batch fails for another reason than an unreachable chain, so that one bad record cannot hold the others. */
  #batchSize: number;

  constructor(options: RelayOptions) {
    this.#options = options;
    this.#batchSize = options.maxBatch;
  }

  /** Queues a message's record if it is of the live phase; the first one of a slot counts. */
  add(message: Message, nowMs: number): void {
    if (message.round !== this.#round || message.phase !== this.#phase) return;
    const { index } = messageRecord(message);
    if (this.#records.has(index)) return;
    this.#records.set(index, {
      index,
      packed: fromHex(message.record),
      answer: message.phase === Phase.Unmask ? fromHex(message.body.answer) : undefined,
      queuedAtMs: nowMs,
      postedAtMs: undefined,
      posts: 0,
    });
  }

  /** Turns to a phase and its messages; nothing happens when it is the phase at hand. */
  enter({ round, joinEndsAt }: RoundView, phase: RecordPhase, messages: () => readonly Message[]): void {
    if (this.#round === round && this.#joinEndsAt === joinEndsAt && this.#phase === phase) return;
    this.#round = round;
    this.#joinEndsAt = joinEndsAt;
    this.#phase = phase;
    this.#records.clear();
    this.#batchSize = this.#options.maxBatch;
    for (const message of messages()) this.add(message, Number.NEGATIVE_INFINITY);
  }

  /** Forgets what the chain shows. `joined`: registrations that the chain shows in the join phase. */
  reconcile(view: RoundView, phase: RecordPhase, joined: ReadonlySet<number>): void {
    const spoken = spokenIn(view, phase);
    for (const index of [...this.#records.keys()]) {
      if (phase === Phase.Join ? joined.has(index) : has(spoken, index)) this.#records.delete(index);
    }
  }

  get size(): number {
    return this.#records.size;
  }

  /** Records to post now: none, or up to a batch of them in order of their index. */
  due(view: RoundView, phase: RecordPhase, nowMs: number): readonly QueuedRecord[] {
    const { batchDelayMs, repostMs, maxPosts } = this.#options;
    const ready = [...this.#records.values()].filter(
      ({ postedAtMs, posts }) => posts < maxPosts && (postedAtMs === undefined || nowMs - postedAtMs >= repostMs),
    );
    const oldest = Math.min(...ready.map(({ queuedAtMs }) => queuedAtMs));
    const closing = view.phaseEndsAt * 1000 - nowMs <= 2 * batchDelayMs;
    if (ready.length === 0 || (nowMs - oldest < batchDelayMs && !closing && !this.#completes(view, phase))) return [];
    return ready.sort((a, b) => a.index - b.index).slice(0, this.#batchSize);
  }

  posted(records: readonly QueuedRecord[], nowMs: number): void {
    this.#batchSize = this.#options.maxBatch;
    for (const record of records) {
      record.postedAtMs = nowMs;
      record.posts += 1;
    }
  }

  /** The whole batch failed although the chain answered. */
  failed(records: readonly QueuedRecord[], nowMs: number): void {
    this.#batchSize = Math.max(1, Math.floor(records.length / 2));
    if (records.length === 1) this.posted(records, nowMs);
  }

  #completes(view: RoundView, phase: RecordPhase): boolean {
    const awaited = awaitedIn(view, phase);
    let spoken = spokenIn(view, phase);
    for (const index of this.#records.keys()) spoken |= 1n << BigInt(index);
    return awaited !== 0n && (awaited & spoken) === awaited;
  }
}
