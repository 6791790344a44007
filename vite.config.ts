/** The page and its workers: `vite` serves them for development, `vite build` writes dist/page. */
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

/** Cross-origin isolation: lets wasm use threads and timers be exact. The relay sends the same two headers. */
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
  'idb',
  'papaparse',
  'valibot',
  'viem',
  'viem/accounts',
  'viem/chains',
];

export default defineConfig({
  plugins: [svelte({ configFile: false })],
  worker: { format: 'es' },
  // The manifest says which files a page needs: bench page adds up their sizes.
  build: { outDir: 'dist/page', target: 'es2023', chunkSizeWarningLimit: 1500, manifest: true },
  optimizeDeps: { include: workerDependencies },
  server: { headers: isolation },
  preview: { headers: isolation },
});
