/**
 * The data sets of this browser: encoded rows, encrypted at rest in blocks of about 1 MiB under the profile's non-extractable key.
 *
 * Guarantees: a data set is there as a whole or not at all: its record is written last, and blocks without a record are swept away by
 * the next writer; a block cannot be altered, moved or left out unseen. Rows are written and read by the block, so memory is bounded
 * whatever their number (ADR 20).
 * Not: that a data set's name and numbers of rows and columns are secret; they lie in the clear.
 */
import type { Bytes } from '../core/bytes.ts';
import type { RowBlock, RowSource } from '../protocol/row-source.ts';
import type { Database, StoredDataset } from './database.ts';
import { CLASSES, type LabelForm, ONE_BYTE, blockName, blocksOf, openRows, rowsPerBlock } from './library-blocks.ts';
import { type DatasetFacts, type LibraryWriter, openWriter } from './library-writer.ts';
import type { Vault } from './vault.ts';

export { rowsPerBlock } from './library-blocks.ts';

/** The rows of a data set, to be read by the piece, and what a split needs to know of all of them. */
export interface StoredRows extends RowSource {
  readonly digests: StoredDataset['digests'];
  /** class of each row, where there are classes */
  readonly classes: Bytes | undefined;
}

export interface Library {
  write(): LibraryWriter;
  describe(id: string): Promise<StoredDataset | undefined>;
  /** @throws MurmurError bad-hash when the stored classes were altered; rows say so when they are read */
  open(id: string): Promise<StoredRows | undefined>;
  all(): Promise<readonly StoredDataset[]>;
  delete(id: string): Promise<void>;
}

/** All rows at once through a writer. */
export async function storeRows(library: Library, facts: DatasetFacts, rows: RowBlock): Promise<StoredDataset> {
  const writer = library.write();
  const perRow = rows.labels.length / rows.rows;
  const step = rowsPerBlock(rows.width, perRow * rows.labels.BYTES_PER_ELEMENT);
  for (let start = 0; start < rows.rows; start += step) {
    const end = Math.min(rows.rows, start + step);
    writer.add({
      features: rows.features.subarray(start * rows.width, end * rows.width),
      labels: rows.labels.subarray(start * perRow, end * perRow),
      rows: end - start,
      width: rows.width,
    });
    await writer.settled();
  }
  return writer.finish(facts);
}

export function openLibrary(database: Database, vault: Vault): Library {
  const all = () => database.connection().getAll('datasets');
  return {
    write: () => openWriter(database, vault),
    describe: (id) => database.connection().get('datasets', id),
    async open(id) {
      const about = await database.connection().get('datasets', id);
      if (about === undefined) return undefined;
      const { digests, labels: form = ONE_BYTE } = about;
      const classes = await classesOf(database, vault, id, form);
      return { ...openRows(database, vault, { ...about, form }), digests, classes };
    },
    all,
    async delete(id) {
      const transaction = database.connection().transaction(['datasets', 'blocks'], 'readwrite');
      await Promise.all([
        transaction.objectStore('datasets').delete(id),
        transaction.objectStore('blocks').delete(blocksOf(id)),
        transaction.done,
      ]);
    },
  };
}

async function classesOf(database: Database, vault: Vault, id: string, form: LabelForm): Promise<Bytes | undefined> {
  if (form.perRow !== 1 || form.bytes !== 1) return undefined;
  const sealed = await database.connection().get('blocks', [id, CLASSES]);
  return sealed && vault.open(blockName(id, CLASSES), sealed);
}
