/** What the routes share. */
import type { RelayCore } from '../core/relay-core.ts';
import type { Metrics } from './metrics.ts';
import type { QuotaOptions, Quotas } from './quotas.ts';
import type { Sessions } from './sessions.ts';
import type { StreamOptions } from './message-streams.ts';

export interface ServerOptions extends QuotaOptions, StreamOptions {
  /** bytes of all blobs together */
  readonly maxStoredBytes: number;
  readonly maxConnections: number;
  readonly maxStreams: number;
  /** time for a request's headers */
  readonly headersTimeoutMs: number;
  /** time for a whole request; a slow uploader loses the request, not what it sent */
  readonly requestTimeoutMs: number;
}

export const DEFAULT_SERVER_OPTIONS: ServerOptions = {
  bytesPerHour: 2 ** 30,
  messagesPerHour: 20_000,
  streamBufferBytes: 2 ** 20,
  slowReaderMs: 20_000,
  maxStoredBytes: 64 * 2 ** 30,
  maxConnections: 2048,
  maxStreams: 1024,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 120_000,
};

export interface ServerContext {
  readonly core: RelayCore;
  readonly metrics: Metrics;
  readonly options: ServerOptions;
  readonly quotas: Quotas;
  readonly sessions: Sessions;
}
