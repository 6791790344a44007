/** The journal of a participation, and the model that a site has of its task: read at any time, also while a round runs. */
import type { Bytes } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import type { Journal } from '../src/protocol/ports.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import type { StoredParticipation } from '../src/storage/database.ts';
import { openJournal } from '../src/storage/idb.ts';
import type { NetworkInfo } from './api/network.ts';
import { networkName, type World } from './world.ts';

/** Of the registration, not of the wallet: a new session key has said nothing yet, so it has nothing to remember. */
export function journalOf(
  { database }: Pick<World, 'database'>,
  network: NetworkInfo,
  of: StoredParticipation,
): Journal {
  return openJournal(database, `${networkName(network)}/${of.task}/${of.registrationId}`);
}

/**
 * @param held what this tab takes part in
 * @returns a safetensors file with the site's own values in its private layers
 * @throws MurmurError not-found before the first model, or when the tab does not take part in the task
 */
export async function ownModel(
  world: Pick<World, 'database'>,
  network: NetworkInfo,
  held: StoredParticipation | undefined,
  { task, spec }: { readonly task: string; readonly spec: TaskSpec },
): Promise<Bytes> {
  if (held?.task !== task) {
    throw new MurmurError('not-found', 'this tab does not take part in the task', {
      hint: 'Open the tab that takes part in it, and save the model there.',
    });
  }
  const { readOwnModel } = await import('../src/session/own-model.ts');
  const bytes = await readOwnModel(journalOf(world, network, held), spec, BigInt(task));
  if (bytes === undefined) {
    throw new MurmurError('not-found', 'this site has no model of the task yet', {
      hint: 'Wait until a round in which it took part is over.',
    });
  }
  return bytes;
}
