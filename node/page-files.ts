<<<<<<< HEAD
/** The built page's files over HTTP: right types, cross-origin isolation, a policy that lets nothing in from elsewhere and nothing out to elsewhere. */
import { readFile, readdir } from 'node:fs/promises';
=======
/** The built page's files over HTTP: right types, cross-origin isolation, a policy that lets nothing in from elsewhere. */
import { readdir } from 'node:fs/promises';
>>>>>>> main
import { extname, join } from 'node:path';
import { CompressedFiles, codingFor } from './compressed-file.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.json': 'application/json; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.txt': 'text/plain; charset=utf-8',
  '.csv': 'text/csv; charset=utf-8',
  '.data': 'text/plain; charset=utf-8',
};

<<<<<<< HEAD
/** Where the page may send to, as the network describes itself; addresses may be relative to the page's own. */
export interface Reachable {
  readonly relayUrl: string;
  readonly rpcUrl: string;
}
=======
/** Types that are compressed already. */
const PACKED = /^(image\/(png|x-icon)|font\/woff2)$/;

const POLICY = [
  "default-src 'none'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "worker-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self' ws://localhost:* ws://127.0.0.1:*",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
>>>>>>> main

/**
 * What the browser lets the page do. It may speak to its own origin, the relay (over WebSocket too) and the chain's endpoint, each by
 * exact host and port, and to nobody else. This is the one place that says so.
 * @param pageUrl any address of the page
 */
function contentPolicy({ relayUrl, rpcUrl }: Reachable, pageUrl: URL): string {
  const relay = new URL(relayUrl, pageUrl);
  const sources = [sourceOf(relay), sourceOf(relay).replace(/^http/, 'ws'), sourceOf(new URL(rpcUrl, pageUrl))];
  const own = sourceOf(pageUrl);
  const connect = ["'self'", ...new Set(sources.filter((source) => source !== own && source !== ''))];
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self'",
    `connect-src ${connect.join(' ')}`,
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}

/** An origin as a policy names it; empty for a host that could mean something else there, such as one with a semicolon. */
function sourceOf({ protocol, host }: URL): string {
  const isPlain = /^https?:$/.test(protocol) && /^([a-z0-9.-]+|\[[0-9a-f:]+\])(:[0-9]+)?$/.test(host);
  return isPlain ? `${protocol}//${host}` : '';
}

/** Headers of everything that the page's server answers. @param pageUrl address that was asked */
export function pageHeaders(reachable: Reachable, pageUrl: URL): Readonly<Record<string, string>> {
  return {
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-embedder-policy': 'require-corp',
    'cross-origin-resource-policy': 'same-origin',
    'content-security-policy': contentPolicy(reachable, pageUrl),
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
  };
}

export interface PageFiles {
  /** The file at a path, or the page itself for a path without an extension; undefined for anything else. */
<<<<<<< HEAD
  respond(pathname: string, headers: Readonly<Record<string, string>>): Promise<Response | undefined>;
=======
  respond(pathname: string, acceptEncoding: string | null): Promise<Response | undefined>;
>>>>>>> main
}

/** Lists the folder once: only what was there is ever served, so no path leads out of it. A missing folder has no files. */
export async function openPageFiles(folder: string): Promise<PageFiles> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = new Map(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        return [path.slice(folder.length).replaceAll('\\', '/'), path];
      }),
  );
  const compressed = new CompressedFiles();
  return {
<<<<<<< HEAD
    async respond(pathname, headers) {
=======
    async respond(pathname, acceptEncoding) {
>>>>>>> main
      const name = files.has(pathname) ? pathname : extname(pathname) === '' ? '/index.html' : '';
      const path = files.get(name);
      if (path === undefined) return undefined;
      const type = TYPES[extname(name)] ?? 'application/octet-stream';
      // Vite names what lies under /assets by its content.
      const cache = name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
<<<<<<< HEAD
      return new Response(new Uint8Array(await readFile(path)), {
        headers: { ...headers, 'content-type': type, 'cache-control': cache },
      });
=======
      const coding = PACKED.test(type) ? 'identity' : codingFor(acceptEncoding);
      const headers: Record<string, string> = { ...PAGE_HEADERS, 'content-type': type, 'cache-control': cache };
      headers['vary'] = 'accept-encoding';
      if (coding !== 'identity') headers['content-encoding'] = coding;
      return new Response(await compressed.read(path, coding), { headers });
>>>>>>> main
    },
  };
}
