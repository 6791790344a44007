/**
 * The Sum phase: recompute the round beside the relay's other work, keep the bytes, tell the contract their hashes. A computation that
 * fails (evidence still missing) is tried again while the phase lasts.
 */
import { toHex } from '../../src/core/bytes.ts';
import type { Clock } from '../../src/core/clock.ts';
import { MurmurError, toErrorData } from '../../src/core/errors.ts';
import { sha256 } from '../../src/core/hash.ts';
import type { RoundView } from '../../src/protocol/views.ts';
import { withDeadline } from './deadline.ts';
import type { RelayStore } from './store.ts';
import type { TaskChain } from './task-chain.ts';
import type { Aggregate, Aggregated, RelayOptions, Report } from './types.ts';

/** Pause before evidence that was missing is looked for again. */
const RETRY_MS = 2000;

type State =
  | { readonly kind: 'running' }
  | { readonly kind: 'failed'; readonly atMs: number }
  | { readonly kind: 'done'; readonly result: Aggregated; postedAtMs: number | undefined };

interface Parts {
  readonly task: bigint;
  readonly store: RelayStore;
  readonly clock: Clock;
  readonly options: RelayOptions;
  readonly aggregate: Aggregate | undefined;
  readonly report: Report;
}

export class SumJob {
  readonly #parts: Parts;
  #round = 0;
  #state: State | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Starts the computation, looks whether it ended, posts its result. Never waits for the computation. */
  async step(view: RoundView, chain: TaskChain, signal: AbortSignal | undefined): Promise<void> {
    const { aggregate, clock, options, report, task } = this.#parts;
    if (aggregate === undefined) return;
    if (this.#round !== view.round) {
      this.#round = view.round;
      this.#state = undefined;
    }
    const state = this.#state;
    if (state === undefined || (state.kind === 'failed' && clock.now() - state.atMs >= RETRY_MS)) {
      this.#start(aggregate, view.round, signal);
      return;
    }
    if (state.kind !== 'done') return;
    if (state.postedAtMs !== undefined && clock.now() - state.postedAtMs < options.repostMs) return;
    const { sumRoot, modelHash } = state.result;
    await chain.call('posting the sum', signal, (port, inner) =>
      port.postSum(task, view.round, sumRoot, modelHash, inner),
    );
    state.postedAtMs = clock.now();
    report({ kind: 'sum', task, round: view.round });
  }

  #start(aggregate: Aggregate, round: number, signal: AbortSignal | undefined): void {
    const { clock, options, report, task } = this.#parts;
    this.#state = { kind: 'running' };
    const ended = (state: State) => {
      if (this.#round === round) this.#state = state;
    };
    withDeadline(clock, options.aggregateTimeoutMs, 'the sum', signal, async (inner) => {
      const result = await aggregate(task, round, inner);
      await this.#keep(result);
      return result;
    }).then(
      (result) => ended({ kind: 'done', result, postedAtMs: undefined }),
      (error: unknown) => {
        ended({ kind: 'failed', atMs: clock.now() });
        report({ kind: 'error', task, round, during: 'summing', error: toErrorData(error) });
      },
    );
  }

  /** Stores sum and model before anybody is told their hashes. */
  async #keep({ sum, model, sumRoot, modelHash }: Aggregated): Promise<void> {
    if (toHex(await sha256(sum)) !== sumRoot || toHex(await sha256(model)) !== modelHash) {
      throw new MurmurError('internal', 'the aggregator gave hashes that are not those of its bytes');
    }
    await this.#parts.store.putBlob(sum);
    await this.#parts.store.putBlob(model);
  }
}
