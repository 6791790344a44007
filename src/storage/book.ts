/**
 * The book of what was spent of this browser's data sets, as one value of IndexedDB (src/session/budget-book.ts says what is in it). A
 * change reads and writes in one transaction of strict durability: transactions on one store run one after the other in all tabs of a
 * browser, so no change is made on a value that another one has replaced, and it is on disk when it is done.
 */
import type { BookStore } from '../protocol/ports.ts';
import type { Database } from './database.ts';

const KEY = 'spent';

export function openBook(database: Database): BookStore {
  return {
    read: () => database.connection().get('book', KEY),
    async update(change) {
      const transaction = database.connection().transaction('book', 'readwrite', { durability: 'strict' });
      try {
        const changed = change(await transaction.store.get(KEY));
        if (changed !== undefined) await transaction.store.put(changed, KEY);
      } catch (error) {
        transaction.abort();
        await transaction.done.catch(() => undefined);
        throw error;
      }
      await transaction.done;
    },
  };
}
