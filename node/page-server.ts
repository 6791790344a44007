/**
 * What the local network serves beside the relay's own routes, on the same port: the page, what the page must know of the network,
 * a narrow door to the chain, and the faucet. Nothing here is for a public network.
 */
import { failureResponse } from '../relay/server/failures.ts';
import type { Hex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import type { FetchFn } from '../src/network/sender.ts';
import { openPageFiles } from './page-files.ts';
import { pageHeaders } from './page-policy.ts';

/** GET /network.json; workers/api/network.ts knows it as NetworkInfo. */
export interface NetworkDescription {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly relayUrl: string;
  readonly coordinator: Hex;
  readonly flock: Hex;
  readonly beacon: Hex;
  /** id of the task that takes new sites now */
  readonly openTask: string;
  readonly local: boolean;
}

export interface PageServerParts {
  readonly pageFolder: string;
  readonly describe: () => NetworkDescription;
  /** anvil's own address */
  readonly rpcUrl: string;
  readonly rpcFetch: FetchFn;
  /** gives an address some ETH and FLOCK */
  readonly fund: (address: Hex) => Promise<void>;
}

type PageHeaders = ReturnType<typeof pageHeaders>;

const MAX_RPC_BYTES = 2 ** 20;
const MAX_RPC_BATCH = 64;
const RPC_TIMEOUT_MS = 20_000;
const MAX_FAUCET_BYTES = 256;

/** Reading, and transactions that somebody signed: nothing that signs, mines or changes anvil. */
const RPC_METHODS: ReadonlySet<string> = new Set([
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getCode',
  'eth_getLogs',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_maxPriorityFeePerGas',
  'eth_sendRawTransaction',
  'net_version',
  'web3_clientVersion',
]);

/** For the relay's `fetchFallback`. */
export async function createPageServer(parts: PageServerParts): Promise<(request: Request) => Promise<Response>> {
  const files = await openPageFiles(parts.pageFolder);
  return async (request) => {
    try {
      const url = new URL(request.url);
      const { pathname } = url;
      const headers = pageHeaders(parts.describe(), url);
      if (request.method === 'POST' && pathname === '/rpc') return await forwardRpc(parts, request, headers);
      if (request.method === 'POST' && pathname === '/faucet') return await giveFunds(parts, request, headers);
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        throw new MurmurError('not-found', `nothing takes ${request.method} at ${pathname.slice(0, 200)}`);
      }
      if (pathname === '/network.json') return json(parts.describe(), headers);
      const encodings = request.headers.get('accept-encoding');
      const file = await files.respond(decodeURIComponent(pathname), encodings, headers);
      if (file !== undefined) return file;
      throw new MurmurError('not-found', `there is nothing at ${pathname.slice(0, 200)}`, {
        hint: 'If the page is missing: start without --no-page, so that it is built.',
      });
    } catch (error) {
      // Of JSON.parse and decodeURIComponent.
      const isMalformed = error instanceof SyntaxError || error instanceof URIError;
      return failureResponse(isMalformed ? new MurmurError('bad-input', 'the request is malformed') : error);
    }
  };
}

async function forwardRpc(
  { rpcUrl, rpcFetch }: PageServerParts,
  request: Request,
  own: PageHeaders,
): Promise<Response> {
  refuseOtherSites(request);
  const body = await readBody(request, MAX_RPC_BYTES);
  const calls: unknown = JSON.parse(body);
  const list: readonly unknown[] = Array.isArray(calls) ? calls : [calls];
  if (list.length > MAX_RPC_BATCH) throw new MurmurError('too-large', `at most ${MAX_RPC_BATCH} calls go in one batch`);
  for (const call of list) {
    const method = typeof call === 'object' && call !== null && 'method' in call ? call.method : undefined;
    if (typeof method !== 'string' || !RPC_METHODS.has(method)) {
      throw new MurmurError('refused', `${String(method).slice(0, 64)} is not among the chain calls that pass here`);
    }
  }
  const signal = AbortSignal.any([request.signal, AbortSignal.timeout(RPC_TIMEOUT_MS)]);
  const headers = { 'content-type': 'application/json' };
  const answer = await rpcFetch(rpcUrl, { method: 'POST', headers, body, signal });
  return new Response(await answer.arrayBuffer(), {
    status: answer.status,
    headers: { ...own, 'content-type': 'application/json', 'cache-control': 'no-store' },
  });
}

async function giveFunds({ fund }: PageServerParts, request: Request, own: PageHeaders): Promise<Response> {
  refuseOtherSites(request);
  const body: unknown = JSON.parse(await readBody(request, MAX_FAUCET_BYTES));
  const address = typeof body === 'object' && body !== null && 'address' in body ? body.address : undefined;
  if (typeof address !== 'string' || !/^0x[0-9a-fA-F]{40}$/.test(address)) {
    throw new MurmurError('bad-input', 'the faucet needs {"address": "0x…"} with 20 bytes');
  }
  await fund(address.toLowerCase() as Hex);
  return json({ funded: address }, own);
}

/** Only this server's own page may use the chain and the faucet through it. */
function refuseOtherSites(request: Request): void {
  const origin = request.headers.get('origin');
  const own = new URL(request.url);
  const isLocal = /^(localhost|127\.0\.0\.1|\[::1\])$/.test(own.hostname);
  if (!isLocal || (origin !== null && origin !== own.origin)) {
    throw new MurmurError('refused', 'only the page of this network may ask for this');
  }
}

async function readBody(request: Request, maximumBytes: number): Promise<string> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of request.body ?? []) {
    sizeBytes += part.length;
    if (sizeBytes > maximumBytes) throw new MurmurError('too-large', `the request has more than ${maximumBytes} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function json(value: unknown, own: PageHeaders): Response {
  return Response.json(value, { headers: { ...own, 'cache-control': 'no-store' } });
}
