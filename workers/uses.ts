/** What a participation spends of its data set: the library keeps it by the rows themselves, so that it outlives the file. */
import { MurmurError } from '../src/core/errors.ts';
import type { StoredParticipation } from '../src/storage/database.ts';
import type { Library } from '../src/storage/library.ts';

export interface Use {
  /** Notes that this many sums hold these rows; never fewer than were noted before. Never rejects. */
  spend(releases: number): Promise<void>;
}

/** Notes at once that the rows are used in the task. */
export async function openUse(
  library: Library,
  { stored, title }: { stored: StoredParticipation; title: string },
): Promise<Use> {
  const { dataset, network, task, joinedAtMs } = stored;
  const about = await library.describe(dataset);
  if (about === undefined) throw new MurmurError('not-found', 'the rows are no longer stored in this browser');
  const { rowsHash } = about;
  // Two sites of one browser may use the same rows; their sums are mostly the same ones.
  const known = (await library.uses()).find(
    (use) => use.rowsHash === rowsHash && use.network === network && use.task === task,
  );
  let releases = known?.releases ?? 0;
  const note = () =>
    library.noteUse({ dataset, rowsHash, network, task, title, sinceMs: known?.sinceMs ?? joinedAtMs, releases });
  await note();
  return {
    async spend(count) {
      if (count <= releases) return;
      releases = count;
      // Storage that fails ends the session itself at its next journal entry.
      await note().catch(() => undefined);
    },
  };
}
