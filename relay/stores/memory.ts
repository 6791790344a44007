/** RelayStore in memory: for the simulation and for tests. It outlives a RelayCore, so a restart of the relay is one `new`. */
import { type Bytes, type Hex, concatBytes, toHex } from '../../src/core/bytes.ts';
import { sha256 as hash } from '../../src/core/hash.ts';
import type { BlobTotals, LogEntry, RelayStore } from '../core/store.ts';
import { blobMissing, sizeChanged, uploadMissing, uploadMoved, wrongHash } from './failures.ts';

interface Upload {
  readonly sizeBytes: number;
  bytes: Bytes;
}

interface Log {
  readonly entries: Bytes[];
  readonly sequences: Map<string, number>;
}

export class MemoryStore implements RelayStore {
  readonly #blobs = new Map<Hex, Bytes>();
  readonly #uploads = new Map<string, Upload>();
  readonly #logs = new Map<string, Log>();
  readonly #values = new Map<string, string>();

  async blobSize(sha256: Hex): Promise<number | undefined> {
    return this.#blobs.get(sha256)?.length;
  }

  async readBlob(sha256: Hex, offset = 0, lengthBytes = Number.MAX_SAFE_INTEGER): Promise<Bytes> {
    const bytes = this.#blobs.get(sha256);
    if (bytes === undefined) throw blobMissing(sha256);
    return bytes.slice(offset, Math.min(bytes.length, offset + lengthBytes));
  }

  async putBlob(bytes: Bytes): Promise<Hex> {
    const name = toHex(await hash(bytes));
    this.#blobs.set(name, bytes.slice());
    return name;
  }

  async deleteBlob(sha256: Hex): Promise<void> {
    this.#blobs.delete(sha256);
  }

  async blobTotals(): Promise<BlobTotals> {
    let sizeBytes = 0;
    for (const bytes of this.#blobs.values()) sizeBytes += bytes.length;
    return { blobs: this.#blobs.size, sizeBytes };
  }

  async beginUpload(owner: string, sha256: Hex, sizeBytes: number): Promise<number> {
    const blob = this.#blobs.get(sha256);
    if (blob !== undefined) {
      if (blob.length !== sizeBytes) throw sizeChanged(blob.length);
      return sizeBytes;
    }
    const key = `${owner}/${sha256}`;
    const upload = this.#uploads.get(key);
    if (upload?.sizeBytes === sizeBytes) return upload.bytes.length;
    this.#uploads.set(key, { sizeBytes, bytes: new Uint8Array(0) });
    return 0;
  }

  async appendUpload(owner: string, sha256: Hex, offset: number, bytes: Uint8Array): Promise<number> {
    const upload = this.#uploads.get(`${owner}/${sha256}`);
    if (upload === undefined) throw uploadMissing(sha256);
    if (offset !== upload.bytes.length) throw uploadMoved(upload.bytes.length);
    if (offset + bytes.length > upload.sizeBytes) throw sizeChanged(upload.sizeBytes);
    upload.bytes = concatBytes(upload.bytes, bytes);
    return upload.bytes.length;
  }

  async finishUpload(owner: string, sha256: Hex): Promise<void> {
    const key = `${owner}/${sha256}`;
    const upload = this.#uploads.get(key);
    if (upload === undefined) {
      if (this.#blobs.has(sha256)) return;
      throw uploadMissing(sha256);
    }
    if (upload.bytes.length !== upload.sizeBytes) throw uploadMoved(upload.bytes.length);
    this.#uploads.delete(key);
    const actual = toHex(await hash(upload.bytes));
    if (actual !== sha256) throw wrongHash(sha256, actual);
    this.#blobs.set(sha256, upload.bytes);
  }

  async uploadOffset(owner: string, sha256: Hex): Promise<{ offset: number; sizeBytes: number } | undefined> {
    const blob = this.#blobs.get(sha256);
    if (blob !== undefined) return { offset: blob.length, sizeBytes: blob.length };
    const upload = this.#uploads.get(`${owner}/${sha256}`);
    return upload === undefined ? undefined : { offset: upload.bytes.length, sizeBytes: upload.sizeBytes };
  }

  async openUploads(owner: string): Promise<number> {
    return [...this.#uploads.keys()].filter((key) => key.startsWith(`${owner}/`)).length;
  }

  async append(task: string, key: string, value: Bytes): Promise<{ sequence: number; added: boolean }> {
    const log: Log = this.#logs.get(task) ?? { entries: [], sequences: new Map() };
    this.#logs.set(task, log);
    const known = log.sequences.get(key);
    if (known !== undefined) return { sequence: known, added: false };
    const sequence = log.entries.push(value.slice());
    log.sequences.set(key, sequence);
    return { sequence, added: true };
  }

  async read(task: string, fromSequence: number, limit: number): Promise<readonly LogEntry[]> {
    const first = Math.max(1, fromSequence);
    const entries = this.#logs.get(task)?.entries.slice(first - 1, first - 1 + limit) ?? [];
    return entries.map((value, i) => ({ sequence: first + i, value: value.slice() }));
  }

  async logLength(task: string): Promise<number> {
    return this.#logs.get(task)?.entries.length ?? 0;
  }

  async findEntry(task: string, key: string): Promise<number | undefined> {
    return this.#logs.get(task)?.sequences.get(key);
  }

  async getValue(key: string): Promise<string | undefined> {
    return this.#values.get(key);
  }

  async setValue(key: string, value: string): Promise<void> {
    this.#values.set(key, value);
  }

  async deleteValue(key: string): Promise<void> {
    this.#values.delete(key);
  }

  async listKeys(prefix: string, limit: number): Promise<readonly string[]> {
    return [...this.#values.keys()]
      .filter((key) => key.startsWith(prefix))
      .sort()
      .slice(0, limit);
  }

  async close(): Promise<void> {
    // Nothing is open: what was stored stays readable for the next relay over the same store.
  }
}
