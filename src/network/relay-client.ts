/**
 * RelayPort over the wire: what a session in a tab, a worker or Node speaks to a relay with. It signs in by itself, gets over broken
 * connections, checks what it downloads, and never waits without a deadline. Everything it sends is in the ledger.
 */
import type { Clock } from '../core/clock.ts';
import { check, MurmurError } from '../core/errors.ts';
import { type Bytes, type Hex, toHex } from '../core/bytes.ts';
import { sha256 as hash } from '../core/hash.ts';
import { type RandomBytes, secureRandom } from '../core/random.ts';
import { type Message, messageRecord, parseMessage, type SequencedMessage } from '../protocol/messages.ts';
import type { BlobStore, RelayPort } from '../protocol/ports.ts';
import type { RecordDomain } from '../protocol/record.ts';
import { downloadBlob, hasBlob, type TransferContext, uploadBlob } from './blob-transfer.ts';
import { blobKind, KIND, messageKind } from './kinds.ts';
import type { EntryAbout } from './ledger.ts';
import { MessageStream, type OpenSocket } from './message-stream.ts';
import { readJson } from './read-body.ts';
import { DEFAULT_RETRY, errorOf, type RetryOptions, retrying } from './retry.ts';
import type { FetchFn, Sender } from './sender.ts';

/** Signs EIP-712 SignIn {task, registrationId, issuedAt} with the session key. */
export type SignIn = (issuedAt: number) => Promise<{ readonly registrationId: number; readonly signature: Hex }>;

export interface RelayClientParts {
  /** origin of the relay, without a slash at its end */
  readonly url: string;
  readonly sender: Sender;
  readonly clock: Clock;
  /** the task whose session this is; reading works for any task */
  readonly task: bigint;
  /** the contract that its records are for; with it the ledger tells where a record must be found */
  readonly domain?: RecordDomain | undefined;
  /** without it the client only reads */
  readonly signIn?: SignIn | undefined;
  /** opens a WebSocket; without it (Node 20 has none of its own) messages are polled */
  readonly openSocket?: OpenSocket | undefined;
  readonly random?: RandomBytes | undefined;
  readonly retry?: Partial<RetryOptions> | undefined;
  readonly chunkBytes?: number | undefined;
  readonly maxBlobBytes?: number | undefined;
  /** how often the log is asked over HTTP although a stream is open */
  readonly checkMs?: number | undefined;
}

const PAGE = 256;
/** Longest answer to a page of messages that is read. */
const MAX_PAGE_BYTES = 8 * 2 ** 20;

export class RelayClient implements RelayPort {
  readonly blobs: BlobStore;
  readonly #parts: RelayClientParts;
  readonly #context: TransferContext;
  readonly #checkMs: number;
  readonly #streams = new Map<bigint, { readonly stream: MessageStream; checkedAtMs: number }>();
  /** phase of the last message published: tells the ledger what a blob is */
  #lastPhase = 0;
  #token: string | undefined;
  #signingIn: Promise<string> | undefined;

  constructor(parts: RelayClientParts) {
    this.#parts = parts;
    this.#checkMs = parts.checkMs ?? 5_000;
    this.#context = {
      url: parts.url,
      sender: parts.sender,
      clock: parts.clock,
      random: parts.random ?? secureRandom,
      retry: { ...DEFAULT_RETRY, ...parts.retry },
      chunkBytes: parts.chunkBytes ?? 2 ** 20,
      maxBlobBytes: parts.maxBlobBytes ?? 128 * 2 ** 20,
      authorised: (fetchFn, url, init) => this.#authorised(fetchFn, url, init),
    };
    this.blobs = {
      get: (sha256, signal) => downloadBlob(this.#context, sha256, signal),
      has: (sha256, signal) => hasBlob(this.#context, sha256, signal),
      put: (bytes, signal) => uploadBlob(this.#context, bytes, blobKind(bytes, this.#lastPhase), signal),
    };
  }

  /** @throws MurmurError refused when the round is over or the sender has no say in it, and what else the relay found wrong */
  async publish(message: Message, signal?: AbortSignal): Promise<void> {
    check(message.task === this.#parts.task.toString(), 'this client speaks for another task');
    try {
      const sending = this.#parts.sender.fetchAs(messageKind(message), aboutMessage(message, this.#parts.domain));
      await this.#post(`/v1/tasks/${message.task}/messages`, sending, JSON.stringify(message), signal);
    } catch (error) {
      if (!(error instanceof MurmurError) || error.details['early'] !== true) throw error;
      // Not a refusal of the message: the relay reads the chain later than its sender did.
      throw new MurmurError('unreachable', 'the relay has not caught up with the chain', { cause: error });
    }
    this.#lastPhase = message.phase;
  }

  /**
   * Gives the relay the description of a task that is on chain: its spec's canonical JSON. Needs no session, and may be called again.
   * @throws MurmurError bad-hash when the chain names other bytes, not-found for a task that is not there, bad-input, too-large
   */
  async publishSpec(task: bigint, bytes: Bytes, signal?: AbortSignal): Promise<void> {
    await this.#publish(`/v1/tasks/${task}/spec`, { bytes, kind: KIND.spec, type: 'application/json' }, signal);
  }

  /**
   * Gives the relay the file of weights that a task starts from, after its description. Needs no session, and may be called again; a file
   * that is there already is not sent once more.
   * @throws MurmurError bad-hash for another file than the description names, not-found without task or description, refused for a task
   * that starts from none, bad-input for a file that does not fit the model, too-large
   */
  async publishStart(task: bigint, bytes: Bytes, signal?: AbortSignal): Promise<void> {
    const sha256 = toHex(await hash(bytes));
    if (await this.blobs.has(sha256, signal)) return;
    const what = { bytes, kind: KIND.start, type: 'application/octet-stream' };
    const { transferTimeoutMs } = this.#context.retry;
    await this.#publish(`/v1/tasks/${task}/start`, what, signal, transferTimeoutMs);
  }

  async announce(task: bigint, registrationId: number, signal?: AbortSignal): Promise<void> {
    check(task === this.#parts.task, 'this client speaks for another task');
    const sending = this.#parts.sender.fetchAs(KIND.announce);
    await this.#post(`/v1/tasks/${task}/announce`, sending, JSON.stringify({ registrationId }), signal);
  }

  async messages(task: bigint, fromSequence: number, signal?: AbortSignal): Promise<readonly SequencedMessage[]> {
    const entry = this.#streamOf(task, fromSequence);
    const streamed = entry?.stream.from(fromSequence, PAGE);
    const { clock } = this.#parts;
    if (entry !== undefined && streamed !== undefined) {
      const checked = entry.stream.isOpen && clock.now() - entry.checkedAtMs < this.#checkMs;
      if (streamed.length > 0 || checked) return streamed;
    }
    const page = await this.#page(task, fromSequence, signal);
    if (entry !== undefined) {
      entry.checkedAtMs = clock.now();
      entry.stream.adopt(page);
    }
    return page;
  }

  /** Calls back when a streamed message of the task arrived, so that a reader need not poll. Returns the way to stop it. */
  onMessage(task: bigint, listener: () => void): () => void {
    return this.#streamOf(task, 0)?.stream.subscribe(listener) ?? (() => undefined);
  }

  /** Ends the streams; requests under way end with their own deadlines. */
  close(): void {
    for (const { stream } of this.#streams.values()) stream.close();
    this.#streams.clear();
  }

  #streamOf(task: bigint, from: number) {
    const { openSocket, url, clock, sender } = this.#parts;
    const known = this.#streams.get(task);
    if (known !== undefined || openSocket === undefined) return known;
    const base = `${url.replace(/^http/, 'ws')}/v1/tasks/${task}/stream`;
    const stream = new MessageStream({
      open: openSocket,
      urlFrom: (sequence) => `${base}?from=${sequence}`,
      clock,
      note: (address) => sender.note(KIND.stream, address),
      from,
    });
    const entry = { stream, checkedAtMs: Number.NEGATIVE_INFINITY };
    this.#streams.set(task, entry);
    return entry;
  }

  async #page(task: bigint, from: number, signal: AbortSignal | undefined): Promise<readonly SequencedMessage[]> {
    const url = `${this.#parts.url}/v1/tasks/${task}/messages?from=${from}&limit=${PAGE}`;
    return retrying(this.#context, signal, async (inner) => {
      const response = await this.#parts.sender.fetchAs(KIND.readMessages)(url, { signal: inner });
      if (!response.ok) throw await errorOf(response);
      return readPage(await readJson(response, MAX_PAGE_BYTES), from);
    });
  }

  /** Sends what anybody may send. */
  async #publish(
    path: string,
    { bytes, kind, type }: { bytes: Bytes; kind: string; type: string },
    signal: AbortSignal | undefined,
    limitMs?: number,
  ): Promise<void> {
    const attempt = async (inner: AbortSignal): Promise<void> => {
      const init = { method: 'PUT', headers: { 'content-type': type }, body: bytes, signal: inner };
      const response = await this.#parts.sender.fetchAs(kind)(`${this.#parts.url}${path}`, init);
      if (!response.ok) throw await errorOf(response);
      await response.text();
    };
    await retrying(this.#context, signal, attempt, limitMs);
  }

  async #post(path: string, sending: FetchFn, body: string, signal: AbortSignal | undefined): Promise<void> {
    await retrying(this.#context, signal, async (inner) => {
      const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: inner };
      const response = await this.#authorised(sending, `${this.#parts.url}${path}`, init);
      if (!response.ok) throw await errorOf(response);
      await response.text();
    });
  }

  async #authorised(fetchFn: FetchFn, url: string, init: RequestInit & { signal: AbortSignal }): Promise<Response> {
    const attempt = async () => {
      const used = this.#token ?? (await this.#signIn(init.signal));
      const headers = { ...(init.headers as Record<string, string>), authorization: `Bearer ${used}` };
      return { used, response: await fetchFn(url, { ...init, headers }) };
    };
    const { used, response } = await attempt();
    if (response.status !== 401) return response;
    await response.text();
    if (this.#token === used) this.#token = undefined;
    return (await attempt()).response;
  }

  /** One sign-in serves all requests that wait for it. */
  #signIn(signal: AbortSignal): Promise<string> {
    this.#signingIn ??= this.#newToken(signal).finally(() => {
      this.#signingIn = undefined;
    });
    return this.#signingIn;
  }

  async #newToken(signal: AbortSignal): Promise<string> {
    const { signIn, clock, sender, task, url } = this.#parts;
    if (signIn === undefined)
      throw new MurmurError('refused', 'this client reads only: it has no session key to sign in with');
    const issuedAt = Math.floor(clock.now() / 1000);
    const { registrationId, signature } = await signIn(issuedAt);
    const body = JSON.stringify({ task: task.toString(), registrationId, issuedAt, signature });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal };
    const response = await sender.fetchAs(KIND.signIn)(`${url}/v1/sessions`, init);
    if (!response.ok) throw await errorOf(response);
    const { token } = (await readJson(response, 4096)) as { token?: unknown };
    if (typeof token !== 'string' || token.length > 256)
      throw new MurmurError('unreachable', 'the relay gave no session');
    this.#token = token;
    return token;
  }
}

/** Where the message's record must be found on chain, and the blob that it names. */
function aboutMessage(message: Message, domain: RecordDomain | undefined): EntryAbout {
  const { task, round, phase, body } = message;
  const blob = 'bundle' in body ? body.bundle : 'blob' in body ? body.blob : undefined;
  return {
    ...(domain && {
      step: {
        chainId: domain.chainId,
        coordinator: domain.coordinator.toLowerCase() as Hex,
        task,
        round,
        phase,
        index: messageRecord(message).index,
      },
    }),
    ...(blob !== undefined && { blob: blob as Hex }),
  };
}

/** A page of the log, in order. A message that does not parse makes the page end before it. */
function readPage(value: unknown, from: number): readonly SequencedMessage[] {
  if (!Array.isArray(value)) throw new MurmurError('bad-input', 'the relay sent no page of messages');
  const page: SequencedMessage[] = [];
  let next = Math.max(1, from);
  for (const entry of value as readonly unknown[]) {
    try {
      const { sequence, message } = entry as { sequence?: unknown; message?: unknown };
      if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < next) {
        throw new MurmurError('bad-input', 'the relay sent messages out of order');
      }
      page.push({ sequence, message: parseMessage(message) });
      next = sequence + 1;
    } catch (error) {
      if (page.length > 0) return page;
      throw error;
    }
  }
  return page;
}
