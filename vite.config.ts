/** The page and its workers: `vite` serves them for development, `vite build` writes dist/page. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin, type Rolldown } from 'vite';
import { PATHS, patternOf } from './src/ui/paths.ts';

/** Cross-origin isolation: lets timers be exact, and wasm use threads (which it does not: docs/adr/0021). The relay sends the same two headers. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** What workers import. Vite finds a page's dependencies by itself, a worker's only when it starts: then it reloads. */
export const workerDependencies = [
  '@noble/curves/abstract/modular',
  '@noble/curves/ed25519',
  '@noble/curves/secp256k1',
  '@noble/hashes/hkdf',
  '@noble/hashes/sha2',
  '@noble/hashes/sha3',
  '@tensorflow/tfjs-backend-cpu',
  '@tensorflow/tfjs-backend-wasm',
  '@tensorflow/tfjs-backend-webgl',
  '@tensorflow/tfjs-backend-webgpu',
  '@tensorflow/tfjs-core',
  '@tensorflow/tfjs-layers',
  'comlink',
  'fflate',
  'hyparquet',
  'idb',
  'papaparse',
  'valibot',
  'viem',
  'viem/accounts',
  'viem/chains',
];

/**
 * Writes preloads.json: which files a path needs. The server names them in a Link header, so that a page does not wait for the first
 * JavaScript to ask for its own; what every page begins with comes first, because a browser asks for six files at a time.
 */
function preloads(): Plugin {
  return {
    name: 'murmur-preloads',
    apply: 'build',
    generateBundle(_, bundle) {
      const chunks = Object.values(bundle).filter((file) => file.type === 'chunk');
      const first = filesOf(
        chunks,
        chunks.find(({ isEntry }) => isEntry),
      );
      const paths = PATHS.map(({ path, file }) => {
        const page = chunks.find(({ facadeModuleId }) => facadeModuleId?.endsWith(`/src/ui/pages/${file}`));
        return { pattern: patternOf(path).source, files: [...filesOf(chunks, page, new Set(first))] };
      });
      this.emitFile({ type: 'asset', fileName: 'preloads.json', source: JSON.stringify(paths) });
    },
  };
}

/** A chunk and what it imports before it runs. */
function filesOf(
  chunks: readonly Rolldown.OutputChunk[],
  chunk: Rolldown.OutputChunk | undefined,
  found = new Set<string>(),
): Set<string> {
  if (chunk === undefined || found.has(chunk.fileName)) return found;
  found.add(chunk.fileName);
  for (const name of chunk.imports) {
    filesOf(
      chunks,
      chunks.find(({ fileName }) => fileName === name),
      found,
    );
  }
  return found;
}

/**
 * Few files, because over HTTP/1.1 each one beyond six costs a page another turn of the line: the first page's, what at least five pages
 * share, and the rest by who shares it. Pieces below 3.6 kB go to a neighbour; boxes and
 * radios bring a library along and stay out of what pages without them load; the parts of the creating form are many, and one page's.
 */
const fewFiles: Rolldown.CodeSplittingGroup[] = [
  { name: 'first', tags: ['$initial'], priority: 3 },
  { name: 'common', test: /\/src\/(?!.*\/((Check|Radios)\.svelte|create))/, minShareCount: 5, priority: 2 },
  { name: 'shared', test: /\/src\//, minShareCount: 2, entriesAware: true, entriesAwareMergeThreshold: 3600 },
];

/** A worker starts with one file, and asks for the chain's library in one more. */
const fewWorkerFiles: Rolldown.CodeSplittingGroup[] = [
  { name: 'worker', tags: ['$initial'], priority: 2 },
  { name: 'chain', test: /\/(workers\/viem\.ts|src\/chain\/|node_modules\/(viem|ox|abitype|@noble)\/)/, priority: 1 },
];

export default defineConfig({
  plugins: [svelte({ configFile: false }), preloads()],
  worker: {
    format: 'es',
    rolldownOptions: { output: { codeSplitting: { groups: fewWorkerFiles } } },
  },
  build: {
    outDir: 'dist/page',
    target: 'es2023',
    chunkSizeWarningLimit: 1500,
    // The manifest says which files a page needs: bench page adds up their sizes.
    manifest: true,
    cssCodeSplit: false,
    rolldownOptions: { output: { codeSplitting: { groups: fewFiles } } },
  },
  optimizeDeps: { include: workerDependencies },
  server: { headers: isolation },
  preview: { headers: isolation },
});
