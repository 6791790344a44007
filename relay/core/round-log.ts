/**
 * The messages of one task's live round, by slot, as the log has them. Read from the log when the round is first touched, so a
 * relay that starts again in the middle of a round goes on where it was.
 */
import { equalBytes, utf8 } from '../../src/core/bytes.ts';
import { canonicalJson } from '../../src/core/canonical-json.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { type Message, messageRecord, parseMessage } from '../../src/protocol/messages.ts';
import type { RecordPhase } from '../../src/protocol/phases.ts';
import type { RoundView } from '../../src/protocol/views.ts';
import { LOG_PAGE, type LogEntry, type RelayStore } from './store.ts';

/**
 * Where a round's messages begin is remembered under this key, so that reading them back does not mean reading the whole log. The end of
 * its join phase tells it from a round of the same number that a chain knew before it went back (a restored local chain).
 */
const startKey = (task: string, { round, joinEndsAt }: RoundName) => `round-start/${task}/${round}/${joinEndsAt}`;

/** What names one opening of a round. */
export type RoundName = Pick<RoundView, 'round' | 'joinEndsAt'>;

export class RoundLog {
  readonly #slots = new Map<string, Message[]>();

  private constructor() {}

  /** Reads what the log has of the round. */
  static async load(store: RelayStore, task: string, name: RoundName): Promise<RoundLog> {
    const { round } = name;
    const log = new RoundLog();
    let next = await startOf(store, task, name);
    const end = await store.logLength(task);
    while (next <= end) {
      const page = await store.read(task, next, LOG_PAGE);
      if (page.length === 0) break;
      for (const entry of page) {
        const message = readEntry(entry);
        if (message?.round === round) log.#list(message).push(message);
        next = entry.sequence + 1;
      }
    }
    return log;
  }

  /** Messages of a phase, the first of every slot. */
  first(phase: RecordPhase): readonly Message[] {
    const found: Message[] = [];
    for (const messages of this.#slots.values()) {
      const [message] = messages;
      if (message?.phase === phase) found.push(message);
    }
    return found;
  }

  /**
   * Takes a place for a message in its slot before it is written to the log.
   * @returns how it relates to what the slot held: the first, another body for the same signed digest, or another signed digest
   * @throws MurmurError conflict when the slot is full
   */
  reserve(message: Message, maxMessages: number): 'first' | 'same-digest' | 'other-digest' {
    const messages = this.#list(message);
    if (messages.length >= maxMessages) {
      throw new MurmurError('conflict', `this slot holds ${messages.length} different messages already`, {
        hint: 'A participant says one thing in a phase.',
      });
    }
    const [first] = messages;
    messages.push(message);
    if (first === undefined) return 'first';
    return equalBytes(messageRecord(first).digest, messageRecord(message).digest) ? 'same-digest' : 'other-digest';
  }

  /** Gives back a place whose message could not be written. */
  release(message: Message): void {
    const messages = this.#list(message);
    const place = messages.indexOf(message);
    if (place >= 0) messages.splice(place, 1);
  }

  #list(message: Message): Message[] {
    const slot = `${message.phase}/${messageRecord(message).index}`;
    const messages = this.#slots.get(slot) ?? [];
    this.#slots.set(slot, messages);
    return messages;
  }
}

/** The sequence from which on a round's messages lie; fixed here when this round is new. */
async function startOf(store: RelayStore, task: string, name: RoundName): Promise<number> {
  const known = await store.getValue(startKey(task, name));
  if (known !== undefined) return Number(known);
  const start = (await store.logLength(task)) + 1;
  await store.setValue(startKey(task, name), String(start));
  return start;
}

export function encodeMessage(message: Message) {
  return utf8(canonicalJson(message));
}

/** A log entry as a message; undefined for bytes that no version of this relay wrote. */
export function readEntry(entry: LogEntry): Message | undefined {
  try {
    return parseMessage(JSON.parse(new TextDecoder().decode(entry.value)));
  } catch {
    return undefined;
  }
}
