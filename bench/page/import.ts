/** Import of a person's file against papaparse alone, in one worker of a real Chromium. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { figure, type Figure } from '../figure.ts';
import type { ImportOrder, ImportRates } from './import-worker.ts';
import { launchOptions } from './network.ts';

const ROWS = 200_000;

/**
 * Rows per second of a CSV into IndexedDB, encrypted, as a share of papaparse's own over the same File.
 * @throws Error when there is no Chromium
 */
export async function measureImport({
  full,
  progress,
}: {
  full: boolean;
  progress: (text: string) => void;
}): Promise<Figure> {
  progress(`page: import of ${ROWS} rows`);
  const { rows, sizeBytes, storedBytes, importMs, papaparseMs } = await ratesInChromium(ROWS, full ? 9 : 5);
  const note = [
    `${rows} rows of 14 columns (${(sizeBytes / 1e6).toFixed(1)} MB): read, checked, encoded, encrypted and stored (${(storedBytes / 1e6).toFixed(1)} MB) in ${importMs.toFixed(0)} ms`,
    `papaparse alone over the same File in the same worker ${papaparseMs.toFixed(0)} ms; each the least of several turns, taken in turn`,
  ].join('; ');
  return figure({
    id: 'page.importRowsPerSecondRatio',
    value: papaparseMs / importMs,
    unit: 'of papaparse alone',
    goal: 0.5,
    better: 'higher',
    note,
  });
}

async function ratesInChromium(rows: number, turns: number): Promise<ImportRates> {
  const [{ build }, { chromium }] = await Promise.all([import('esbuild'), import('playwright-core')]);
  const { outputFiles } = await build({
    entryPoints: ['bench/page/import-worker.ts'],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    // papaparse asks for it in Node alone.
    external: ['stream'],
    write: false,
    minify: true,
  });
  const script = outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    const isWorker = request.url === '/worker.js';
    response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html');
    response.end(isWorker ? script : '<!doctype html><title>import</title>');
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const browser = await chromium.launch(await launchOptions());
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return await page.evaluate(
      (order) =>
        new Promise<ImportRates>((done, reject) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }: MessageEvent<{ rates?: ImportRates; error?: string }>) => {
            if (data.rates) done(data.rates);
            else reject(new Error(data.error));
          };
          worker.onerror = ({ message }) => reject(new Error(message));
          worker.postMessage(order);
        }),
      { rows, turns } satisfies ImportOrder,
    );
  } finally {
    await browser.close();
    server.close();
  }
}
