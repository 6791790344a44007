/**
 * The one IndexedDB database of a browser profile: schema by version, and what happens when two tabs run different versions.
 * An older tab that meets a newer one gives way at once (its next call is `conflict`); it never blocks the newer tab.
 */
import { type DBSchema, type IDBPDatabase, type IDBPTransaction, openDB, type StoreNames } from 'idb';
import type { Bytes, Hex } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';

export const DATABASE_VERSION = 3;

/** AES-GCM under the profile's own key; the name is authenticated with the bytes. */
export interface SealedValue {
  readonly nonce: Bytes;
  readonly sealed: Bytes;
}

/** What a data set is, beside its rows. Stored in the clear: it names no person. */
export interface StoredDataset {
  readonly id: string;
  readonly fileName: string;
  /** SHA-256 of the canonical JSON of the schema that it was read for, 0x-hex */
  readonly schema: string;
  readonly columns: readonly string[];
  /** 0x-hex SHA-256 over the blocks' SHA-256: the same rows are the same data set, whatever the file is called */
  readonly rowsHash: string;
  /** 0x-hex SHA-256 over the two digests: names the encoded features and labels in their order, however they were cut into blocks */
  readonly contentHash: string;
  /** PieceHash (core) of all features and of all labels: a split of the rows depends on them */
  readonly digests: { readonly features: Bytes; readonly labels: Bytes };
  readonly rows: number;
  readonly width: number;
  /** labels of a row and bytes of each; absent: one of one byte */
  readonly labels?: { readonly perRow: number; readonly bytes: 1 | 4 };
  readonly droppedRows: number;
  /** of all sealed blocks */
  readonly sizeBytes: number;
  readonly blocks: number;
  readonly readAtMs: number;
}

/** What a browser takes part in, so that a reload finds its way back. */
export interface StoredParticipation {
  readonly id: string;
  /** chain and contract */
  readonly network: string;
  readonly task: string;
  readonly registrationId: number;
  readonly wallet: Hex;
  /** id of the data set */
  readonly dataset: string;
  readonly fileName: string;
  readonly joinedAtMs: number;
  readonly paused: boolean;
}

/** One request that left the tab; the fields are those of the network's ledger. */
export interface StoredLedgerEntry {
  readonly timeMs: number;
  readonly destination: string;
  readonly method: string;
  readonly sizeBytes: number;
  readonly kind: string;
  readonly sha256: string;
  readonly detail?: string;
  /** SHA-256 of the blob that it offers, carries a part of, or names */
  readonly blob?: string;
  readonly transaction?: string;
  /** the signed record that it carries */
  readonly step?: {
    readonly chainId: number;
    readonly coordinator: string;
    readonly task: string;
    readonly round: number;
    readonly phase: number;
    readonly index: number;
  };
}

/** Of all requests of a kind that ever left, those that are no longer listed included. */
export interface StoredLedgerTotal {
  readonly kind: string;
  readonly requests: number;
  readonly bytes: number;
}

export interface MurmurSchema extends DBSchema {
  /** [participation, key] -> value */
  journal: { key: [string, string]; value: Bytes };
  datasets: { key: string; value: StoredDataset };
  /** [data set, number] -> sealed rows; number -1: the class of every row, where there are classes */
  blocks: { key: [string, number]; value: SealedValue };
  /** one value: what was spent of which rows, which outlives the rows (openBook) */
  book: { key: string; value: Bytes };
  participations: { key: string; value: StoredParticipation };
  /** the profile's non-extractable key, under the name `vault` */
  vault: { key: string; value: CryptoKey };
  secrets: { key: string; value: SealedValue };
  ledger: { key: number; value: StoredLedgerEntry; indexes: { kind: string; blob: string } };
  'ledger-totals': { key: string; value: StoredLedgerTotal };
}

/** Empties every store: nothing of this profile is left, its key included. */
export async function clearDatabase(database: Database): Promise<void> {
  const connection = database.connection();
  const names = [...connection.objectStoreNames];
  const transaction = connection.transaction(names, 'readwrite', { durability: 'strict' });
  await Promise.all([...names.map((name) => transaction.objectStore(name).clear()), transaction.done]);
}

/** A connection that has ended answers every call with `conflict`. */
export interface Database {
  /** @throws MurmurError conflict after another tab began to upgrade the schema */
  connection(): IDBPDatabase<MurmurSchema>;
  close(): void;
}

/**
 * Opens the database, and creates or upgrades its stores.
 * @throws MurmurError conflict when an older tab keeps the old schema open, unsupported when the browser stores nothing (private
 * windows of some browsers)
 */
export async function openDatabase(name = 'murmur'): Promise<Database> {
  let open: IDBPDatabase<MurmurSchema> | undefined;
  let ended: MurmurError | undefined;
  let reportBlocked: (error: MurmurError) => void = () => undefined;
  const blocked = new Promise<never>((_, reject) => (reportBlocked = reject));
  const opening = openDB<MurmurSchema>(name, DATABASE_VERSION, {
    upgrade: (database, oldVersion, _, transaction) => upgrade(database, oldVersion, transaction),
    blocked: () =>
      reportBlocked(
        new MurmurError('conflict', 'another tab holds an older version of the stored data open', {
          hint: 'Close the other Murmur tabs, then reload this one.',
        }),
      ),
    blocking: () => {
      ended = new MurmurError('conflict', 'a newer version of Murmur was opened in another tab', {
        hint: 'Reload this tab to go on with the newer version.',
      });
      open?.close();
    },
    terminated: () => {
      ended = new MurmurError('internal', 'the browser closed its storage', { hint: 'Reload this tab.' });
    },
  });
  try {
    open = await Promise.race([opening, blocked]);
  } catch (cause) {
    // A blocked opening may still succeed later; nobody would use or close it then.
    opening.then((late) => late.close()).catch(() => undefined);
    if (cause instanceof MurmurError) throw cause;
    throw new MurmurError('unsupported', 'this browser refuses to store data for this page', {
      hint: 'Leave private browsing, or allow this site to store data, and try again.',
      cause,
    });
  }
  return {
    connection: () => {
      if (ended !== undefined) throw ended;
      return open;
    },
    close: () => open.close(),
  };
}

type Upgrade = IDBPTransaction<MurmurSchema, StoreNames<MurmurSchema>[], 'versionchange'>;

async function upgrade(database: IDBPDatabase<MurmurSchema>, oldVersion: number, transaction: Upgrade): Promise<void> {
  if (oldVersion < 1) {
    for (const name of ['journal', 'vault', 'secrets'] as const) database.createObjectStore(name);
    database.createObjectStore('ledger', { autoIncrement: true });
  } else if (oldVersion < 2) {
    // Version 1 kept rows in the clear and one participation a network; its files are chosen once more.
    for (const name of ['datasets', 'participations'] as const) database.deleteObjectStore(name);
  }
  if (oldVersion < 2) {
    database.createObjectStore('datasets', { keyPath: 'id' });
    database.createObjectStore('blocks');
    database.createObjectStore('participations', { keyPath: 'id' });
    const ledger = transaction.objectStore('ledger');
    ledger.createIndex('kind', 'kind');
    ledger.createIndex('blob', 'blob');
    database.createObjectStore('ledger-totals', { keyPath: 'kind' });
    await countEntries(transaction);
  }
  if (oldVersion < 3) {
    // Version 2 kept no digests of the rows, so its files are chosen once more, and counted sums without what they cost.
    await Promise.all((['datasets', 'blocks'] as const).map((name) => transaction.objectStore(name).clear()));
    const stores: DOMStringList = database.objectStoreNames;
    if (stores.contains('uses')) (database as IDBPDatabase<unknown>).deleteObjectStore('uses');
    database.createObjectStore('book');
  }
}

/** Version 1 kept no totals: they begin with what is listed. */
async function countEntries(transaction: Upgrade): Promise<void> {
  const totals = new Map<string, StoredLedgerTotal>();
  for (const { kind, sizeBytes } of await transaction.objectStore('ledger').getAll()) {
    const { requests, bytes } = totals.get(kind) ?? { requests: 0, bytes: 0 };
    totals.set(kind, { kind, requests: requests + 1, bytes: bytes + sizeBytes });
  }
  const store = transaction.objectStore('ledger-totals');
  await Promise.all([...totals.values()].map((total) => store.put(total)));
}
