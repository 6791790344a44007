/**
 * The one IndexedDB database of a browser profile: schema by version, and what happens when two tabs run different versions.
 * An older tab that meets a newer one gives way at once (its next call is `conflict`); it never blocks the newer tab.
 */
import { type DBSchema, type IDBPDatabase, openDB } from 'idb';
import type { Bytes } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';

export const DATABASE_VERSION = 1;

/** AES-GCM under the profile's own key; the name is authenticated with the bytes. */
export interface SealedValue {
  readonly nonce: Bytes;
  readonly sealed: Bytes;
}

/** A file of this person as the task encodes it. Typed arrays, stored as they are. */
export interface StoredDataset {
  readonly fileName: string;
  readonly features: Float32Array;
  readonly labels: Uint8Array;
  readonly rows: number;
  readonly width: number;
  readonly droppedRows: number;
}

/** What this browser takes part in, so that a reload finds its way back. */
export interface StoredParticipation {
  readonly task: string;
  readonly registrationId: number;
  readonly wallet: string;
  readonly fileName: string;
  readonly joinedAtMs: number;
  readonly paused: boolean;
}

/** One request that left the tab; the fields are those of the network's ledger and travel as plain data. */
export type StoredLedgerEntry = Readonly<Record<string, string | number | boolean>>;

export interface MurmurSchema extends DBSchema {
  /** [participation, key] -> value */
  journal: { key: [string, string]; value: Bytes };
  datasets: { key: string; value: StoredDataset };
  participations: { key: string; value: StoredParticipation };
  /** the profile's non-extractable key, under the name `vault` */
  vault: { key: string; value: CryptoKey };
  secrets: { key: string; value: SealedValue };
  ledger: { key: number; value: StoredLedgerEntry };
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
    upgrade: (database, oldVersion) => upgrade(database, oldVersion),
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

function upgrade(database: IDBPDatabase<MurmurSchema>, oldVersion: number): void {
  if (oldVersion < 1) {
    database.createObjectStore('journal');
    database.createObjectStore('datasets');
    database.createObjectStore('participations');
    database.createObjectStore('vault');
    database.createObjectStore('secrets');
    database.createObjectStore('ledger', { autoIncrement: true });
  }
}
