/**
 * The one way out: every request of Murmur goes through a sender, which writes it into the ledger first. The relay client uses it,
 * and viem's transport gets `rpcFetch` as its fetchFn. What a wallet extension sends on its own is outside of it.
 */
import { keccak_256 } from '@noble/hashes/sha3';
import { type Bytes, fromHex, type Hex, toHex, utf8 } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { KIND } from './kinds.ts';
import type { EntryAbout, Ledger } from './ledger.ts';

export type FetchFn = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface Sender {
  /**
   * A fetch whose requests enter the ledger under this kind.
   * @param about what they belong to
   */
  fetchAs(kind: string, about?: EntryAbout): FetchFn;
  /** For viem's http transport: the entry names the chain's methods, and the transaction that a request carries. */
  readonly rpcFetch: FetchFn;
  /** Writes down a connection that is no fetch (a WebSocket). */
  note(kind: string, url: string): Promise<void>;
}

/**
 * @param fetch the host's by default
 * @param now milliseconds since the epoch
 */
export function createSender({
  ledger,
  fetch: send = (input, init) => globalThis.fetch(input, init),
  now = () => Date.now(),
}: {
  ledger: Ledger;
  fetch?: FetchFn;
  now?: () => number;
}): Sender {
  const recorded = async (
    describe: (body: Bytes) => Described,
    destinationOf: (url: URL) => string,
    input: string | URL | Request,
    init?: RequestInit,
  ) => {
    const request = input instanceof Request ? input : undefined;
    const url = new URL(request?.url ?? String(input));
    const body =
      request !== undefined && init?.body === undefined
        ? new Uint8Array(await request.clone().arrayBuffer())
        : bytesOf(init?.body);
    const { kind, about } = describe(body);
    const id = await ledger.record({
      timeMs: now(),
      destination: destinationOf(url),
      method: init?.method ?? request?.method ?? 'GET',
      sizeBytes: body.length,
      kind,
      sha256: toHex(await sha256(body)),
      ...(about && { about }),
    });
    try {
      const response = await send(input, init);
      ledger.settle(id, response.status);
      return response;
    } catch (error) {
      ledger.settle(id, 'failed');
      throw error;
    }
  };
  return {
    fetchAs: (kind, about) => (input, init) => recorded(() => ({ kind, about }), originAndPath, input, init),
    rpcFetch: (input, init) => recorded(describeRpc, ({ origin }) => origin, input, init),
    async note(kind, url) {
      const sha = toHex(await sha256(new Uint8Array(0)));
      await ledger.record({
        timeMs: now(),
        destination: originAndPath(new URL(url)),
        method: 'GET',
        sizeBytes: 0,
        kind,
        sha256: sha,
      });
    },
  };
}

function originAndPath({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`;
}

/** The bytes of a body that can be read without using it up. */
function bytesOf(body: RequestInit['body']): Bytes {
  if (body === undefined || body === null) return new Uint8Array(0);
  if (typeof body === 'string') return utf8(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body))
    return new Uint8Array(body.buffer.slice(body.byteOffset, body.byteOffset + body.byteLength) as ArrayBuffer);
  if (body instanceof URLSearchParams) return utf8(body.toString());
  throw new MurmurError('unsupported', 'only bodies that can be written down first are sent: text or bytes');
}

interface Described {
  readonly kind: string;
  readonly about?: EntryAbout | undefined;
}

/** One JSON-RPC request or a batch: whether it only asks, the names of its methods, and the transaction that it carries. */
function describeRpc(body: Bytes): Described {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder().decode(body));
  } catch {
    return { kind: KIND.chainQuestion };
  }
  const calls: readonly unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  const detail = [...new Set(calls.map(methodOf))].sort().join(', ');
  const sends = calls.filter((call) => methodOf(call) === 'eth_sendRawTransaction');
  if (sends.length === 0) return { kind: KIND.chainQuestion, about: { detail } };
  const [transaction] = sends.flatMap(transactionOf);
  return { kind: KIND.transaction, about: { detail, ...(transaction && { transaction }) } };
}

function methodOf(call: unknown): string {
  const method = typeof call === 'object' && call !== null && 'method' in call ? call.method : undefined;
  return typeof method === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(method) ? method : 'unknown';
}

/** A transaction's hash is the Keccak-256 of its signed bytes. */
function transactionOf(call: unknown): readonly Hex[] {
  const params = typeof call === 'object' && call !== null && 'params' in call ? call.params : undefined;
  const raw: unknown = Array.isArray(params) ? params[0] : undefined;
  const isRaw = typeof raw === 'string' && /^0x([0-9a-fA-F]{2})+$/.test(raw);
  return isRaw ? [toHex(keccak_256(fromHex(raw)))] : [];
}
