/**
 * The embedded relay: one process, one folder, one port. `npm start` runs it inside the network process, `murmur relay` alone.
 * Everything it must not lose lies in the folder; start it again on the same folder and it goes on.
 */
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createAdaptorServer } from '@hono/node-server';
import { WebSocketServer } from 'ws';
import type { Clock } from '../../src/core/clock.ts';
import { cancelled } from '../../src/core/clock.ts';
import { MurmurError } from '../../src/core/errors.ts';
import { type RandomBytes, secureRandom } from '../../src/core/random.ts';
import type { ChainPort } from '../../src/protocol/ports.ts';
import { RelayCore } from '../core/relay-core.ts';
import type { RelayStore } from '../core/store.ts';
import type { Aggregate, BeaconSource, RelayEvent, RelayOptions, VerifySignature } from '../core/types.ts';
import { FileStore } from '../stores/files.ts';
import { createApp } from './app.ts';
import { DEFAULT_SERVER_OPTIONS, type ServerOptions } from './context.ts';
import { MessageStreams } from './message-streams.ts';
import { Metrics } from './metrics.ts';
import { Quotas } from './quotas.ts';
import { taskId, wholeNumber } from './requests.ts';
import { Sessions } from './sessions.ts';
import { recoverRecordSigner } from './verify.ts';

export interface RelayParts {
  readonly chain: ChainPort;
  /** where everything lies; ignored when a store is given */
  readonly dataFolder: string;
  readonly store?: RelayStore | undefined;
  /** 0 (the default) takes a free one */
  readonly port?: number | undefined;
  readonly host?: string | undefined;
  /** origins of pages that may use the relay; any by default */
  readonly origins?: '*' | readonly string[] | undefined;
  readonly beacon?: BeaconSource | undefined;
  /** recomputes a round from the relay's own log and blobs; see relay/aggregator.ts */
  readonly aggregate?: ((relay: RelayCore, ...round: Parameters<Aggregate>) => ReturnType<Aggregate>) | undefined;
  readonly verifySignature?: VerifySignature | undefined;
  readonly options?: Partial<RelayOptions> | undefined;
  readonly limits?: Partial<ServerOptions> | undefined;
  readonly gasUsed?: (() => bigint) | undefined;
  readonly fetchFallback?: ((request: Request) => Response | Promise<Response>) | undefined;
  readonly onEvent?: ((event: RelayEvent) => void) | undefined;
  /** hears of errors inside the relay; none holds a secret */
  readonly onFault?: ((error: unknown) => void) | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: RandomBytes | undefined;
}

export interface RunningRelay {
  readonly url: string;
  readonly core: RelayCore;
  /** Ends loops, streams and connections, then closes the store. Takes a few seconds at most. */
  close(): Promise<void>;
}

/** How long `close` waits for the step at hand. */
const CLOSE_MS = 5_000;
const PING_MS = 20_000;

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (durationMs, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(cancelled());
      const abort = () => {
        clearTimeout(timer);
        reject(cancelled());
      };
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', abort);
        resolve();
      }, durationMs);
      signal?.addEventListener('abort', abort, { once: true });
    }),
};

/** @throws MurmurError conflict when the port is taken */
export async function startRelay(parts: RelayParts): Promise<RunningRelay> {
  const clock = parts.clock ?? systemClock;
  const limits = { ...DEFAULT_SERVER_OPTIONS, ...parts.limits };
  const store = parts.store ?? (await FileStore.open(parts.dataFolder));
  const metrics = new Metrics();
  const { aggregate } = parts;
  const core: RelayCore = new RelayCore({
    store,
    chain: parts.chain,
    clock,
    verifySignature: parts.verifySignature ?? recoverRecordSigner,
    beacon: parts.beacon,
    aggregate: aggregate && ((...round) => aggregate(core, ...round)),
    options: parts.options,
    onEvent: (event) => {
      metrics.event(event);
      parts.onEvent?.(event);
    },
  });
  const sessions = new Sessions({ core, domain: parts.chain.domain, clock, random: parts.random ?? secureRandom });
  const app = createApp({
    context: { core, metrics, options: limits, quotas: new Quotas(limits, clock), sessions },
    origins: parts.origins ?? '*',
    gasUsed: parts.gasUsed,
    fetchFallback: parts.fetchFallback,
    onFault: parts.onFault ?? (() => undefined),
  });
  const server = createAdaptorServer({
    fetch: app.fetch,
    createServer,
    serverOptions: {
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: limits.headersTimeoutMs,
      keepAliveTimeout: 30_000,
      connectionsCheckingInterval: 5_000,
    },
  }) as Server;
  server.maxConnections = limits.maxConnections;
  const streams = new MessageStreams(core, metrics, limits);
  const sockets = serveStreams(server, streams, limits);
  const host = parts.host ?? '127.0.0.1';
  try {
    await listen(server, parts.port ?? 0, host);
  } catch (error) {
    await store.close();
    throw error;
  }

  const controller = new AbortController();
  const running = core.run(controller.signal);
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | undefined;
  const close = async () => {
    controller.abort();
    streams.close();
    sockets.close();
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    const limit = new AbortController();
    const late = systemClock.sleep(CLOSE_MS, limit.signal).catch(() => undefined);
    await Promise.race([Promise.all([running, closed]), late]);
    limit.abort();
    await store.close();
  };
  return { url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`, core, close: () => (closing ??= close()) };
}

async function listen(server: Server, port: number, host: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new MurmurError('conflict', `the relay cannot listen on ${host}:${port}`, {
          hint: 'Choose another port, or 0 for a free one.',
          cause,
        }),
      );
    });
    server.listen(port, host, resolve);
  });
}

/** WebSockets at /v1/tasks/:task/stream?from=SEQUENCE. */
function serveStreams(server: Server, streams: MessageStreams, limits: ServerOptions): { close(): void } {
  // A reader only listens, so anything but a pong from it is small.
  const sockets = new WebSocketServer({ noServer: true, maxPayload: 1024, perMessageDeflate: false });
  const refuse = (socket: Duplex, status: string) => {
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  };
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    const place = placeOf(request.url ?? '');
    if (place === undefined) return refuse(socket, '404 Not Found');
    if (sockets.clients.size >= limits.maxStreams) return refuse(socket, '503 Service Unavailable');
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      let alive = true;
      const pings = setInterval(() => {
        if (!alive) return webSocket.terminate();
        alive = false;
        webSocket.ping();
      }, PING_MS);
      const remove = streams.add(webSocket, place.task, place.from);
      webSocket.on('pong', () => {
        alive = true;
      });
      webSocket.on('error', () => webSocket.terminate());
      webSocket.on('close', () => {
        clearInterval(pings);
        remove();
      });
    });
  });
  return {
    close: () => {
      for (const client of sockets.clients) client.close(1001, 'the relay stops');
      sockets.close();
    },
  };
}

function placeOf(url: string): { task: bigint; from: number } | undefined {
  try {
    const { pathname, searchParams } = new URL(url, 'http://relay');
    const [, task] = /^\/v1\/tasks\/([0-9]+)\/stream$/.exec(pathname) ?? [];
    return task === undefined
      ? undefined
      : { task: taskId(task), from: wholeNumber(searchParams.get('from'), 0, 'from') };
  } catch {
    return undefined;
  }
}
