/**
 * What a visitor downloads before anything runs, and what each page adds to it: compressed, from Vite's manifest. A page that shows one
 * of several parts (setting up, or the live round) counts with each of them; the library that draws its curves is always counted,
 * though it is loaded beside. Dialogs, hover cards and wallets count where somebody wants them, not here.
 */
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

interface ManifestEntry {
  readonly file: string;
  readonly imports?: readonly string[];
  readonly dynamicImports?: readonly string[];
  readonly isEntry?: boolean;
  readonly src?: string;
}

type Manifest = Readonly<Record<string, ManifestEntry>>;

export interface PageSizes {
  /** bytes */
  readonly first: number;
  /** page component to bytes beyond the first */
  readonly routes: ReadonlyMap<string, number>;
  /** files of the first JavaScript, to be searched */
  readonly firstFiles: readonly string[];
}

/** @param folder of the built page */
export function measureSizes(folder: URL): PageSizes {
  const manifest = JSON.parse(readFileSync(new URL('.vite/manifest.json', folder), 'utf8')) as Manifest;
  const entry = Object.keys(manifest).find((key) => manifest[key]?.isEntry);
  if (entry === undefined) throw new Error('the manifest of the page names no entry: was it built?');
  const firstFiles = filesOf(manifest, entry);
  const routes = new Map<string, number>();
  for (const key of Object.keys(manifest)) {
    const page = /src\/ui\/pages\/(\w+)\.svelte$/.exec(key)?.[1];
    if (page === undefined) continue;
    const own = filesOf(manifest, key);
    const parts = (manifest[key]?.dynamicImports ?? []).filter((part) => part.endsWith('.svelte'));
    for (const part of parts.length > 0 ? parts : [key]) {
      const shown = new Set([...own, ...filesOf(manifest, part)]);
      const drawn = [...shown].flatMap((file) => [...curvesOf(manifest, file)]);
      const added = new Set([...shown, ...drawn].filter((file) => !firstFiles.has(file)));
      routes.set(part === key ? page : `${page} (${/(\w+)\.svelte$/.exec(part)?.[1]})`, sum(folder, [...added]));
    }
  }
  return { first: sum(folder, [...firstFiles]), routes, firstFiles: [...firstFiles] };
}

/** What a chunk loads to draw curves. */
function curvesOf(manifest: Manifest, file: string): Set<string> {
  const entry = Object.values(manifest).find((candidate) => candidate.file === file);
  const found = new Set<string>();
  for (const key of entry?.dynamicImports ?? []) if (/uplot/i.test(key)) filesOf(manifest, key, found);
  return found;
}

/** A chunk and everything that it imports before it runs. */
function filesOf(manifest: Manifest, key: string, found = new Set<string>()): Set<string> {
  const entry = manifest[key];
  if (entry === undefined || found.has(entry.file)) return found;
  found.add(entry.file);
  for (const imported of entry.imports ?? []) filesOf(manifest, imported, found);
  return found;
}

function sum(folder: URL, files: readonly string[]): number {
  return files
    .filter((file) => file.endsWith('.js'))
    .reduce((total, file) => total + gzipSync(readFileSync(new URL(file, folder)), { level: 9 }).length, 0);
}
