/** The built page's files over HTTP: right types, and the headers of node/page-policy.ts. */
import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { CompressedFiles, codingFor } from './compressed-file.ts';
import { readPreloads } from './page-preloads.ts';

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

/** Types that are compressed already. */
const PACKED = /^(image\/(png|x-icon)|font\/woff2)$/;

export interface PageFiles {
  /** The file at a path, or the page itself for a path without an extension; undefined for anything else. */
  respond(
    pathname: string,
    acceptEncoding: string | null,
    headers: Readonly<Record<string, string>>,
  ): Promise<Response | undefined>;
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
  const preloadsOf = await readPreloads(folder);
  return {
    async respond(pathname, acceptEncoding, own) {
      const name = files.has(pathname) ? pathname : extname(pathname) === '' ? '/index.html' : '';
      const path = files.get(name);
      if (path === undefined) return undefined;
      const type = TYPES[extname(name)] ?? 'application/octet-stream';
      // Vite names what lies under /assets by its content.
      const cache = name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache';
      const coding = PACKED.test(type) ? 'identity' : codingFor(acceptEncoding);
      const headers: Record<string, string> = { ...own, 'content-type': type, 'cache-control': cache };
      headers['vary'] = 'accept-encoding';
      if (coding !== 'identity') headers['content-encoding'] = coding;
      const link = name === '/index.html' ? preloadsOf(pathname) : undefined;
      if (link !== undefined) headers['link'] = link;
      return new Response(await compressed.read(path, coding), { headers });
    },
  };
}
