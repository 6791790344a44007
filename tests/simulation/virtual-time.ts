/**
 * A clock that a seed drives. Time stands still until every promise has settled, then jumps to the next timer; timers fire in order
 * of (time, sequence). WebCrypto would finish in thread-pool order, so the simulation runs on the synchronous crypto of crypto.ts.
 */
import { cancelled, type Clock } from '../../src/core/clock.ts';

interface Timer {
  readonly atMs: number;
  readonly sequence: number;
  readonly fire: () => void;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

export class VirtualClock implements Clock {
  #nowMs: number;
  #sequence = 0;
  #timers: Timer[] = [];

  constructor(startMs: number) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const stop = () => {
        this.#timers = this.#timers.filter((other) => other !== timer);
        reject(cancelled());
      };
      const timer: Timer = {
        atMs: Math.ceil(this.#nowMs + Math.max(0, durationMs)),
        sequence: this.#sequence++,
        fire: () => {
          signal?.removeEventListener('abort', stop);
          resolve();
        },
      };
      signal?.addEventListener('abort', stop, { once: true });
      this.#insert(timer);
    });
  }

  /** Runs a callback at a time, or next when that has passed. */
  at(atMs: number, fire: () => void): void {
    this.#insert({ atMs: Math.max(atMs, this.#nowMs), sequence: this.#sequence++, fire });
  }

  /** Lets time pass until `done()` or the deadline. */
  async run(done: () => boolean, deadlineMs: number): Promise<void> {
    for (;;) {
      await turn();
      if (done()) return;
      const next = this.#timers.shift();
      if (!next) throw new Error('the simulation is stuck: nobody waits for anything');
      if (next.atMs > deadlineMs) throw new Error(`the simulation did not end by ${deadlineMs}`);
      this.#nowMs = next.atMs;
      next.fire();
    }
  }

  #insert(timer: Timer): void {
    let place = this.#timers.length;
    while (place > 0 && (this.#timers[place - 1] as Timer).atMs > timer.atMs) place--;
    this.#timers.splice(place, 0, timer);
  }
}
