/**
 * What a page needs, as a Link header (RFC 8288): the browser fetches all of it at once, first what every page begins with. Which files
 * those are the build has written to preloads.json (vite.config.ts).
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as v from 'valibot';

const Preloads = v.array(
  v.object({
    pattern: v.pipe(v.string(), v.maxLength(200)),
    files: v.array(v.pipe(v.string(), v.regex(/^assets\/[\w.~-]+\.js$/))),
  }),
);

/** The header for a path; undefined where the first files are all that it needs, or where nothing is known. */
export type PreloadsOf = (pathname: string) => string | undefined;

/** @param folder of the built page; one without the list has no preloads */
export async function readPreloads(folder: string): Promise<PreloadsOf> {
  const text = await readFile(join(folder, 'preloads.json'), 'utf8').catch(() => '[]');
  const links = v.parse(Preloads, JSON.parse(text)).map(({ pattern, files }) => ({
    pattern: new RegExp(pattern),
    link: files.map((file) => `</${file}>; rel=modulepreload`),
  }));
  return (pathname) => links.find(({ pattern }) => pattern.test(pathname))?.link.join(', ');
}
