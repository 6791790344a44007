/**
 * What a page needs beside its first files, as a Link header (RFC 8288): the browser fetches it with them instead of after them. Which
 * files those are the build has written to preloads.json (vite.config.ts).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

const Preloads = v.array(
  v.object({
    pattern: v.pipe(v.string(), v.maxLength(200)),
    files: v.array(v.pipe(v.string(), v.regex(/^assets\/[\w.-]+\.(js|css)$/))),
  }),
);

/** The header for a path; undefined where the first files are all that it needs, or where nothing is known. */
export type PreloadsOf = (pathname: string) => string | undefined;

/** @param folder of the built page; one without the list has no preloads */
export async function readPreloads(folder: string): Promise<PreloadsOf> {
  const text = await readFile(join(folder, 'preloads.json'), 'utf8').catch(() => '[]');
  const links = v.parse(Preloads, JSON.parse(text)).map(({ pattern, files }) => ({
    pattern: new RegExp(pattern),
    link: files.map((file) => `</${file}>; ${file.endsWith('.js') ? 'rel=modulepreload' : 'rel=preload; as=style'}`),
  }));
  return (pathname) => links.find(({ pattern }) => pattern.test(pathname))?.link.join(', ');
}
