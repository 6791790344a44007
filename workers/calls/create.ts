/** Creating a task. One creation at a time in a browser, so that two tabs with one draft make one task. */
import type { CreateApi } from '../api/create.ts';
import type { Context } from '../context.ts';
import { beaconWaitSeconds, createLocally, creationCalls, finishCreation } from '../create.ts';
import { openSources } from '../data.ts';
import { waitForLock } from '../lock.ts';
import { startFileInspector } from '../start-file.ts';

/** How long another tab's creation is waited for. */
const WAIT_MS = 120_000;

const sampleReader = () => import('../sample.ts');

export function createCalls({ opened, connected }: Context): CreateApi {
  const inspectStart = startFileInspector();
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    const release = await waitForLock('murmur/create', AbortSignal.timeout(WAIT_MS));
    try {
      return await work();
    } finally {
      release();
    }
  };
  return {
    async beaconWaitSeconds(signal) {
      const { world, network } = await connected(signal);
      return beaconWaitSeconds(world, network, signal);
    },
    async inferSample(source, kind, signal) {
      const files = await openSources((await opened()).world, source, signal);
      return (await sampleReader()).inferSample(files, kind, signal);
    },
    async readSample(source, data, signal) {
      const files = await openSources((await opened()).world, source, signal);
      return (await sampleReader()).readSample(files, data, signal);
    },
    async planTask(wish, start) {
      return (await import('../plan-task.ts')).planTask(wish, start, inspectStart);
    },
    async createLocally(draft, wallet) {
      const { world, network } = await connected();
      return alone(() => createLocally(world, network, draft, wallet));
    },
    async creationCalls(draft, wallet) {
      const { world, network } = await connected();
      return alone(() => creationCalls(world, network, draft, wallet));
    },
    async finishCreation(draft) {
      const { world, network } = await connected();
      return alone(() => finishCreation(world, network, draft));
    },
  };
}
