/**
 * The stores of one browser profile over IndexedDB. Journal, secrets and participations are written with strict durability: the
 * promise resolves when the value is on disk, because a message may leave right after (docs/protocol.md, sections 8 and 9).
 */
import type { Journal } from '../protocol/ports.ts';
import type { Database, StoredParticipation } from './database.ts';

const STRICT = { durability: 'strict' } as const;
/** Sorts behind every key that is ASCII. */
const LAST = '\uffff';

/** The journal of one participation; participations of one profile do not see each other's keys. */
export function openJournal(database: Database, participation: string): Journal {
  return {
    get: (key) => database.connection().get('journal', [participation, key]),
    async put(key, value) {
      const transaction = database.connection().transaction('journal', 'readwrite', STRICT);
      await Promise.all([transaction.store.put(value, [participation, key]), transaction.done]);
    },
    async keys(prefix) {
      const range = IDBKeyRange.bound([participation, prefix], [participation, prefix + LAST]);
      const found = await database.connection().getAllKeys('journal', range);
      return found.map(([, key]) => key);
    },
    async delete(key) {
      const transaction = database.connection().transaction('journal', 'readwrite', STRICT);
      await Promise.all([transaction.store.delete([participation, key]), transaction.done]);
    },
  };
}

export interface ParticipationStore {
  all(): Promise<readonly StoredParticipation[]>;
  put(participation: StoredParticipation): Promise<void>;
  delete(id: string): Promise<void>;
}

/** What this profile takes part in. */
export function openParticipations(database: Database): ParticipationStore {
  return {
    all: () => database.connection().getAll('participations'),
    async put(participation) {
      const transaction = database.connection().transaction('participations', 'readwrite', STRICT);
      await Promise.all([transaction.store.put(participation), transaction.done]);
    },
    delete: (id) => database.connection().delete('participations', id),
  };
}
