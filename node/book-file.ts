/**
 * The book of what was spent of this machine's data sets, as a file: one folder for all wallets and networks. Processes take turns by its lock;
 * a crash leaves the old book or the new one.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../relay/server/start.ts';
import { hasCode, MurmurError } from '../src/core/errors.ts';
import type { BookStore } from '../src/protocol/ports.ts';
import { openFileJournal } from '../src/storage/files.ts';
import { lockFolder } from './state-folder.ts';

const KEY = 'book';
/** Another process holds the lock for as long as a file takes to be written. */
const PATIENCE_MS = 20_000;
const POLL_MS = 25;

/** A lock names its process, so within this one turns are taken here. */
const turns = new Map<string, Promise<unknown>>();

export async function openBookFile(folder: string): Promise<BookStore> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const turn = (turns.get(folder) ?? Promise.resolve()).then(async () => {
      const unlock = await lockPatiently(folder);
      try {
        return await step();
      } finally {
        await unlock();
      }
    });
    turns.set(
      folder,
      turn.catch(() => undefined),
    );
    return turn;
  };
  // Opened in turn too: opening removes what a crash left unfinished.
  const journal = () => openFileJournal(join(folder, 'files'));
  return {
    read: () => inTurn(async () => (await journal()).get(KEY)),
    update: (change) =>
      inTurn(async () => {
        const files = await journal();
        const changed = change(await files.get(KEY));
        if (changed !== undefined) await files.put(KEY, changed);
      }),
  };
}

async function lockPatiently(folder: string): Promise<() => Promise<void>> {
  const untilMs = systemClock.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await lockFolder(folder);
    } catch (cause) {
      if (!hasCode(cause, 'conflict')) throw cause;
      if (systemClock.now() > untilMs) {
        throw new MurmurError('timeout', `another process has held ${folder} for ${PATIENCE_MS / 1000} seconds`, {
          hint: `If none runs, delete ${join(folder, 'lock')}.`,
          cause,
        });
      }
    }
    await systemClock.sleep(POLL_MS);
  }
}
