/**
 * The one way out: every request of Murmur goes through a sender, which writes it into the ledger first. The relay client uses it,
 * and viem's transport gets `rpcFetch` as its fetchFn. What a wallet extension sends on its own is outside of it.
 */
import { type Bytes, toHex, utf8 } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import type { Ledger } from './ledger.ts';

export type FetchFn = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

export interface Sender {
  /** A fetch whose requests enter the ledger under this kind. */
  fetchAs(kind: string): FetchFn;
  /** For viem's http transport: the kind names the method that the chain is asked for. */
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
    kindOf: (body: Bytes) => string,
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
    const id = await ledger.record({
      timeMs: now(),
      destination: destinationOf(url),
      method: init?.method ?? request?.method ?? 'GET',
      sizeBytes: body.length,
      kind: kindOf(body),
      sha256: toHex(await sha256(body)),
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
    fetchAs: (kind) => (input, init) => recorded(() => kind, originAndPath, input, init),
    rpcFetch: (input, init) => recorded(rpcKind, ({ origin }) => origin, input, init),
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

/** "chain request: eth_call": the methods of one JSON-RPC request or of a batch. */
function rpcKind(body: Bytes): string {
  try {
    const parsed: unknown = JSON.parse(new TextDecoder().decode(body));
    const calls = Array.isArray(parsed) ? parsed : [parsed];
    const methods = new Set(calls.map((call: unknown) => methodOf(call)));
    return `chain request: ${[...methods].sort().join(', ')}`;
  } catch {
    return 'chain request';
  }
}

function methodOf(call: unknown): string {
  const method = typeof call === 'object' && call !== null && 'method' in call ? call.method : undefined;
  return typeof method === 'string' && /^[A-Za-z0-9_]{1,64}$/.test(method) ? method : 'unknown';
}
