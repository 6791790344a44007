/**
 * What lies between a participant and the world: a seed decides which call is lost before or after it took effect, how long it
 * takes, whether it happens twice. Delays reorder. A dead end (crashed or cut off) loses everything.
 */
import type { Clock } from '../../src/core/clock.ts';
import { MurmurError } from '../../src/core/errors.ts';
import type { SeededRandom } from '../../src/core/random.ts';
import type { ChainPort, RelayPort } from '../../src/protocol/ports.ts';

export interface Weather {
  /** chance that a call is lost */
  readonly loss: number;
  /** chance that a writing call happens twice */
  readonly doubling: number;
  readonly maxDelayMs: number;
}

export class Link {
  cut = false;
  readonly #clock: Clock;
  readonly #random: SeededRandom;
  readonly #weather: Weather;

  constructor(clock: Clock, random: SeededRandom, weather: Weather) {
    this.#clock = clock;
    this.#random = random;
    this.#weather = weather;
  }

  async carry<T>(call: () => Promise<T>, signal: AbortSignal | undefined, writes: boolean): Promise<T> {
    const { loss, doubling, maxDelayMs } = this.#weather;
    const delay = () => this.#clock.sleep(this.#random.uniform() ** 3 * maxDelayMs, signal);
    await delay();
    const lostBefore = this.cut || this.#random.uniform() < loss / 2;
    if (lostBefore) throw new MurmurError('unreachable', 'the simulated network lost the request');
    const twice = writes && this.#random.uniform() < doubling;
    const result = await call();
    if (twice) await call();
    await delay();
    const lostAfter = this.cut || this.#random.uniform() < loss / 2;
    if (lostAfter) throw new MurmurError('unreachable', 'the simulated network lost the answer');
    return result;
  }
}

/** The chain over a link. */
export function chainOver(link: Link, chain: ChainPort): ChainPort {
  return {
    domain: chain.domain,
    head: (signal) => link.carry(() => chain.head(), signal, false),
    taskCount: (signal) => link.carry(() => chain.taskCount(), signal, false),
    task: (task, signal) => link.carry(() => chain.task(task), signal, false),
    round: (task, round, signal) => link.carry(() => chain.round(task, round), signal, false),
    roster: (task, round, signal) => link.carry(() => chain.roster(task, round), signal, false),
    registration: (task, id, signal) => link.carry(() => chain.registration(task, id), signal, false),
    digests: (task, round, phase, signal) => link.carry(() => chain.digests(task, round, phase), signal, false),
    answers: (task, round, signal) => link.carry(() => chain.answers(task, round), signal, false),
    survivors: (task, round, signal) => link.carry(() => chain.survivors(task, round), signal, false),
    postRecords: (task, round, phase, records, answers, signal) =>
      link.carry(() => chain.postRecords(task, round, phase, records, answers), signal, true),
    open: (task, signal) => link.carry(() => chain.open(task), signal, true),
    postBeacon: (task, round, signature, signal) =>
      link.carry(() => chain.postBeacon(task, round, signature), signal, true),
    postSum: (task, round, root, hash, signal) =>
      link.carry(() => chain.postSum(task, round, root, hash), signal, true),
    sync: (task, signal) => link.carry(() => chain.sync(task), signal, true),
  };
}

/** The relay over a link; `relay()` is the one that runs now, undefined while it is down. */
export function relayOver(link: Link, relay: () => RelayPort | undefined): RelayPort {
  const up = (): RelayPort => {
    const running = relay();
    if (!running) throw new MurmurError('unreachable', 'the simulated relay is down');
    return running;
  };
  return {
    blobs: {
      get: (sha256, signal) => link.carry(async () => up().blobs.get(sha256), signal, false),
      has: (sha256, signal) => link.carry(async () => up().blobs.has(sha256), signal, false),
      put: (bytes, signal) => link.carry(async () => up().blobs.put(bytes), signal, true),
    },
    publish: (message, signal) => link.carry(async () => up().publish(message), signal, true),
    messages: (task, from, signal) => link.carry(async () => up().messages(task, from), signal, false),
    announce: (task, id, signal) => link.carry(async () => up().announce(task, id), signal, true),
  };
}
