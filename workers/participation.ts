/**
 * Which of this browser's participations this tab holds. A participation is a task and a wallet; a Web Lock gives each to one tab, so
 * two tabs may take part as two sites, never as one twice. What a tab does with the one that it holds is run.ts.
 *
 * Every change of hands happens in a turn of its own, one after the other: joining, taking over, pausing and leaving never meet half-way.
 */
import type { Hex } from '../src/core/bytes.ts';
import { type ErrorData, MurmurError, toErrorData } from '../src/core/errors.ts';
import type { ParticipationStatus } from '../src/session/status.ts';
import type { StoredParticipation } from '../src/storage/database.ts';
import type { NetworkInfo } from './api/network.ts';
import type { Holder, Snapshot } from './api/participation.ts';
import { heldLocks, LOCK, lockWithin, tryLock, waitForLock } from './lock.ts';
import { runParticipation } from './run.ts';
import { clock, networkName, type World } from './world.ts';

interface Run {
  readonly controller: AbortController;
  /** never rejects */
  readonly done: Promise<void>;
}

/** A participation that this tab holds. */
interface Held {
  readonly network: NetworkInfo;
  readonly stored: StoredParticipation;
  readonly release: () => void;
}

/** While other tabs hold every participation of this browser. */
interface Waiting {
  readonly network: NetworkInfo;
  readonly controller: AbortController;
  /** ids whose locks are asked for */
  readonly asked: Set<string>;
}

/** Names a participation in this browser: the same wallet in the same task is the same participation. */
function participationId(network: NetworkInfo, task: string, wallet: Hex): string {
  return `${networkName(network)}/${task}/${wallet.toLowerCase()}`;
}

/** Tabs tell each other here that a participation changed hands; nothing but that. */
const CHANNEL = 'murmur/participations';
/** A tab that reloads may find its own lock held for a moment, by what it was before. */
const RELOAD_MS = 2_000;
/** What another tab let go of is left to it for so long: it may only be loading anew. */
const COME_BACK_MS = 5_000;

export class Participation {
  readonly #world: World;
  readonly #onChange: () => void;
  readonly #channel = new BroadcastChannel(CHANNEL);
  #turn: Promise<unknown> = Promise.resolve();
  #attached: Promise<void> | undefined;
  #held: Held | undefined;
  #others: readonly StoredParticipation[] = [];
  #waiting: Waiting | undefined;
  #about = { title: '', rows: 0 };
  #status: ParticipationStatus | undefined;
  #error: ErrorData | undefined;
  #run: Run | undefined;

  constructor(world: World, onChange: () => void) {
    this.#world = world;
    this.#onChange = onChange;
    this.#channel.onmessage = () => void this.#inTurn(() => this.#lookAround()).catch(() => undefined);
  }

  view(): Omit<Snapshot, 'ledger'> {
    const stored = this.#held?.stored;
    const holder: Holder = stored !== undefined ? 'here' : this.#waiting !== undefined ? 'elsewhere' : 'nobody';
    return {
      holder,
      others: this.#others.map(({ id, task, wallet }) => ({ id, task, wallet })),
      paused: stored?.paused === true,
      running: this.#run !== undefined,
      ...(stored && {
        participation: {
          id: stored.id,
          task: stored.task,
          wallet: stored.wallet,
          fileName: stored.fileName,
          ...this.#about,
        },
      }),
      ...(stored && this.#status && { status: this.#status }),
      ...(this.#error && { error: this.#error }),
    };
  }

  /**
   * Finds a participation that a reload interrupted, and goes on with it. Once a tab; later calls wait for the first.
   * @param mine the one that this tab had before; otherwise the oldest that no other tab holds
   */
  attach(network: NetworkInfo, mine: string | undefined): Promise<void> {
    this.#attached ??= this.#inTurn(() => this.#find(network, mine)).catch((error: unknown) => {
      this.#attached = undefined;
      throw error;
    });
    return this.#attached;
  }

  /** Wallets with which other tabs of this browser take part. */
  async heldElsewhere(network: NetworkInfo): Promise<readonly string[]> {
    const own = this.#held === undefined ? undefined : LOCK + this.#held.stored.id;
    const names = await heldLocks(`${LOCK}${networkName(network)}/`);
    return names.filter((name) => name !== own).map((name) => name.slice(name.lastIndexOf('/') + 1));
  }

  /** What this tab holds. */
  stored(): StoredParticipation | undefined {
    return this.#held?.stored;
  }

  /** Whether a tab of this browser, this one included, takes part with a data set. */
  async uses(dataset: string): Promise<boolean> {
    const all = await this.#world.participations.all();
    const held = new Set(await heldLocks(LOCK));
    return all.some((stored) => stored.dataset === dataset && held.has(LOCK + stored.id));
  }

  /** @throws MurmurError conflict when this tab takes part already, or another one with this wallet in this task */
  join(
    network: NetworkInfo,
    { task, dataset, wallet }: { task: string; dataset: string; wallet: Hex },
    register: () => Promise<number>,
  ): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#held !== undefined) throw new MurmurError('conflict', 'this tab takes part in a task already');
      const id = participationId(network, task, wallet);
      const release = await tryLock(LOCK + id);
      if (release === undefined) {
        throw new MurmurError('conflict', 'another tab of this browser takes part in this task with this wallet', {
          hint: 'Go on there, or choose another wallet here.',
        });
      }
      let stored: StoredParticipation;
      try {
        const about = await this.#world.datasets.describe(dataset);
        if (about === undefined) throw new MurmurError('not-found', 'this file is no longer stored in this browser');
        const registrationId = await register();
        const { fileName } = about;
        const joinedAtMs = clock.now();
        const of = { id, network: networkName(network), task, registrationId, wallet };
        stored = { ...of, dataset, fileName, joinedAtMs, paused: false };
        await this.#world.participations.put(stored);
      } catch (error) {
        release();
        throw error;
      }
      await this.#take({ network, stored, release });
    });
  }

  /** Stops waiting for other tabs. */
  beIndependent(): Promise<void> {
    return this.#inTurn(async () => {
      this.#stopWaiting();
      this.#onChange();
    });
  }

  pause(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#held === undefined) return;
      await this.#stop();
      await this.#keepPaused(this.#held, true);
      this.#onChange();
    });
  }

  /** Goes on after a pause, or tries again after an error. */
  resume(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#held === undefined || this.#run !== undefined) return;
      await this.#keepPaused(this.#held, false);
      this.#start();
    });
  }

  /** @returns what was left, if anything */
  leave(): Promise<StoredParticipation | undefined> {
    return this.#inTurn(async () => {
      const left = this.#held;
      if (left === undefined) return undefined;
      await this.#stop();
      await this.#world.participations.delete(left.stored.id);
      this.#held = undefined;
      this.#status = undefined;
      this.#error = undefined;
      this.#about = { title: '', rows: 0 };
      left.release();
      this.#tellOthers();
      return left.stored;
    });
  }

  /** Runs a step when all earlier ones are done, whatever became of them. */
  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(step);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  async #find(network: NetworkInfo, mine: string | undefined): Promise<void> {
    if (this.#held !== undefined) return;
    const known = (await this.#world.participations.all())
      .filter((stored) => stored.network === networkName(network))
      .sort((a, b) => Number(b.id === mine) - Number(a.id === mine) || a.joinedAtMs - b.joinedAtMs);
    for (const stored of known) {
      const lock = LOCK + stored.id;
      const release = stored.id === mine ? await lockWithin(lock, RELOAD_MS) : await tryLock(lock);
      if (release !== undefined) return this.#take({ network, stored, release });
    }
    if (known.length === 0) return;
    this.#waiting = { network, controller: new AbortController(), asked: new Set() };
    await this.#lookAround();
  }

  /** Who holds what now. A tab that waits asks for each, and waits no longer once there is none. */
  async #lookAround(): Promise<void> {
    const held = new Set(await heldLocks(LOCK));
    const own = this.#held?.stored.id;
    const all = await this.#world.participations.all();
    this.#others = all.filter(({ id }) => id !== own && held.has(LOCK + id));
    const waiting = this.#waiting;
    if (waiting !== undefined) {
      for (const { id, network } of this.#others)
        if (network === networkName(waiting.network)) this.#askFor(id, waiting);
      if (waiting.asked.size === 0) this.#stopWaiting();
    }
    this.#onChange();
  }

  /** Takes over when the other tab is closed, not when it only reloads. */
  #askFor(id: string, waiting: Waiting): void {
    const { controller, asked } = waiting;
    const { signal } = controller;
    if (asked.has(id)) return;
    asked.add(id);
    waitForLock(LOCK + id, signal)
      .then(async (release) => {
        release();
        if ((await this.#stored(id)) !== undefined) await clock.sleep(COME_BACK_MS, signal);
        await this.#inTurn(() => this.#takeOver(id, waiting));
      })
      .catch((error: unknown) => {
        if (signal.aborted) return;
        this.#error = toErrorData(error);
        this.#onChange();
      });
  }

  async #takeOver(id: string, waiting: Waiting): Promise<void> {
    // This tab may have become independent meanwhile, or have taken over another one.
    if (this.#waiting !== waiting) return;
    waiting.asked.delete(id);
    // Whoever held it may have left the task before it went.
    const stored = await this.#stored(id);
    const release = stored && (await tryLock(LOCK + id));
    if (stored && release) await this.#take({ network: waiting.network, stored, release });
    else await this.#lookAround();
  }

  async #stored(id: string): Promise<StoredParticipation | undefined> {
    return (await this.#world.participations.all()).find((stored) => stored.id === id);
  }

  #stopWaiting(): void {
    this.#waiting?.controller.abort();
    this.#waiting = undefined;
  }

  async #take(held: Held): Promise<void> {
    this.#stopWaiting();
    this.#held = held;
    this.#status = undefined;
    this.#error = undefined;
    const about = await this.#world.datasets.describe(held.stored.dataset);
    this.#about = { title: '', rows: about?.rows ?? 0 };
    if (!held.stored.paused) this.#start();
    await this.#lookAround();
    this.#tellOthers();
  }

  #tellOthers(): void {
    this.#channel.postMessage(null);
    this.#onChange();
  }

  async #keepPaused(held: Held, paused: boolean): Promise<void> {
    const stored = { ...held.stored, paused };
    await this.#world.participations.put(stored);
    this.#held = { ...held, stored };
  }

  #start(): void {
    const held = this.#held;
    if (held === undefined) return;
    const controller = new AbortController();
    const { signal } = controller;
    const change = (step: () => void) => {
      if (signal.aborted) return;
      step();
      this.#onChange();
    };
    this.#error = undefined;
    const listener = {
      onTitle: (title: string) => change(() => (this.#about = { ...this.#about, title })),
      onStatus: (status: ParticipationStatus) => change(() => (this.#status = status)),
      onWaiting: (error: ErrorData | undefined) => change(() => (this.#error = error)),
    };
    const done = runParticipation(this.#world, held.network, held.stored, listener, signal)
      .catch((error: unknown) => change(() => (this.#error = toErrorData(error))))
      .finally(() => {
        this.#run = undefined;
        this.#onChange();
      });
    this.#run = { controller, done };
    this.#onChange();
  }

  /** A round that goes on elsewhere is nothing to show any more. */
  async #stop(): Promise<void> {
    this.#run?.controller.abort();
    await this.#run?.done;
    this.#error = undefined;
    if (this.#status === undefined) return;
    const { live: _, training: __, error: ___, ...status } = this.#status;
    this.#status = status;
  }
}
