/**
 * One tab's participation: which of this browser's participations it holds, start and stop of the session, and what the page is
 * told. A participation is a task and a wallet; a Web Lock gives each to one tab, so two tabs may take part as two sites, never as
 * one twice. The session itself is src/session/participate.ts; this file gives it the tab's adapters.
 */
import type { Hex } from '../src/core/bytes.ts';
import { cancelled } from '../src/core/clock.ts';
import { type ErrorData, hasCode, MurmurError, toErrorData } from '../src/core/errors.ts';
import { secureRandom } from '../src/core/random.ts';
import type { ParticipationStatus } from '../src/session/status.ts';
import type { StoredParticipation } from '../src/storage/database.ts';
import { openJournal } from '../src/storage/idb.ts';
import type { NetworkInfo } from './api/network.ts';
import type { Holder, Snapshot } from './api/participation.ts';
import { connectSession } from './chain.ts';
import { splitStored } from './data.ts';
import { openHistory } from './history.ts';
import { sessionKeys } from './keys.ts';
import { heldLocks, tryLock, waitForLock } from './lock.ts';
import { trainerWorker } from './trainer-port.ts';
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

/** Names a participation in this browser: the same wallet in the same task is the same participation. */
export function participationId(network: NetworkInfo, task: string, wallet: Hex): string {
  return `${networkName(network)}/${task}/${wallet.toLowerCase()}`;
}

const LOCK = 'murmur/participation/';

export class Participation {
  readonly #world: World;
  readonly #onChange: () => void;
  #attached: Promise<void> | undefined;
  #held: Held | undefined;
  /** held by other tabs while this one waits for the first of them */
  #others: readonly StoredParticipation[] = [];
  #waiting: AbortController | undefined;
  #about = { title: '', rows: 0 };
  #status: ParticipationStatus | undefined;
  #error: ErrorData | undefined;
  #run: Run | undefined;

  constructor(world: World, onChange: () => void) {
    this.#world = world;
    this.#onChange = onChange;
  }

  view(): Omit<Snapshot, 'ledger'> {
    const over = this.#status?.state === 'finished' || this.#status?.state === 'failed';
    const stored = this.#held?.stored;
    const holder: Holder = stored !== undefined ? 'here' : this.#waiting !== undefined ? 'elsewhere' : 'nobody';
    return {
      holder,
      others: this.#others.map(({ id, task, wallet }) => ({ id, task, wallet })),
      paused: stored !== undefined && this.#run === undefined && !over && this.#error === undefined,
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
    this.#attached ??= this.#find(network, mine);
    return this.#attached;
  }

  /** Wallets with which other tabs of this browser take part. */
  async heldElsewhere(network: NetworkInfo): Promise<readonly string[]> {
    const own = this.#held === undefined ? undefined : LOCK + this.#held.stored.id;
    const names = await heldLocks(`${LOCK}${networkName(network)}/`);
    return names.filter((name) => name !== own).map((name) => name.slice(name.lastIndexOf('/') + 1));
  }

  /** Whether a tab of this browser, this one included, takes part with a data set. */
  async uses(dataset: string): Promise<boolean> {
    const all = await this.#world.participations.all();
    const held = new Set(await heldLocks(LOCK));
    return all.some((stored) => stored.dataset === dataset && held.has(LOCK + stored.id));
  }

  /** @throws MurmurError conflict when this tab takes part already, or another one with this wallet in this task */
  async join(
    network: NetworkInfo,
    { task, dataset, wallet }: { task: string; dataset: string; wallet: Hex },
    register: () => Promise<number>,
  ): Promise<void> {
    if (this.#held !== undefined) throw new MurmurError('conflict', 'this tab takes part in a task already');
    this.beIndependent();
    const id = participationId(network, task, wallet);
    const release = await tryLock(LOCK + id);
    if (release === undefined) {
      throw new MurmurError('conflict', 'another tab of this browser takes part in this task with this wallet', {
        hint: 'Go on there, or choose another wallet here.',
      });
    }
    try {
      const rows = await this.#world.datasets.describe(dataset);
      if (rows === undefined) throw new MurmurError('not-found', 'this file is no longer stored in this browser');
      const registrationId = await register();
      const { fileName } = rows;
      const joinedAtMs = clock.now();
      this.#held = {
        network,
        release,
        stored: {
          id,
          network: networkName(network),
          task,
          registrationId,
          wallet,
          dataset,
          fileName,
          joinedAtMs,
          paused: false,
        },
      };
      await this.#world.participations.put(this.#held.stored);
    } catch (error) {
      this.#held = undefined;
      release();
      throw error;
    }
    this.#start();
  }

  /** Stops waiting for another tab. */
  beIndependent(): void {
    this.#waiting?.abort();
    this.#waiting = undefined;
    this.#others = [];
    this.#onChange();
  }

  async pause(): Promise<void> {
    await this.#stop();
    await this.#keepPaused(true);
    this.#onChange();
  }

  async resume(): Promise<void> {
    if (this.#held === undefined || this.#run !== undefined) return;
    await this.#keepPaused(false);
    this.#start();
  }

  /** @returns what was left, if anything */
  async leave(): Promise<StoredParticipation | undefined> {
    await this.#stop();
    const left = this.#held;
    if (left !== undefined) await this.#world.participations.delete(left.stored.id);
    this.#held = undefined;
    this.#status = undefined;
    this.#error = undefined;
    left?.release();
    this.#onChange();
    return left?.stored;
  }

  async #find(network: NetworkInfo, mine: string | undefined): Promise<void> {
    const all = await this.#world.participations.all();
    const known = all
      .filter((stored) => stored.network === networkName(network))
      .sort((a, b) => Number(b.id === mine) - Number(a.id === mine) || a.joinedAtMs - b.joinedAtMs);
    for (const stored of known) {
      const release = await tryLock(LOCK + stored.id);
      if (release !== undefined) return this.#take(network, stored, release);
    }
    const [first] = known;
    if (first === undefined) return;
    this.#others = known;
    this.#waitFor(network, first);
  }

  /** Takes over when the other tab is closed. */
  #waitFor(network: NetworkInfo, stored: StoredParticipation): void {
    const controller = new AbortController();
    this.#waiting = controller;
    this.#onChange();
    waitForLock(LOCK + stored.id, controller.signal)
      .then(async (release) => {
        if (controller.signal.aborted) return release();
        this.#waiting = undefined;
        this.#others = [];
        // Whoever held it may have left the task before it went.
        const now = (await this.#world.participations.all()).find(({ id }) => id === stored.id);
        if (now === undefined) release();
        else this.#take(network, now, release);
        this.#onChange();
      })
      .catch((error: unknown) => {
        if (controller.signal.aborted) return;
        this.#error = toErrorData(error);
        this.#onChange();
      });
  }

  #take(network: NetworkInfo, stored: StoredParticipation, release: () => void): void {
    this.#held = { network, stored, release };
    if (!stored.paused) this.#start();
    this.#onChange();
  }

  async #keepPaused(paused: boolean): Promise<void> {
    if (this.#held === undefined) return;
    this.#held = { ...this.#held, stored: { ...this.#held.stored, paused } };
    await this.#world.participations.put(this.#held.stored);
  }

  #start(): void {
    const held = this.#held;
    if (held === undefined) return;
    const controller = new AbortController();
    this.#error = undefined;
    const done = this.#takePart(held, controller.signal)
      .catch((error: unknown) => {
        if (!controller.signal.aborted) this.#error = toErrorData(error);
      })
      .finally(() => {
        this.#run = undefined;
        this.#onChange();
      });
    this.#run = { controller, done };
    this.#onChange();
  }

  async #stop(): Promise<void> {
    this.#run?.controller.abort();
    await this.#run?.done;
  }

  async #takePart({ network, stored }: Held, signal: AbortSignal): Promise<void> {
    const { vault, datasets, database } = this.#world;
    const { wallet } = stored;
    const keys = await sessionKeys(vault, networkName(network), stored.task, wallet);
    const session = await connectSession(this.#world, network, stored, keys);
    const trainer = trainerWorker();
    try {
      const spec = await this.#patiently(() => session.spec(signal), signal);
      const rows = await datasets.get(stored.dataset);
      if (rows === undefined) {
        throw new MurmurError('not-found', 'the file of this task is no longer stored in this browser', {
          hint: 'Leave the task and choose the file again.',
        });
      }
      this.#about = { title: spec.title, rows: rows.rows };
      this.#onChange();
      const journal = openJournal(database, `${networkName(network)}/${stored.task}/${stored.registrationId}`);
      const history = await openHistory(journal);
      const { participate } = await import('../src/session/participate.ts');
      await participate({
        task: BigInt(stored.task),
        registrationId: stored.registrationId,
        wallet,
        spec,
        dataset: await splitStored(rows, spec),
        chain: session.chain,
        relay: session.relay,
        journal,
        signer: session.signer,
        channel: keys.channel,
        createTrainer: trainer.createTrainer,
        clock,
        random: secureRandom,
        onStatus: (status) => {
          if (signal.aborted) return;
          this.#status = { ...status, history: history.merge(status.history) };
          this.#onChange();
        },
        signal,
      });
    } finally {
      trainer.stop();
      session.close();
    }
  }

  /** A network that is away when the tab starts is waited for, as it is later in the session. */
  async #patiently<T>(ask: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (let waitMs = 500; ; waitMs = Math.min(2 * waitMs, 10_000)) {
      try {
        const answer = await ask();
        this.#error = undefined;
        return answer;
      } catch (error) {
        if (signal.aborted) throw cancelled();
        if (!hasCode(error, 'unreachable', 'timeout')) throw error;
        this.#error = toErrorData(error);
        this.#onChange();
        await clock.sleep(waitMs, signal);
      }
    }
  }
}
