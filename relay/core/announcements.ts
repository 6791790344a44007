/** Who said lately that they want to take part in a task. Kept in memory: it is repeated every few seconds. */
import type { Hex } from '../../src/core/bytes.ts';
import type { RelayOptions } from './types.ts';

export class Announcements {
  readonly #options: RelayOptions;
  readonly #seen = new Map<number, { wallet: Hex; atMs: number }>();
  #enoughSinceMs: number | undefined;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  add(registrationId: number, wallet: Hex, nowMs: number): void {
    this.#seen.set(registrationId, { wallet, atMs: nowMs });
  }

  /** Wallets that are here: somebody whose session key was rotated a moment ago is one person. */
  fresh(nowMs: number): number {
    for (const [registrationId, { atMs }] of this.#seen) {
      if (nowMs - atMs > this.#options.announceTtlMs) this.#seen.delete(registrationId);
    }
    return new Set([...this.#seen.values()].map(({ wallet }) => wallet)).size;
  }

  /** Whether to open a round: enough are here, and everybody who may come has come or had a moment to. */
  ready(minCohort: number, everybody: number, nowMs: number): boolean {
    const here = this.fresh(nowMs);
    if (here < minCohort) {
      this.#enoughSinceMs = undefined;
      return false;
    }
    this.#enoughSinceMs ??= nowMs;
    return here >= everybody || nowMs - this.#enoughSinceMs >= this.#options.gatherMs;
  }

  /** A round was opened: who wants to take part in the one after it says so again, so that nobody is counted who left meanwhile. */
  opened(): void {
    this.#seen.clear();
    this.#enoughSinceMs = undefined;
  }
}
