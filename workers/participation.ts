/**
 * One browser's participation: who holds it among the tabs, start and stop of the session, and what the page is told. The session
 * itself is src/session/participate.ts; this file gives it the tab's adapters.
 */
import type { Hex } from '../src/core/bytes.ts';
import { type ErrorData, MurmurError, toErrorData } from '../src/core/errors.ts';
import { secureRandom } from '../src/core/random.ts';
import type { ParticipationStatus } from '../src/session/status.ts';
import type { StoredParticipation } from '../src/storage/database.ts';
import { openJournal } from '../src/storage/idb.ts';
import type { Holder, NetworkInfo, Snapshot } from './api.ts';
import { connectSession } from './chain.ts';
import { splitStored } from './data.ts';
import { openHistory } from './history.ts';
import { sessionKeys } from './keys.ts';
import { tryLock, waitForLock } from './lock.ts';
import { trainerWorker } from './trainer-port.ts';
import { clock, networkName, type World } from './world.ts';

export const datasetName = (network: NetworkInfo, task: string) => `${networkName(network)}/${task}`;

interface Run {
  readonly controller: AbortController;
  /** never rejects */
  readonly done: Promise<void>;
}

export class Participation {
  readonly #world: World;
  readonly #onChange: () => void;
  #attached: Promise<void> | undefined;
  #holder: Holder = 'nobody';
  #release: (() => void) | undefined;
  #stored: StoredParticipation | undefined;
  #about = { title: '', rows: 0 };
  #status: ParticipationStatus | undefined;
  #error: ErrorData | undefined;
  #run: Run | undefined;

  constructor(world: World, onChange: () => void) {
    this.#world = world;
    this.#onChange = onChange;
  }

  get task(): string | undefined {
    return this.#holder === 'here' ? this.#stored?.task : undefined;
  }

  view(): Omit<Snapshot, 'ledger'> {
    const over = this.#status?.state === 'finished' || this.#status?.state === 'failed';
    const stored = this.#holder === 'here' ? this.#stored : undefined;
    return {
      holder: this.#holder,
      paused: stored !== undefined && this.#run === undefined && !over,
      ...(stored && {
        participation: { task: stored.task, wallet: stored.wallet, fileName: stored.fileName, ...this.#about },
      }),
      ...(stored && this.#status && { status: this.#status }),
      ...(this.#error && { error: this.#error }),
    };
  }

  /** Finds a participation that a reload interrupted, and goes on with it. Once a network; later calls wait for the first. */
  attach(network: NetworkInfo): Promise<void> {
    this.#attached ??= this.#find(network);
    return this.#attached;
  }

  /** @throws MurmurError conflict when another tab of this browser takes part already */
  async join(network: NetworkInfo, task: string, wallet: Hex, register: () => Promise<number>): Promise<void> {
    if (!(await this.#hold(network))) {
      this.#waitForOther(network);
      throw new MurmurError('conflict', 'another tab of this browser is taking part already');
    }
    try {
      const dataset = await this.#world.datasets.get(datasetName(network, task));
      if (dataset === undefined) throw new MurmurError('not-found', 'no file has been read for this task yet');
      const registrationId = await register();
      await this.#keep(network, {
        task,
        registrationId,
        wallet,
        fileName: dataset.fileName,
        joinedAtMs: clock.now(),
        paused: false,
      });
    } catch (error) {
      this.#letGo();
      throw error;
    }
    this.#start(network);
  }

  async pause(network: NetworkInfo): Promise<void> {
    await this.#stop();
    if (this.#stored !== undefined) await this.#keep(network, { ...this.#stored, paused: true });
    this.#onChange();
  }

  async resume(network: NetworkInfo): Promise<void> {
    if (this.#stored === undefined || this.#run !== undefined) return;
    await this.#keep(network, { ...this.#stored, paused: false });
    this.#start(network);
  }

  /** @returns what was left, if anything */
  async leave(network: NetworkInfo): Promise<StoredParticipation | undefined> {
    await this.#stop();
    const left = this.#stored;
    await this.#world.participations.delete(networkName(network));
    this.#stored = undefined;
    this.#status = undefined;
    this.#error = undefined;
    this.#letGo();
    return left;
  }

  async #find(network: NetworkInfo): Promise<void> {
    this.#stored = await this.#world.participations.get(networkName(network));
    if (this.#stored === undefined) return;
    if (await this.#hold(network)) {
      if (!this.#stored.paused) this.#start(network);
      this.#onChange();
    } else this.#waitForOther(network);
  }

  #waitForOther(network: NetworkInfo): void {
    this.#holder = 'elsewhere';
    this.#onChange();
    void waitForLock(lockName(network)).then(async (release) => {
      this.#release = release;
      this.#holder = 'here';
      this.#stored = await this.#world.participations.get(networkName(network));
      if (this.#stored === undefined) this.#letGo();
      else if (!this.#stored.paused) this.#start(network);
      this.#onChange();
    });
  }

  async #hold(network: NetworkInfo): Promise<boolean> {
    if (this.#release !== undefined) return true;
    this.#release = await tryLock(lockName(network));
    if (this.#release === undefined) return false;
    this.#holder = 'here';
    return true;
  }

  #letGo(): void {
    this.#release?.();
    this.#release = undefined;
    this.#holder = 'nobody';
    this.#onChange();
  }

  async #keep(network: NetworkInfo, stored: StoredParticipation): Promise<void> {
    this.#stored = stored;
    await this.#world.participations.put(networkName(network), stored);
  }

  #start(network: NetworkInfo): void {
    const stored = this.#stored;
    if (stored === undefined) return;
    const controller = new AbortController();
    this.#error = undefined;
    const done = this.#takePart(network, stored, controller.signal)
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

  async #takePart(network: NetworkInfo, stored: StoredParticipation, signal: AbortSignal): Promise<void> {
    const { vault, datasets, database } = this.#world;
    const wallet = stored.wallet as Hex;
    const keys = await sessionKeys(vault, networkName(network), stored.task, wallet);
    const session = await connectSession(this.#world, network, stored, keys);
    const trainer = trainerWorker();
    try {
      const spec = await session.spec(signal);
      const rows = await datasets.get(datasetName(network, stored.task));
      if (rows === undefined) {
        throw new MurmurError('not-found', 'the file of this task is no longer stored in this browser', {
          hint: 'Leave the task and choose the file again.',
        });
      }
      this.#about = { title: spec.title, rows: rows.rows };
      this.#onChange();
      const journal = openJournal(database, `${datasetName(network, stored.task)}/${stored.registrationId}`);
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
}

function lockName(network: NetworkInfo): string {
  return `murmur/participation/${networkName(network)}`;
}
