/** Joining, pausing, leaving. */
import { registerLocally, requireRegistration, withdrawStake } from '../chain.ts';
import type { NetworkInfo } from '../api/network.ts';
import type { JoinWish, ParticipationApi } from '../api/participation.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { sameData } from '../../src/session/budget-book.ts';
import { checkHonest } from '../../src/session/releases.ts';
import { bookOf, taskBudget } from '../budget.ts';
import type { Connected, Context } from '../context.ts';
import { localWalletKey } from '../keys.ts';
import { ownModel } from '../own-model.ts';
import { networkName, type World } from '../world.ts';

export function participationCalls({ connected }: Context): Omit<ParticipationApi, 'watch'> {
  return {
    async checkJoin(wish) {
      await checkJoin(await connected(), wish);
    },
    async join(wish) {
      const parts = await connected();
      await checkJoin(parts, wish);
      const { world, network, participation } = parts;
      const { task, dataset, wallet } = wish;
      const key = await localWalletKey(world.vault, networkName(network), wallet);
      await participation.join(network, { task, dataset, wallet }, () =>
        key === undefined
          ? requireRegistration(world, network, task, wallet)
          : registerLocally(world, network, task, key),
      );
    },
    async beIndependent() {
      const { participation } = await connected();
      await participation.beIndependent();
    },
    async pause() {
      const { participation } = await connected();
      await participation.pause();
    },
    async resume() {
      const { participation } = await connected();
      await participation.resume();
    },
    async ownModel(task, signal) {
      const { world, network, participation, tasks } = await connected(signal);
      const { spec } = await tasks.terms(network, task, signal);
      return ownModel(world, network, participation.stored(), { task, spec });
    },
    async leave() {
      const { world, network, participation } = await connected();
      const left = await participation.leave();
      if (left !== undefined) await withdrawStake(world, network, left.task, left.wallet);
    },
  };
}

async function checkJoin({ world, network, tasks }: Connected, wish: JoinWish): Promise<void> {
  const terms = await tasks.terms(network, wish.task);
  checkHonest(terms.spec, terms.parameters);
  const budget = await taskBudget(world, network, wish, terms);
  if (budget.protects === undefined) {
    if (wish.withoutNoise) return;
    throw new MurmurError('refused', 'something of this task has no noise, and that was not agreed to', {
      hint: 'Agree to it on the page of the task, or choose a task with noise.',
    });
  }
  await checkOtherWallets(world, network, wish);
  await budget.checkTask(terms.place);
}

/** Noise that hides one vector of a site does not hide two of the same rows in one sum. */
async function checkOtherWallets(
  world: World,
  network: NetworkInfo,
  { task, dataset, wallet }: JoinWish,
): Promise<void> {
  const [book, all] = await Promise.all([bookOf(world), world.participations.all()]);
  const rowsOf = async (id: string) => (await world.datasets.describe(id))?.rowsHash;
  const mine = sameData(book, (await rowsOf(dataset)) ?? '');
  for (const other of all) {
    const isInTask = other.network === networkName(network) && other.task === task;
    if (!isInTask || other.wallet.toLowerCase() === wallet.toLowerCase()) continue;
    const rows = await rowsOf(other.dataset);
    if (rows === undefined || !mine.has(rows)) continue;
    throw new MurmurError('conflict', 'another wallet of this browser takes part in this task with the same rows', {
      hint: 'Go on with that one, or choose another file.',
    });
  }
}
