/**
 * The folder in which a role keeps what it must not forget. One process at a time: a lock file names its process. Secrets are files
 * of their own with mode 600, written whole before they are used, and never part of a message or a log.
 */
import { chmod, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type Bytes, fromHex, toHex } from '../src/core/bytes.ts';
import { hasCode, MurmurError } from '../src/core/errors.ts';

/** How often a lock that its dead owner left is taken over before giving up: two starters may race for it. */
const LOCK_ATTEMPTS = 5;

/**
 * Takes the folder for this process.
 * @returns the way to give it back
 * @throws MurmurError conflict when a living process holds it
 */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'lock');
  for (let attempt = 0; attempt < LOCK_ATTEMPTS; attempt++) {
    try {
      await writeFile(path, `${process.pid}\n`, { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!isCode(error, 'EEXIST')) throw error;
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => '0'));
    if (isAlive(owner)) {
      throw new MurmurError('conflict', `process ${owner} is using ${folder}`, {
        hint: `Stop it first, or choose another folder with --state. If process ${owner} is something else, delete ${path}.`,
      });
    }
    await rm(path, { force: true });
  }
  throw new MurmurError('conflict', `several processes want ${folder} at once`, { hint: 'Start one of them.' });
}

/**
 * The secret in a file, made on first use.
 * @param make the secret's bytes
 */
export async function keepSecret(path: string, make: () => Bytes): Promise<Bytes> {
  const known = await readOptional(path);
  if (known !== undefined) {
    await chmod(path, 0o600);
    return readSecret(known, path);
  }
  const secret = make();
  await replaceFile(path, `${toHex(secret)}\n`);
  return secret;
}

/** @throws MurmurError bad-input naming the file, not its content */
function readSecret(text: string, path: string): Bytes {
  try {
    return fromHex(text.trim());
  } catch (cause) {
    if (!hasCode(cause, 'bad-input')) throw cause;
    throw new MurmurError('bad-input', `${path} does not hold a key as 0x-hex`);
  }
}

/** Writes a file whole, readable by its owner only, and flushes it: after a crash it holds the old text or the new one. */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.tmp`;
  const file = await open(unfinished, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(unfinished, path);
}

/** A file's text; undefined when there is no file. */
export async function readOptional(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return isCode(error, 'EPERM');
  }
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
