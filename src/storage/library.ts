/**
 * The data sets of this browser: encoded rows, encrypted at rest block by block under the profile's non-extractable key, and what each
 * was used for.
 */
import type { Bytes } from '../core/bytes.ts';
import type { Database, StoredDataset, StoredUse } from './database.ts';
import type { Vault } from './vault.ts';

/** Encoded rows as training takes them. */
export interface LibraryRows {
  /** rows x width, row-major */
  readonly features: Float32Array;
  readonly labels: Uint8Array;
  readonly rows: number;
  readonly width: number;
}

export interface Library {
  /** Stores rows; the data set is there as a whole or not at all. */
  put(about: Omit<StoredDataset, 'sizeBytes' | 'blocks'>, rows: LibraryRows): Promise<StoredDataset>;
  describe(id: string): Promise<StoredDataset | undefined>;
  /** @throws MurmurError bad-hash when the stored bytes were altered */
  get(id: string): Promise<LibraryRows | undefined>;
  all(): Promise<readonly StoredDataset[]>;
  delete(id: string): Promise<void>;
  uses(): Promise<readonly StoredUse[]>;
  /** Notes that rows are used in a task, or that one more sum was released. */
  noteUse(use: StoredUse): Promise<void>;
}

export function openLibrary(database: Database, vault: Vault): Library {
  const block = (id: string) => `dataset/${id}`;
  return {
    async put(about, rows) {
      const bytes = packed(rows);
      const sealed = await vault.seal(block(about.id), bytes);
      const stored: StoredDataset = { ...about, sizeBytes: sealed.sealed.length, blocks: 1 };
      const transaction = database.connection().transaction(['datasets', 'blocks'], 'readwrite');
      await Promise.all([
        transaction.objectStore('blocks').put(sealed, [about.id, 0]),
        transaction.objectStore('datasets').put(stored),
        transaction.done,
      ]);
      return stored;
    },
    describe: (id) => database.connection().get('datasets', id),
    async get(id) {
      const about = await database.connection().get('datasets', id);
      const sealed = await database.connection().get('blocks', [id, 0]);
      if (about === undefined || sealed === undefined) return undefined;
      return unpacked(await vault.open(block(id), sealed), about);
    },
    all: () => database.connection().getAll('datasets'),
    async delete(id) {
      const transaction = database.connection().transaction(['datasets', 'blocks'], 'readwrite');
      await Promise.all([
        transaction.objectStore('datasets').delete(id),
        transaction.objectStore('blocks').delete(IDBKeyRange.bound([id, 0], [id, Infinity])),
        transaction.done,
      ]);
    },
    uses: () => database.connection().getAll('uses'),
    async noteUse(use) {
      await database.connection().put('uses', use);
    },
  };
}

function packed({ features, labels }: LibraryRows): Bytes {
  const bytes = new Uint8Array(features.byteLength + labels.length);
  bytes.set(new Uint8Array(features.buffer, features.byteOffset, features.byteLength));
  bytes.set(labels, features.byteLength);
  return bytes;
}

function unpacked(bytes: Bytes, { rows, width }: StoredDataset): LibraryRows {
  const split = 4 * rows * width;
  return {
    features: new Float32Array(bytes.slice(0, split).buffer),
    labels: bytes.slice(split),
    rows,
    width,
  };
}
