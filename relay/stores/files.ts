/**
 * RelayStore on one machine: blobs are files named by their SHA-256, log and key-values lie in LMDB (Debian: no server needed).
 *
 * A blob is written to `uploads/`, synced, then renamed into `blobs/`, and the folder is synced: after a crash it is there whole
 * or not at all. An unfinished upload survives a restart of the relay; its bytes are trusted only once the hash is right.
 * LMDB commits are awaited until they are flushed to disk.
 */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open as openFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { type Database, open as openLmdb, type RootDatabase } from 'lmdb';
import { type Bytes, type Hex, toHex } from '../../src/core/bytes.ts';
import { sha256 as hash } from '../../src/core/hash.ts';
import { check } from '../../src/core/errors.ts';
import type { BlobTotals, LogEntry, RelayStore } from '../core/store.ts';
import { blobMissing, sizeChanged, uploadMissing, uploadMoved, wrongHash } from './failures.ts';

/** Unfinished uploads older than this are removed when the store opens. */
const STALE_UPLOAD_MS = 24 * 3600 * 1000;

export class FileStore implements RelayStore {
  readonly #blobFolder: string;
  readonly #uploadFolder: string;
  readonly #root: RootDatabase;
  readonly #log: Database<Uint8Array, [string, number]>;
  readonly #sequences: Database<number, [string, string]>;
  readonly #values: Database<string, string>;
  readonly #uploads: Database<number, [string, string]>;
  readonly #totals = { blobs: 0, sizeBytes: 0 };

  private constructor(folder: string, root: RootDatabase) {
    this.#blobFolder = join(folder, 'blobs');
    this.#uploadFolder = join(folder, 'uploads');
    this.#root = root;
    this.#log = root.openDB({ name: 'log', encoding: 'binary' });
    this.#sequences = root.openDB({ name: 'sequences' });
    this.#values = root.openDB({ name: 'values' });
    this.#uploads = root.openDB({ name: 'uploads' });
  }

  /** Opens the store in a folder, which is made when it is missing. One process at a time. */
  static async open(folder: string): Promise<FileStore> {
    await mkdir(join(folder, 'blobs'), { recursive: true });
    await mkdir(join(folder, 'uploads'), { recursive: true });
    const store = new FileStore(folder, openLmdb({ path: join(folder, 'log.lmdb'), noSubdir: true, maxDbs: 8 }));
    await store.#count();
    await store.#removeStaleUploads();
    return store;
  }

  async blobSize(sha256: Hex): Promise<number | undefined> {
    return sizeOf(this.#blobPath(sha256));
  }

  async readBlob(sha256: Hex, offset = 0, lengthBytes = Number.MAX_SAFE_INTEGER): Promise<Bytes> {
    const file = await openFile(this.#blobPath(sha256), 'r').catch(() => {
      throw blobMissing(sha256);
    });
    try {
      const { size } = await file.stat();
      const bytes = new Uint8Array(Math.max(0, Math.min(lengthBytes, size - offset)));
      for (let done = 0; done < bytes.length;) {
        const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done);
        if (bytesRead === 0) throw blobMissing(sha256);
        done += bytesRead;
      }
      return bytes;
    } finally {
      await file.close();
    }
  }

  async putBlob(bytes: Bytes): Promise<Hex> {
    const name = toHex(await hash(bytes));
    if ((await this.blobSize(name)) !== undefined) return name;
    const temporary = join(this.#uploadFolder, `whole-${randomUUID()}`);
    const file = await openFile(temporary, 'wx');
    try {
      await file.writeFile(bytes);
    } finally {
      await file.close();
    }
    await this.#adopt(temporary, name);
    return name;
  }

  async deleteBlob(sha256: Hex): Promise<void> {
    const path = this.#blobPath(sha256);
    const sizeBytes = await sizeOf(path);
    if (sizeBytes === undefined) return;
    await rm(path, { force: true });
    this.#totals.blobs -= 1;
    this.#totals.sizeBytes -= sizeBytes;
  }

  async blobTotals(): Promise<BlobTotals> {
    return { ...this.#totals };
  }

  async beginUpload(owner: string, sha256: Hex, sizeBytes: number): Promise<number> {
    const existing = await this.blobSize(sha256);
    if (existing !== undefined) {
      if (existing !== sizeBytes) throw sizeChanged(existing);
      return sizeBytes;
    }
    const path = this.#uploadPath(owner, sha256);
    if (this.#uploads.get([owner, sha256]) !== sizeBytes) {
      await rm(path, { force: true });
      await this.#uploads.put([owner, sha256], sizeBytes);
    }
    const offset = await sizeOf(path);
    if (offset !== undefined && offset <= sizeBytes) return offset;
    await (await openFile(path, 'w')).close();
    return 0;
  }

  async appendUpload(owner: string, sha256: Hex, offset: number, bytes: Uint8Array): Promise<number> {
    const sizeBytes = this.#uploads.get([owner, sha256]);
    const path = this.#uploadPath(owner, sha256);
    const stands = await sizeOf(path);
    if (sizeBytes === undefined || stands === undefined) throw uploadMissing(sha256);
    if (offset !== stands) throw uploadMoved(stands);
    if (offset + bytes.length > sizeBytes) throw sizeChanged(sizeBytes);
    const file = await openFile(path, 'a');
    try {
      await file.appendFile(bytes);
    } finally {
      await file.close();
    }
    return offset + bytes.length;
  }

  async finishUpload(owner: string, sha256: Hex): Promise<void> {
    const sizeBytes = this.#uploads.get([owner, sha256]);
    const path = this.#uploadPath(owner, sha256);
    const stands = await sizeOf(path);
    if (sizeBytes === undefined || stands === undefined) {
      if ((await this.blobSize(sha256)) !== undefined) return;
      throw uploadMissing(sha256);
    }
    if (stands !== sizeBytes) throw uploadMoved(stands);
    const actual = await hashFile(path);
    if (actual === sha256) await this.#adopt(path, sha256);
    else await rm(path, { force: true });
    await this.#uploads.remove([owner, sha256]);
    if (actual !== sha256) throw wrongHash(sha256, actual);
  }

  async uploadOffset(owner: string, sha256: Hex): Promise<{ offset: number; sizeBytes: number } | undefined> {
    const existing = await this.blobSize(sha256);
    if (existing !== undefined) return { offset: existing, sizeBytes: existing };
    const sizeBytes = this.#uploads.get([owner, sha256]);
    const offset = await sizeOf(this.#uploadPath(owner, sha256));
    return sizeBytes === undefined || offset === undefined ? undefined : { offset, sizeBytes };
  }

  async openUploads(owner: string): Promise<number> {
    return this.#uploads.getKeysCount({ start: [owner, ''], end: [owner, '~'] });
  }

  async append(task: string, key: string, value: Bytes): Promise<{ sequence: number; added: boolean }> {
    const result = await this.#root.transaction(() => {
      const known = this.#sequences.get([task, key]);
      if (known !== undefined) return { sequence: known, added: false };
      const sequence = this.#lastSequence(task) + 1;
      void this.#log.put([task, sequence], Buffer.from(value));
      void this.#sequences.put([task, key], sequence);
      return { sequence, added: true };
    });
    await this.#root.flushed;
    return result;
  }

  async read(task: string, fromSequence: number, limit: number): Promise<readonly LogEntry[]> {
    const range = this.#log.getRange({
      start: [task, Math.max(1, fromSequence)],
      end: [task, Number.MAX_SAFE_INTEGER],
      limit,
    });
    return [...range].map(({ key, value }) => ({ sequence: key[1], value: new Uint8Array(value) }));
  }

  async logLength(task: string): Promise<number> {
    return this.#lastSequence(task);
  }

  async findEntry(task: string, key: string): Promise<number | undefined> {
    return this.#sequences.get([task, key]);
  }

  async getValue(key: string): Promise<string | undefined> {
    return this.#values.get(key);
  }

  async setValue(key: string, value: string): Promise<void> {
    await this.#values.put(key, value);
    await this.#root.flushed;
  }

  async deleteValue(key: string): Promise<void> {
    await this.#values.remove(key);
  }

  async listKeys(prefix: string, limit: number): Promise<readonly string[]> {
    return [...this.#values.getKeys({ start: prefix, end: `${prefix}\u{10ffff}`, limit })];
  }

  async close(): Promise<void> {
    await this.#root.flushed;
    await this.#root.close();
  }

  #lastSequence(task: string): number {
    const range = { start: [task, Number.MAX_SAFE_INTEGER] as [string, number], end: [task, 0] as [string, number] };
    for (const key of this.#log.getKeys({ ...range, reverse: true, limit: 1 })) return key[1];
    return 0;
  }

  #blobPath(sha256: Hex): string {
    check(/^0x[0-9a-f]{64}$/.test(sha256), 'a blob is named by 0x and 64 lower-case hexadecimal digits');
    return join(this.#blobFolder, sha256.slice(2, 4), sha256.slice(2));
  }

  #uploadPath(owner: string, sha256: Hex): string {
    check(/^[a-z0-9-]{1,120}$/.test(owner) && /^0x[0-9a-f]{64}$/.test(sha256), 'bad upload name');
    return join(this.#uploadFolder, `${owner}.${sha256.slice(2)}`);
  }

  /** Makes a written file durable under its blob name. */
  async #adopt(path: string, sha256: Hex): Promise<void> {
    const target = this.#blobPath(sha256);
    const folder = join(target, '..');
    await mkdir(folder, { recursive: true });
    await syncPath(path);
    const isNew = (await sizeOf(target)) === undefined;
    await rename(path, target);
    await syncPath(folder);
    if (!isNew) return;
    this.#totals.blobs += 1;
    this.#totals.sizeBytes += (await sizeOf(target)) ?? 0;
  }

  async #count(): Promise<void> {
    for (const prefix of await readdir(this.#blobFolder)) {
      for (const name of await readdir(join(this.#blobFolder, prefix))) {
        this.#totals.blobs += 1;
        this.#totals.sizeBytes += (await sizeOf(join(this.#blobFolder, prefix, name))) ?? 0;
      }
    }
  }

  async #removeStaleUploads(): Promise<void> {
    for (const name of await readdir(this.#uploadFolder)) {
      const path = join(this.#uploadFolder, name);
      const { mtimeMs } = await stat(path);
      if (name.startsWith('whole-') || Date.now() - mtimeMs > STALE_UPLOAD_MS) await rm(path, { force: true });
    }
    for (const [owner, sha256] of [...this.#uploads.getKeys()]) {
      if ((await sizeOf(this.#uploadPath(owner, sha256 as Hex))) === undefined)
        await this.#uploads.remove([owner, sha256]);
    }
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch {
    return undefined;
  }
}

async function syncPath(path: string): Promise<void> {
  const handle = await openFile(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function hashFile(path: string): Promise<Hex> {
  const digest = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) digest.update(piece as Uint8Array);
  return toHex(digest.digest());
}
