/**
 * What a relay must remember, behind one small interface: blobs named by their SHA-256, one append-only log a task, and small
 * key-values. Two adapters exist (memory.ts for the simulation, files.ts for one machine); docs/relay.md says how NATS JetStream
 * takes their place.
 *
 * Every implementation guarantees:
 * - a blob is visible whole or not at all, and its bytes hash to its name;
 * - sequences of a log begin at 1 and have no gaps; an entry once returned by `append` is never lost, moved or changed;
 * - `append` with a key that the log holds returns the first entry's sequence and changes nothing;
 * - a write has been made durable when its promise resolves.
 */
import type { Bytes, Hex } from '../../src/core/bytes.ts';

export interface LogEntry {
  readonly sequence: number;
  readonly value: Bytes;
}

export interface BlobTotals {
  readonly blobs: number;
  readonly sizeBytes: number;
}

export interface RelayStore {
  /** Size of a blob, undefined when it is not here. */
  blobSize(sha256: Hex): Promise<number | undefined>;
  /**
   * Bytes of a blob from an offset on, at most `lengthBytes` of them.
   * @throws MurmurError not-found
   */
  readBlob(sha256: Hex, offset?: number, lengthBytes?: number): Promise<Bytes>;
  /** Stores a blob whole. Idempotent. */
  putBlob(bytes: Bytes): Promise<Hex>;
  deleteBlob(sha256: Hex): Promise<void>;
  blobTotals(): Promise<BlobTotals>;

  /**
   * Begins or resumes an upload; uploads of different owners never meet, so nobody can spoil another's.
   * @param owner short text of [a-z0-9-]
   * @returns bytes already here; `sizeBytes` when the blob exists
   */
  beginUpload(owner: string, sha256: Hex, sizeBytes: number): Promise<number>;
  /**
   * Adds the bytes at `offset` and returns the new offset.
   * @throws MurmurError not-found without a begun upload, conflict when `offset` is not where the upload stands (details.offset),
   *   too-large past the announced size
   */
  appendUpload(owner: string, sha256: Hex, offset: number, bytes: Uint8Array): Promise<number>;
  /**
   * Turns a complete upload into a blob.
   * @throws MurmurError bad-hash (the bytes are deleted), not-found, conflict when bytes are missing
   */
  finishUpload(owner: string, sha256: Hex): Promise<void>;
  /** Where an upload stands; undefined when none was begun. */
  uploadOffset(owner: string, sha256: Hex): Promise<{ offset: number; sizeBytes: number } | undefined>;
  /** Number of an owner's unfinished uploads. */
  openUploads(owner: string): Promise<number>;

  /** Adds an entry to the log of a task. */
  append(task: string, key: string, value: Bytes): Promise<{ sequence: number; added: boolean }>;
  /** Entries from a sequence on, in order, at most `limit`. */
  read(task: string, fromSequence: number, limit: number): Promise<readonly LogEntry[]>;
  /** Sequence of the last entry, 0 for an empty log. */
  logLength(task: string): Promise<number>;
  /** Sequence of the entry with this key. */
  findEntry(task: string, key: string): Promise<number | undefined>;

  getValue(key: string): Promise<string | undefined>;
  setValue(key: string, value: string): Promise<void>;
  deleteValue(key: string): Promise<void>;
  /** Keys that begin with the prefix, sorted, at most `limit`. */
  listKeys(prefix: string, limit: number): Promise<readonly string[]>;

  close(): Promise<void>;
}

/** Largest number of entries of one `read`. */
export const LOG_PAGE = 256;
