/** A clock that tests turn by hand; sleepers wake in the order of their time. */
import { type Clock, cancelled } from '../../src/core/clock.ts';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export class VirtualClock implements Clock {
  #nowMs: number;
  readonly #sleepers = new Set<Sleeper>();

  constructor(startMs = 1_700_000_000_000) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const sleeper = { atMs: this.#nowMs + durationMs, wake: resolve };
      if (signal?.aborted) return reject(cancelled());
      signal?.addEventListener('abort', () => {
        if (this.#sleepers.delete(sleeper)) reject(cancelled());
      });
      this.#sleepers.add(sleeper);
    });
  }

  /** Moves time on, waking whoever's time has come. */
  async advance(durationMs: number): Promise<void> {
    this.#nowMs += durationMs;
    for (const sleeper of [...this.#sleepers].sort((a, b) => a.atMs - b.atMs)) {
      if (sleeper.atMs > this.#nowMs || !this.#sleepers.delete(sleeper)) continue;
      sleeper.wake();
    }
    await settle();
  }
}

/** Lets promises that are ready go on, WebCrypto's thread pool included. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 4; i++) await new Promise((resolve) => setTimeout(resolve, 1));
}
