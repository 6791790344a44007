/** Bytes and messages an hour for each registration of each task, and for each task's spec. Kept in memory: a restart forgives. */
import type { Clock } from '../../src/core/clock.ts';
import { QuotaExceeded } from './failures.ts';

export interface QuotaOptions {
  readonly bytesPerHour: number;
  readonly messagesPerHour: number;
}

const HOUR_MS = 3600 * 1000;
const MAX_CALLERS = 20_000;

interface Use {
  readonly startMs: number;
  bytes: number;
  messages: number;
}

export class Quotas {
  readonly #options: QuotaOptions;
  readonly #clock: Clock;
  readonly #uses = new Map<string, Use>();

  constructor(options: QuotaOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  /** @throws QuotaExceeded; then nothing is charged */
  charge(caller: string, amount: { bytes?: number; messages?: number }): void {
    const use = this.#useOf(caller);
    const bytes = use.bytes + (amount.bytes ?? 0);
    const messages = use.messages + (amount.messages ?? 0);
    const retryAfterSeconds = Math.max(1, Math.ceil((use.startMs + HOUR_MS - this.#clock.now()) / 1000));
    if (bytes > this.#options.bytesPerHour)
      throw new QuotaExceeded('bytes', this.#options.bytesPerHour, retryAfterSeconds);
    if (messages > this.#options.messagesPerHour) {
      throw new QuotaExceeded('messages', this.#options.messagesPerHour, retryAfterSeconds);
    }
    use.bytes = bytes;
    use.messages = messages;
  }

  #useOf(caller: string): Use {
    const now = this.#clock.now();
    const known = this.#uses.get(caller);
    if (known !== undefined && now - known.startMs < HOUR_MS) return known;
    if (this.#uses.size >= MAX_CALLERS) {
      for (const [name, { startMs }] of this.#uses) if (now - startMs >= HOUR_MS) this.#uses.delete(name);
    }
    const fresh = { startMs: now, bytes: 0, messages: 0 };
    this.#uses.set(caller, fresh);
    return fresh;
  }
}
