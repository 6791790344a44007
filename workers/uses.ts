/** What a participation spends of its data set: the library keeps it by the rows themselves, so that it outlives the file. */
import { toHex } from '../src/core/bytes.ts';
import { sha256 } from '../src/core/hash.ts';
import type { StoredParticipation } from '../src/storage/database.ts';
import type { Library, LibraryRows } from '../src/storage/library.ts';

export interface Use {
  /** Notes that this many sums hold these rows; never fewer than were noted before. Never rejects. */
  spend(releases: number): Promise<void>;
}

/** Notes at once that the rows are used in the task. */
export async function openUse(
  library: Library,
  { stored, rows, title }: { stored: StoredParticipation; rows: LibraryRows; title: string },
): Promise<Use> {
  const rowsHash = await hashRows(rows);
  const { dataset, network, task, joinedAtMs } = stored;
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

/** SHA-256 of the encoded features and labels. */
function hashRows({ features, labels }: LibraryRows): Promise<`0x${string}`> {
  const bytes = new Uint8Array(features.buffer, features.byteOffset, features.byteLength);
  return sha256(bytes, labels).then(toHex);
}
