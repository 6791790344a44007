/** Tasks as anybody may read them. */
import { fromHex } from '../../src/core/bytes.ts';
import type { TasksApi } from '../api/tasks.ts';
import type { Context } from '../context.ts';

export function tasksCalls({ connected, refreshed }: Context): TasksApi {
  return {
    async network(signal) {
      return (await refreshed(signal)).network;
    },
    async tasks(count, before, signal) {
      const { network, tasks } = await connected(signal);
      return { network, ...(await tasks.list(network, count, before, signal)) };
    },
    async task(task, signal) {
      const { network, tasks } = await connected(signal);
      return tasks.detail(network, task, signal);
    },
    async verify(task, onRound, signal) {
      const { network, tasks } = await connected(signal);
      return tasks.verify(network, task, onRound, signal);
    },
    async model(hash, signal) {
      const { network, tasks } = await connected(signal);
      fromHex(hash, 32);
      return tasks.model(network, hash, signal);
    },
  };
}
