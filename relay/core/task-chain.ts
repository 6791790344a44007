/**
 * What the relay knows of one task's place on the chain, with short memories so that a flood of messages is not a flood of chain
 * reads: views for a moment, registrations for half a minute, rosters for as long as their round lives.
 */
import type { Clock } from '../../src/core/clock.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { isOver, Phase } from '../../src/protocol/phases.ts';
import type { ChainPort } from '../../src/protocol/ports.ts';
import type { Member, Registration, RoundView, TaskView } from '../../src/protocol/views.ts';
import { withDeadline } from './deadline.ts';
import type { RelayOptions } from './types.ts';

export interface Sight {
  readonly task: TaskView;
  /** the live or last round; undefined before the first */
  readonly round: RoundView | undefined;
  /** local time of the reading */
  readonly readAtMs: number;
}

/** Registrations remembered per task: more than any roster holds, bounded all the same. */
const MAX_REGISTRATIONS = 4096;

export class TaskChain {
  readonly #chain: ChainPort;
  readonly #clock: Clock;
  readonly #options: RelayOptions;
  readonly #task: bigint;
  #sight: Sight | undefined;
  #reading: Promise<Sight> | undefined;
  #roster: { round: number; members: readonly Member[] } | undefined;
  readonly #registrations = new Map<number, { registration: Registration; readAtMs: number }>();

  constructor(args: { chain: ChainPort; clock: Clock; options: RelayOptions; task: bigint }) {
    this.#chain = args.chain;
    this.#clock = args.clock;
    this.#options = args.options;
    this.#task = args.task;
  }

  /** One bounded call to the chain. */
  call<T>(
    what: string,
    signal: AbortSignal | undefined,
    work: (chain: ChainPort, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    return withDeadline(this.#clock, this.#options.chainTimeoutMs, what, signal, (inner) => work(this.#chain, inner));
  }

  /** The last reading if it is young enough, else a new one; callers at the same time share one. */
  async sight(maxAgeMs: number, signal?: AbortSignal): Promise<Sight> {
    const known = this.#sight;
    if (known !== undefined && this.#clock.now() - known.readAtMs < maxAgeMs) return known;
    // Shared, so it must not end with the first caller's signal; its own deadline ends it.
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    if (signal?.aborted) throw new MurmurError('cancelled', 'the step was cancelled');
    return this.#reading;
  }

  async #read(): Promise<Sight> {
    const task = await this.call('reading the task', undefined, (chain, signal) => chain.task(this.#task, signal));
    const round =
      task.round === 0
        ? undefined
        : await this.call('reading the round', undefined, (chain, signal) =>
            chain.round(this.#task, task.round, signal),
          );
    this.#sight = { task, round, readAtMs: this.#clock.now() };
    return this.#sight;
  }

  round(round: number, signal?: AbortSignal): Promise<RoundView> {
    return this.call('reading a round', signal, (chain, inner) => chain.round(this.#task, round, inner));
  }

  /** Members of the round, once the join phase is over. */
  async roster(view: RoundView, signal?: AbortSignal): Promise<readonly Member[]> {
    if (this.#roster?.round === view.round) return this.#roster.members;
    const members = await this.call('reading the roster', signal, (chain, inner) =>
      chain.roster(this.#task, view.round, inner),
    );
    if (view.phase > Phase.Join && !isOver(view.phase)) this.#roster = { round: view.round, members };
    return members;
  }

  async registration(registrationId: number, signal?: AbortSignal): Promise<Registration> {
    const known = this.#registrations.get(registrationId);
    if (known !== undefined && this.#clock.now() - known.readAtMs < this.#options.registrationMaxAgeMs)
      return known.registration;
    const registration = await this.call('reading a registration', signal, (chain, inner) =>
      chain.registration(this.#task, registrationId, inner),
    );
    if (this.#registrations.size >= MAX_REGISTRATIONS) this.#registrations.clear();
    this.#registrations.set(registrationId, { registration, readAtMs: this.#clock.now() });
    return registration;
  }
}
