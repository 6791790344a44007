/** One run of a participation, from start to pause, end or failure: gives the session (src/session) the tab's adapters. */
import { cancelled } from '../src/core/clock.ts';
import { type ErrorData, hasCode, MurmurError, toErrorData } from '../src/core/errors.ts';
import { secureRandom } from '../src/core/random.ts';
import type { ParticipationStatus } from '../src/session/status.ts';
import type { StoredParticipation } from '../src/storage/database.ts';
import { journalOf } from './own-model.ts';
import type { NetworkInfo } from './api/network.ts';
import { taskBudget } from './budget.ts';
import { connectSession } from './chain.ts';
import { splitStored } from './data.ts';
import { openHistory } from './history.ts';
import { sessionKeys } from './keys.ts';
import { trainerWorker } from './trainer-port.ts';
import { clock, networkName, type World } from './world.ts';

/** What a run tells; nothing is told any more once its signal has aborted. */
export interface RunListener {
  /** what the task is called, once that is known */
  readonly onTitle: (title: string) => void;
  readonly onStatus: (status: ParticipationStatus) => void;
  /** what the start waits for: the network is away; undefined when it is back */
  readonly onWaiting: (error: ErrorData | undefined) => void;
}

/**
 * Takes part until the task ends or the signal aborts.
 * @throws MurmurError not-found when the rows are gone; whatever the session cannot go on with
 */
export async function runParticipation(
  world: World,
  network: NetworkInfo,
  stored: StoredParticipation,
  listener: RunListener,
  signal: AbortSignal,
): Promise<void> {
  const { vault, datasets } = world;
  const name = networkName(network);
  const keys = await sessionKeys(vault, name, stored.task, stored.wallet);
  const session = await connectSession(world, network, stored, keys);
  const trainer = trainerWorker();
  try {
    const rows = await datasets.open(stored.dataset);
    if (rows === undefined) {
      throw new MurmurError('not-found', 'the file of this task is no longer stored in this browser', {
        hint: 'Leave the task and choose the file again.',
      });
    }
    const spec = await patiently(() => session.spec(signal), listener, signal);
    listener.onTitle(spec.title);
    const task = BigInt(stored.task);
    const journal = journalOf(world, network, stored);
    const history = await openHistory(journal);
    const { parameters } = await patiently(() => session.chain.task(task, signal), listener, signal);
    const budget = await taskBudget(world, network, stored, { spec, parameters });
    const { participate } = await import('../src/session/participate.ts');
    await participate({
      task,
      registrationId: stored.registrationId,
      wallet: stored.wallet,
      spec,
      dataset: await splitStored(rows, spec),
      chain: session.chain,
      relay: session.relay,
      journal,
      budget,
      signer: session.signer,
      channel: keys.channel,
      createTrainer: trainer.createTrainer,
      clock,
      random: secureRandom,
      onStatus: (status) => {
        if (signal.aborted) return;
        const rounds = history.merge(status.history);
        listener.onStatus({ ...status, history: rounds });
      },
      signal,
    });
  } finally {
    trainer.stop();
    session.close();
  }
}

/** A network that is away when the tab starts is waited for, as it is later in the session. */
async function patiently<T>(ask: () => Promise<T>, { onWaiting }: RunListener, signal: AbortSignal): Promise<T> {
  for (let waitMs = 500; ; waitMs = Math.min(2 * waitMs, 10_000)) {
    try {
      const answer = await ask();
      onWaiting(undefined);
      return answer;
    } catch (error) {
      if (signal.aborted) throw cancelled();
      if (!hasCode(error, 'unreachable', 'timeout')) throw error;
      onWaiting(toErrorData(error));
      await clock.sleep(waitMs, signal);
    }
  }
}
