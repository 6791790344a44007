/**
 * The data sets of this browser: encoded rows, encrypted at rest in blocks of about 1 MiB under the profile's non-extractable key.
 *
 * Guarantees: a data set is there as a whole or not at all, because all of it is written in one transaction; a block cannot be altered,
 * moved or left out unseen.
 * Not: that a data set's name and numbers of rows and columns are secret; they lie in the clear.
 */
import { type Bytes, concatBytes, toHex } from '../core/bytes.ts';
import { MurmurError, check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { Database, SealedValue, StoredDataset } from './database.ts';
import type { Vault } from './vault.ts';

/** Plain bytes of a block, at most. */
const BLOCK_BYTES = 1_048_576;

/** Encoded rows as training takes them. */
export interface LibraryRows {
  /** rows x width, row-major */
  readonly features: Float32Array;
  /** the same number of labels for every row */
  readonly labels: Uint8Array | Float32Array;
  readonly rows: number;
  readonly width: number;
}

/** How the labels of a row lie in a block. */
type LabelForm = NonNullable<StoredDataset['labels']>;

/** What a set without a form has: one byte a row. */
const ONE_BYTE: LabelForm = { perRow: 1, bytes: 1 };

/** What a data set is called; the rest follows from its rows. */
export type DatasetFacts = Pick<StoredDataset, 'fileName' | 'schema' | 'columns' | 'droppedRows' | 'readAtMs'>;

/** Rows on their way into the library, block by block, sealed while the next ones are read. Nothing is stored before the end. */
export interface LibraryWriter {
  /** @param block exactly {@link rowsPerBlock} rows, except the last one; its arrays must not change any more */
  add(block: LibraryRows): void;
  /** Stores everything; the same rows for the same schema are the same data set, and keep their id. */
  finish(facts: DatasetFacts): Promise<StoredDataset>;
}

export interface Library {
  write(): LibraryWriter;
  describe(id: string): Promise<StoredDataset | undefined>;
  /** @throws MurmurError bad-hash when the stored bytes were altered */
  get(id: string): Promise<LibraryRows | undefined>;
  all(): Promise<readonly StoredDataset[]>;
  delete(id: string): Promise<void>;
}

/**
 * Rows of one block, so that the same rows always make the same blocks.
 * @param labelBytes of all labels of a row
 */
export function rowsPerBlock(width: number, labelBytes = 1): number {
  return Math.max(1, Math.floor(BLOCK_BYTES / (4 * width + labelBytes)));
}

/** All rows at once through a writer. */
export function storeRows(library: Library, facts: DatasetFacts, rows: LibraryRows): Promise<StoredDataset> {
  const writer = library.write();
  const { perRow, bytes } = labelForm(rows);
  const step = rowsPerBlock(rows.width, perRow * bytes);
  for (let start = 0; start < rows.rows; start += step) {
    const end = Math.min(rows.rows, start + step);
    writer.add({
      features: rows.features.subarray(start * rows.width, end * rows.width),
      labels: rows.labels.subarray(start * perRow, end * perRow),
      rows: end - start,
      width: rows.width,
    });
  }
  return writer.finish(facts);
}

export function openLibrary(database: Database, vault: Vault): Library {
  const all = () => database.connection().getAll('datasets');
  return {
    write: () => openWriter(database, vault),
    describe: (id) => database.connection().get('datasets', id),
    async get(id) {
      const transaction = database.connection().transaction(['datasets', 'blocks']);
      const [about, blocks] = await Promise.all([
        transaction.objectStore('datasets').get(id),
        transaction.objectStore('blocks').getAll(blocksOf(id)),
      ]);
      if (about === undefined) return undefined;
      const opened = await Promise.all(blocks.map((block, i) => vault.open(blockName(id, i), block)));
      return joined(opened, about);
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

interface SealedBlock {
  readonly sealed: SealedValue;
  readonly digest: Bytes;
}

function openWriter(database: Database, vault: Vault): LibraryWriter {
  const id = crypto.randomUUID();
  const blocks: Promise<SealedBlock>[] = [];
  let rows = 0;
  let width = 0;
  let form = ONE_BYTE;
  let lastRows: number | undefined;
  return {
    add(block) {
      const blockForm = labelForm(block);
      const full = rowsPerBlock(block.width, blockForm.perRow * blockForm.bytes);
      check(block.rows > 0 && block.rows <= full && (lastRows ?? full) === full, 'a block has another number of rows');
      check(blocks.length === 0 || block.width === width, 'the blocks differ in width');
      check(
        blocks.length === 0 || (blockForm.perRow === form.perRow && blockForm.bytes === form.bytes),
        'the blocks differ in their labels',
      );
      const bytes = packed(block);
      const name = blockName(id, blocks.length);
      const sealing = Promise.all([vault.seal(name, bytes), sha256(bytes)]);
      const done = sealing.then(([sealed, digest]) => ({ sealed, digest }));
      // Nobody waits for it before the end.
      done.catch(() => undefined);
      blocks.push(done);
      lastRows = block.rows;
      rows += block.rows;
      width = block.width;
      form = blockForm;
    },
    async finish(facts) {
      const sealed = await Promise.all(blocks);
      const rowsHash = toHex(await sha256(concatBytes(...sealed.map(({ digest }) => digest))));
      const sizeBytes = sealed.reduce((sum, block) => sum + block.sealed.sealed.length, 0);
      // Sets of one byte a row are kept as they were before there were others.
      const labels = form.perRow === 1 && form.bytes === 1 ? {} : { labels: form };
      const fresh: StoredDataset = { ...facts, id, rowsHash, rows, width, sizeBytes, blocks: sealed.length, ...labels };
      const transaction = database.connection().transaction(['datasets', 'blocks'], 'readwrite');
      const datasets = transaction.objectStore('datasets');
      const stored = (await datasets.getAll()).find((one) => one.rowsHash === rowsHash && one.schema === facts.schema);
      const { fileName, droppedRows, readAtMs } = facts;
      const dataset = stored === undefined ? fresh : { ...stored, fileName, droppedRows, readAtMs };
      const writes: Promise<unknown>[] = [datasets.put(dataset)];
      if (stored === undefined) {
        const store = transaction.objectStore('blocks');
        writes.push(...sealed.map((block, i) => store.put(block.sealed, [id, i])));
      }
      await Promise.all([...writes, transaction.done]);
      return dataset;
    },
  };
}

function blockName(id: string, index: number): string {
  return `dataset/${id}/${index}`;
}

function blocksOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id, 0], [id, Infinity]);
}

function labelForm({ labels, rows }: LibraryRows): LabelForm {
  check(rows > 0 && labels.length % rows === 0, 'the labels do not belong to the rows');
  return { perRow: labels.length / rows, bytes: labels instanceof Uint8Array ? 1 : 4 };
}

function packed({ features, labels }: LibraryRows): Bytes {
  const bytes = new Uint8Array(features.byteLength + labels.byteLength);
  bytes.set(new Uint8Array(features.buffer, features.byteOffset, features.byteLength));
  bytes.set(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength), features.byteLength);
  return bytes;
}

function joined(blocks: readonly Bytes[], about: StoredDataset): LibraryRows {
  const { id, rows, width, blocks: count, labels: form = ONE_BYTE } = about;
  const features = new Float32Array(rows * width);
  const labels = form.bytes === 1 ? new Uint8Array(rows * form.perRow) : new Float32Array(rows * form.perRow);
  let row = 0;
  for (const bytes of blocks) {
    const blockRows = bytes.length / (4 * width + form.perRow * form.bytes);
    if (!Number.isInteger(blockRows) || row + blockRows > rows) throw altered(id);
    features.set(new Float32Array(bytes.buffer, bytes.byteOffset, blockRows * width), row * width);
    const own = bytes.subarray(4 * blockRows * width);
    const values = form.bytes === 1 ? own : new Float32Array(own.buffer, own.byteOffset, blockRows * form.perRow);
    labels.set(values, row * form.perRow);
    row += blockRows;
  }
  if (row !== rows || blocks.length !== count) throw altered(id);
  return { features, labels, rows, width };
}

function altered(id: string): MurmurError {
  return new MurmurError('bad-hash', `what is stored of the data set ${id} is not complete`, {
    hint: 'Forget this data set and read the file again.',
  });
}
