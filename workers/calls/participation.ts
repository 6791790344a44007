/** Joining, pausing, leaving. */
import { registerLocally, requireRegistration, withdrawStake } from '../chain.ts';
import type { ParticipationApi } from '../api/participation.ts';
import type { Context } from '../context.ts';
import { localWalletKey } from '../keys.ts';
import { networkName } from '../world.ts';

export function participationCalls({ connected }: Context): Omit<ParticipationApi, 'watch'> {
  return {
    async join(task, dataset, wallet) {
      const { world, network, participation, tasks } = await connected();
      await tasks.checkJoin(network, task);
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
    async leave() {
      const { world, network, participation } = await connected();
      const left = await participation.leave();
      if (left !== undefined) await withdrawStake(world, network, left.task, left.wallet);
    },
  };
}
