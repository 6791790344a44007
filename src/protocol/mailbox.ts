/**
 * Reads the relay's log of one task and sorts it: for each round, phase and index the messages whose record was accepted by the
 * contract. A relay that alters, repeats or invents messages can only make one be missing: a message counts when its record's
 * digest is the one on chain, and its body is checked by whoever opens it.
 */
import type { Bytes } from '../core/bytes.ts';
import { equalBytes } from '../core/bytes.ts';
import type { RelayPort } from './ports.ts';
import { type Message, type MessageOf, messageRecord, parseMessage } from './messages.ts';
import type { RecordPhase } from './phases.ts';

/** Bodies kept per slot: one honest message has one; more are a relay's inventions. */
const MAX_CANDIDATES = 4;
/** Pages read per refresh, so that a relay that invents messages for ever cannot hold a reader. */
const MAX_PAGES = 64;

interface Candidate {
  readonly digest: Bytes;
  readonly message: Message;
}

export class Mailbox {
  readonly #source: Pick<RelayPort, 'messages'>;
  readonly #task: bigint;
  #next = 0;
  readonly #slots = new Map<string, Candidate[]>();

  constructor(source: Pick<RelayPort, 'messages'>, task: bigint) {
    this.#source = source;
    this.#task = task;
  }

  /** Reads what is new in the log. */
  async refresh(signal?: AbortSignal): Promise<void> {
    for (let page = 0; page < MAX_PAGES; page++) {
      const batch = await this.#source.messages(this.#task, this.#next, signal);
      if (batch.length === 0) return;
      for (const { sequence, message } of batch) {
        if (sequence < this.#next) continue;
        this.#next = sequence + 1;
        this.#keep(message);
      }
    }
  }

  /**
   * Messages of a phase whose digest the contract holds, by index.
   * @param digests accepted digests by index, from the chain
   */
  accepted<P extends RecordPhase>(
    round: number,
    phase: P,
    digests: ReadonlyMap<number, Bytes>,
  ): Map<number, MessageOf<P>[]> {
    const found = new Map<number, MessageOf<P>[]>();
    for (const [index, digest] of digests) {
      const candidates = this.#slots.get(slotKey(round, phase, index)) ?? [];
      const matching = candidates.filter((candidate) => equalBytes(candidate.digest, digest));
      if (matching.length > 0)
        found.set(
          index,
          matching.map((candidate) => candidate.message as MessageOf<P>),
        );
    }
    return found;
  }

  /** Forgets rounds before this one. */
  forgetBefore(round: number): void {
    for (const key of this.#slots.keys()) if (Number(key.split('/')[0]) < round) this.#slots.delete(key);
  }

  #keep(value: unknown): void {
    let message: Message;
    try {
      message = parseMessage(value);
    } catch {
      return; // a malformed message in the log is the relay's fault and nobody's loss
    }
    if (message.task !== this.#task.toString()) return;
    const { index, digest } = messageRecord(message);
    const key = slotKey(message.round, message.phase, index);
    const candidates = this.#slots.get(key) ?? [];
    const text = JSON.stringify(message);
    const known = candidates.some((candidate) => JSON.stringify(candidate.message) === text);
    if (known || candidates.length >= MAX_CANDIDATES) return;
    this.#slots.set(key, [...candidates, { digest, message }]);
  }
}

function slotKey(round: number, phase: RecordPhase, index: number): string {
  return `${round}/${phase}/${index}`;
}
