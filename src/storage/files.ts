/**
 * A journal over files: one file a key in one folder. Crash-safe: a value is written beside its place, flushed, renamed into place,
 * and the folder is flushed, so after a power cut a key holds its old value or its new one, never half of either.
 */
import { mkdir, open, readFile, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import type { Journal } from '../protocol/ports.ts';

const UNFINISHED = '.tmp';
/** File systems hold 255 bytes a name; the suffix needs a few. */
const MAX_NAME_LENGTH = 240;

/** Opens a journal, creating its folder, and removes what a crash left unfinished. */
export async function openFileJournal(folder: string): Promise<Journal> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const name of await readdir(folder))
    if (name.endsWith(UNFINISHED)) await rm(join(folder, name), { force: true });

  /** Writes happen one after the other, so that of two puts of one key the later one stays. */
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(step: () => Promise<T>): Promise<T> => {
    const turn = last.then(step, step);
    last = turn.catch(() => undefined);
    return turn;
  };

  return {
    async get(key) {
      try {
        return new Uint8Array(await readFile(join(folder, fileName(key))));
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    },
    put: (key, value) => {
      const name = fileName(key);
      const copy = new Uint8Array(value);
      return inTurn(() => replaceFile(folder, name, copy));
    },
    async keys(prefix) {
      const names = await readdir(folder);
      const keys = names.filter((name) => !name.endsWith(UNFINISHED)).map(keyOf);
      return keys.filter((key) => key.startsWith(prefix)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
    },
    delete: (key) => {
      const name = fileName(key);
      return inTurn(async () => {
        try {
          await unlink(join(folder, name));
        } catch (error) {
          if (!isMissing(error)) throw error;
        }
        await flushFolder(folder);
      });
    },
  };
}

async function replaceFile(folder: string, name: string, value: Bytes): Promise<void> {
  const unfinished = join(folder, name + UNFINISHED);
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(value);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, join(folder, name));
  await flushFolder(folder);
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A name that also file systems without case keep apart: a-z, 0-9, - and _ stay, everything else becomes %hh. */
function fileName(key: string): string {
  check(key.length > 0 && /^[\x20-\x7e]+$/.test(key), 'a journal key is printable ASCII');
  const name = key.replace(/[^a-z0-9_-]/g, (character) => `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
  check(name.length <= MAX_NAME_LENGTH, 'the journal key is too long');
  return name;
}

function keyOf(name: string): string {
  return name.replace(/%([0-9a-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
