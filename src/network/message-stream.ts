/**
 * The relay's message stream of one task: a WebSocket that is opened again when it breaks and goes on from the message after the last
 * one it has. What it holds is always one gapless run of the log. It is a shortcut only: RelayClient also asks over HTTP now and
 * then, so a stream that stalls, or a host without WebSocket, costs seconds and loses nothing.
 */
import { type Clock, throwIfCancelled } from '../core/clock.ts';
import { MAX_MESSAGE_BYTES, parseMessage, type SequencedMessage } from '../protocol/messages.ts';

/** The part of a WebSocket that is used: a browser's and the one of `ws` have it. */
export interface SocketLike {
  onopen: ((event: never) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  close(): void;
}
export type OpenSocket = (url: string) => SocketLike;

/** Messages kept; older ones are read over HTTP. */
const KEPT = 1024;
const LONGEST_PAUSE_MS = 15_000;

export class MessageStream {
  readonly #open: OpenSocket;
  readonly #urlFrom: (sequence: number) => string;
  readonly #clock: Clock;
  readonly #note: (url: string) => Promise<void>;
  readonly #closing = new AbortController();
  #socket: SocketLike | undefined;
  #kept: SequencedMessage[] = [];
  #next: number;
  /** times that messages came another way first since the socket last spoke */
  #lagged = 0;
  /** counts connections, so that one that was given up cannot come back */
  #attempt = 0;
  #pauseMs = 0;
  #isOpen = false;
  #listeners = new Set<() => void>();

  /** @param from sequence of the first message wanted */
  constructor(args: {
    open: OpenSocket;
    urlFrom: (sequence: number) => string;
    clock: Clock;
    note: (url: string) => Promise<void>;
    from: number;
  }) {
    this.#open = args.open;
    this.#urlFrom = args.urlFrom;
    this.#clock = args.clock;
    this.#note = args.note;
    this.#next = Math.max(1, args.from);
    void this.#connect();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Messages from a sequence on; undefined when the stream does not reach back that far, [] when it has no newer ones. */
  from(sequence: number, limit: number): readonly SequencedMessage[] | undefined {
    const first = this.#kept[0]?.sequence ?? this.#next;
    const wanted = Math.max(1, sequence);
    if (wanted < first || wanted > this.#next) return undefined;
    return this.#kept.slice(wanted - first, wanted - first + limit);
  }

  /**
   * Takes messages that came another way, in order and without gaps. A stream that lags twice behind them without a word has
   * stalled and is opened again.
   */
  adopt(messages: readonly SequencedMessage[]): void {
    const fresh = messages.filter(({ sequence }) => sequence >= this.#next);
    const [first] = fresh;
    if (first === undefined) return;
    if (first.sequence > this.#next) this.#kept = [];
    for (const message of fresh) this.#keep(message);
    this.#lagged += 1;
    if (this.#lagged >= 2) this.#restart();
  }

  /** Calls back when a message arrived. Returns the way to stop it. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closing.abort();
    this.#drop();
  }

  async #connect(): Promise<void> {
    const { signal } = this.#closing;
    const attempt = ++this.#attempt;
    this.#lagged = 0;
    try {
      if (this.#pauseMs > 0) await this.#clock.sleep(this.#pauseMs, signal);
      const url = this.#urlFrom(this.#next);
      await this.#note(url);
      throwIfCancelled(signal);
      if (attempt !== this.#attempt) return;
      this.#pauseMs = Math.min(Math.max(250, 2 * this.#pauseMs), LONGEST_PAUSE_MS);
      this.#attach(this.#open(url));
    } catch {
      if (!signal.aborted && attempt === this.#attempt) this.#restart();
    }
  }

  #attach(socket: SocketLike): void {
    this.#socket = socket;
    const ifCurrent = (work: () => void) => () => {
      if (this.#socket === socket) work();
    };
    socket.onopen = ifCurrent(() => {
      this.#isOpen = true;
    });
    socket.onclose = ifCurrent(() => this.#restart());
    socket.onerror = ifCurrent(() => this.#restart());
    socket.onmessage = ({ data }) => {
      if (this.#socket !== socket) return;
      if (this.#take(data)) this.#pauseMs = 0;
      else this.#restart(); // a gap or nonsense: ask again from where we are
    };
  }

  #take(data: unknown): boolean {
    if (typeof data !== 'string' || data.length > 2 * MAX_MESSAGE_BYTES) return false;
    try {
      this.#lagged = 0;
      const { sequence, message } = JSON.parse(data) as { sequence?: unknown; message?: unknown };
      if (typeof sequence !== 'number' || sequence > this.#next) return false;
      if (sequence < this.#next) return true;
      this.#keep({ sequence, message: parseMessage(message) });
    } catch {
      return false;
    }
    for (const listener of this.#listeners) listener();
    return true;
  }

  #keep(message: SequencedMessage): void {
    this.#kept.push(message);
    this.#next = message.sequence + 1;
    if (this.#kept.length > KEPT) this.#kept.splice(0, this.#kept.length - KEPT);
  }

  #restart(): void {
    this.#drop();
    if (!this.#closing.signal.aborted) void this.#connect();
  }

  #drop(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#isOpen = false;
    if (socket === undefined) return;
    socket.onopen = null;
    socket.onmessage = null;
    socket.onclose = null;
    // `ws` throws on an error event that nobody hears, e.g. when it is closed before it was open.
    socket.onerror = () => undefined;
    socket.close();
  }
}
