/**
 * Message streams: every reader has its own place in the log and is fed from the store, so one that was away catches up and every
 * message comes once and in order. What a slow reader has not taken is bounded: it is dropped when its buffer stays full.
 */
import type { RelayCore } from '../core/relay-core.ts';
import type { Metrics } from './metrics.ts';

/** The part of a WebSocket that a stream needs. */
export interface StreamSocket {
  readonly bufferedAmount: number;
  send(text: string): void;
  /** ends it without waiting for the other side */
  terminate(): void;
}

export interface StreamOptions {
  /** bytes that may wait in one reader's buffer */
  readonly streamBufferBytes: number;
  /** how long a buffer may stay full */
  readonly slowReaderMs: number;
}

interface Reader {
  readonly socket: StreamSocket;
  readonly task: bigint;
  next: number;
  feeding: boolean;
  again: boolean;
  closed: boolean;
}

const WAIT_MS = 50;

export class MessageStreams {
  readonly #core: RelayCore;
  readonly #metrics: Metrics;
  readonly #options: StreamOptions;
  readonly #readers = new Set<Reader>();
  readonly #stop: () => void;

  constructor(core: RelayCore, metrics: Metrics, options: StreamOptions) {
    this.#core = core;
    this.#metrics = metrics;
    this.#options = options;
    this.#stop = core.onMessage((task) => {
      for (const reader of this.#readers) if (reader.task === task) void this.#feed(reader);
    });
  }

  /** Starts feeding a socket; returns what to call when it closed. */
  add(socket: StreamSocket, task: bigint, fromSequence: number): () => void {
    const reader: Reader = { socket, task, next: fromSequence, feeding: false, again: false, closed: false };
    this.#readers.add(reader);
    this.#metrics.streams = this.#readers.size;
    void this.#feed(reader);
    return () => this.#remove(reader);
  }

  close(): void {
    this.#stop();
    for (const reader of this.#readers) this.#remove(reader);
  }

  #remove(reader: Reader): void {
    reader.closed = true;
    this.#readers.delete(reader);
    this.#metrics.streams = this.#readers.size;
  }

  #drop(reader: Reader): void {
    if (reader.closed) return;
    this.#remove(reader);
    this.#metrics.droppedStreams += 1;
    reader.socket.terminate();
  }

  /** Sends all that the log has from the reader's place on. One feeding at a time a reader. */
  async #feed(reader: Reader): Promise<void> {
    reader.again = true;
    if (reader.feeding) return;
    reader.feeding = true;
    try {
      while (reader.again && !reader.closed) {
        reader.again = false;
        const page = await this.#core.messages(reader.task, reader.next);
        for (const entry of page) {
          if (!(await this.#room(reader))) return;
          const text = JSON.stringify(entry);
          reader.socket.send(text);
          this.#metrics.bytesOut += text.length;
          reader.next = entry.sequence + 1;
        }
        if (page.length > 0) reader.again = true;
      }
    } catch {
      // The store or the socket failed: the reader reconnects and catches up.
      this.#drop(reader);
    } finally {
      reader.feeding = false;
    }
  }

  /** Waits until the reader's buffer has room; false when it was dropped or closed. */
  async #room(reader: Reader): Promise<boolean> {
    for (let waitedMs = 0; !reader.closed; waitedMs += WAIT_MS) {
      if (reader.socket.bufferedAmount <= this.#options.streamBufferBytes) return true;
      if (waitedMs >= this.#options.slowReaderMs) break;
      await new Promise((resolve) => setTimeout(resolve, WAIT_MS));
    }
    this.#drop(reader);
    return false;
  }
}
