/** Creating a task. One creation at a time in a browser, so that two tabs with one draft make one task. */
import { roundLayout } from '../../src/aggregation/layouts.ts';
import { layoutBytes } from '../../src/protocol/layout.ts';
import { checkTaskSpec } from '../../src/protocol/task-spec.ts';
import type { CreateApi } from '../api/create.ts';
import type { Context } from '../context.ts';
import { beaconWaitSeconds, createLocally, creationCalls, finishCreation } from '../create.ts';
import { waitForLock } from '../lock.ts';

/** How long another tab's creation is waited for. */
const WAIT_MS = 120_000;

export function createCalls({ connected }: Context): CreateApi {
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
    async roundBytes(spec) {
      return layoutBytes(roundLayout(checkTaskSpec(spec), 1));
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
