/**
 * What masking costs and whether it is exact.
 *
 * - masking.exact: whole rounds with dropouts against a plain sum;
 * - masking.uploadBytesPerParameter: everything that one member sends in a round, by the size of the real messages;
 * - masking.clientRatio: one member's mask among 82 peers against bare WebCrypto AES-CTR over as many bytes, with as many calls in
 *   flight, in the same host: a worker of a real Chromium where there is one, else Node; masking.clientRatioNode always;
 * - masking.serverRatio: the stream sum of an unmasking, on one thread over node:crypto, against the best rate of cipher.update.
 *
 * Times are the least of several turns, taken in turn: what else the machine does only adds.
 */
import { createCipheriv } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Bytes } from '../src/core/bytes.ts';
import { bitmapOf, firstOf, popcount } from '../src/core/bitmap.ts';
import { SeededRandom, secureRandom } from '../src/core/random.ts';
import { packRing, unpackRing } from '../src/masking/encode.ts';
import { RANGE_BYTES, counterBlock, sumStreams, type OpenStream } from '../src/masking/stream.ts';
import { buildAnswer } from '../src/masking/unmask.ts';
import { layoutBytes } from '../src/protocol/layout.ts';
import { makeCohort, openAll, runRound } from '../src/masking/testing/cohort.ts';
import { figure, type BenchContext, type Figure } from './figure.ts';
import { leastTimes, measureClient, updateLayout, type ClientRates } from './masking/rates.ts';

const PEERS = 82;
const PARAMETERS = 2 ** 20;
const WIDTH = 18;
const RECORD_BYTES = 98;
const RECORDS = 6; // join, share, ack, mask, have, unmask
const ZEROS = Buffer.alloc(2 * RANGE_BYTES);
const JOIN_MESSAGE_BYTES = 64; // mask public key and commitment behind the join digest

const gigabytes = (bytes: number, ms: number) => `${(bytes / ms / 1e6).toFixed(2)} GB/s`;

/** Coordinates in which a masked sum differs from the plain one, over rounds of several sizes. */
async function countMismatches(full: boolean): Promise<{ mismatches: number; coordinates: number; rounds: number }> {
  let [mismatches, coordinates, rounds] = [0, 0, 0];
  const random = new SeededRandom(secureRandom(32));
  for (const n of full ? [3, 4, 6, 12, 24, 49] : [4, 6, 12]) {
    const layout = [...updateLayout(full ? 20_000 : 5000, WIDTH), ...updateLayout(7, 48), ...updateLayout(100, 31)];
    const cohort = await makeCohort(`bench ${n}`, n, layout);
    const all = cohort.people.map(() =>
      layout.map(({ length, width }) =>
        Float64Array.from({ length }, () => Math.floor(random.uniform() * 2 ** Math.min(width, 32))),
      ),
    );
    const order = [...random.permutation(n)];
    const u2 = order.slice(0, n - Math.floor((n - cohort.threshold) / 2)).sort((a, b) => a - b);
    const u3 = u2.filter((u) => order.indexOf(u) < cohort.threshold);
    const sum = await runRound(cohort, u2, u3, u3, new Map(u2.map((u) => [u, packRing(layout, all[u] ?? [])])));
    unpackRing(layout, sum).forEach((ring, s) => {
      const modulus = 2 ** (layout[s]?.width ?? 0);
      for (let j = 0; j < ring.length; j++) {
        const plain = u3.reduce((total, u) => (total + (all[u]?.[s]?.[j] ?? NaN)) % modulus, 0);
        if (plain !== ring[j]) mismatches++;
        coordinates++;
      }
    });
    rounds++;
  }
  return { mismatches, coordinates, rounds };
}

/** Bytes that one of 49 members sends in a round, beside headers of the transport. */
async function uploadBytes(): Promise<{ total: number; note: string }> {
  const n = 49;
  const cohort = await makeCohort('bench upload', n, updateLayout(PARAMETERS, WIDTH));
  const bundle = cohort.bundles.get(0)?.length ?? NaN;
  const u2 = firstOf(n);
  const answer = buildAnswer({ u2, u3: u2 & ~bitmapOf([1]), held: await openAll(cohort, 0, u2) }).length;
  const masked = layoutBytes(cohort.layout);
  const total = masked + bundle + answer + RECORDS * RECORD_BYTES + JOIN_MESSAGE_BYTES;
  return {
    total,
    note: `n = ${popcount(u2)}, d = 2^20, ${WIDTH} bit: masked ${masked} + bundle ${bundle} + answer ${answer} + ${RECORDS} records of ${RECORD_BYTES} + join ${JOIN_MESSAGE_BYTES} bytes; a vote is ${RECORD_BYTES} more`,
  };
}

interface ChromiumFinder {
  readonly chromiumFlags: string[];
  readonly findChromium: () => string | undefined;
}

/** Loaded when it runs: the bundle of this file lies elsewhere. */
function chromiumFinder(): Promise<ChromiumFinder> {
  return import(pathToFileURL(resolve('scripts/find-chromium.mjs')).href) as Promise<ChromiumFinder>;
}

/** Runs measureClient in a module worker of a headless Chromium, from a loopback server (a secure context, so WebCrypto is there). */
async function measureInChromium(executablePath: string, args: string[], turns: number): Promise<ClientRates> {
  const [{ build }, { chromium }] = await Promise.all([import('esbuild'), import('playwright-core')]);
  const { outputFiles } = await build({
    stdin: {
      contents: `import { measureClient } from './bench/masking/rates.ts';
        measureClient(${PEERS}, ${PARAMETERS}, ${WIDTH}, ${turns}).then((rates) => postMessage({ rates }), (error) => postMessage({ error: String(error) }));`,
      resolveDir: process.cwd(),
      loader: 'ts',
    },
    bundle: true,
    format: 'esm',
    platform: 'browser',
    write: false,
    minify: true,
  });
  const script = outputFiles[0]?.text ?? '';
  const server = createServer((request, response) => {
    const isWorker = request.url === '/worker.js';
    response.setHeader('content-type', isWorker ? 'text/javascript' : 'text/html');
    response.end(isWorker ? script : '<!doctype html><title>masking</title>');
  });
  await new Promise<void>((listening) => {
    server.listen(0, '127.0.0.1', listening);
  });
  const browser = await chromium.launch({ executablePath, args });
  try {
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return await page.evaluate(
      () =>
        new Promise<ClientRates>((done, reject) => {
          const worker = new Worker('/worker.js', { type: 'module' });
          worker.onmessage = ({ data }: MessageEvent<{ rates?: ClientRates; error?: string }>) => {
            if (data.rates) done(data.rates);
            else reject(new Error(data.error));
          };
          worker.onerror = ({ message }) => reject(new Error(message));
        }),
    );
  } finally {
    await browser.close();
    server.close();
  }
}

function clientFigure(id: string, host: string, rates: ClientRates): Figure {
  const { streamBytes, maskMs, sumMs, rawMs, rawLargeMs } = rates;
  const note = [
    `${host}: a mask among ${PEERS} peers, d = 2^20, ${WIDTH} bit, in ${maskMs.toFixed(0)} ms (${gigabytes(streamBytes, maskMs)}; stream sum alone ${sumMs.toFixed(0)} ms)`,
    `bare WebCrypto AES-128-CTR with as many calls in flight ${gigabytes(streamBytes, rawMs)}, in 1 MiB calls ${gigabytes(streamBytes, rawLargeMs)}`,
  ].join('; ');
  return figure({ id, value: rawMs / maskMs, unit: 'of bare AES-CTR', goal: 0.6, better: 'higher', note });
}

/** Key stream by node:crypto, synchronously: what a relay's worker thread uses. Reads follow each other, so one cipher goes on. */
const cipherStream: OpenStream = (key) => {
  let cipher = createCipheriv('aes-128-ctr', key, counterBlock(0));
  let at = 0;
  return Promise.resolve((offset, lengthBytes) => {
    if (offset !== at) cipher = createCipheriv('aes-128-ctr', key, counterBlock(offset));
    at = offset + lengthBytes;
    return Promise.resolve(cipher.update(ZEROS.subarray(0, lengthBytes)) as Bytes);
  });
};

/** One worker thread's part of an unmasking: 90 of 100 survive, so 990 streams. */
async function measureServer(full: boolean): Promise<Figure> {
  const [survivors, dropped, length] = [90, 10, full ? 10 ** 6 : 2 ** 18];
  const layout = updateLayout(length, WIDTH);
  const end = layoutBytes(layout);
  const total = survivors + survivors * dropped;
  const streams = Array.from({ length: total }, (_, i) => ({
    key: secureRandom(16),
    sign: i % 2 === 0 ? (1 as const) : (-1 as const),
  }));
  const addends = Array.from({ length: survivors }, () => ({ packed: new Uint8Array(end), sign: 1 as const }));
  const block = Buffer.alloc(65_536);
  const least = await leastTimes(full ? 5 : 3, {
    sum: () => sumStreams({ layout, start: 0, end, streams, addends }, { openStream: cipherStream }),
    cipher: () => {
      const cipher = createCipheriv('aes-128-ctr', new Uint8Array(16), new Uint8Array(16));
      for (let at = 0; at < total * end; at += block.length) cipher.update(block);
      return Promise.resolve();
    },
  });
  const note = `one thread, ${survivors} survivors, ${dropped} dropped, d = ${length}: ${least.sum.toFixed(0)} ms, ${gigabytes(total * end, least.sum)}; cipher.update ${gigabytes(total * end, least.cipher)}; byte ranges are independent, so both scale with threads`;
  return figure({
    id: 'masking.serverRatio',
    value: least.cipher / least.sum,
    unit: 'of cipher.update',
    goal: 0.5,
    better: 'higher',
    note,
  });
}

export async function run({
  full,
  progress,
}: Pick<BenchContext, 'full'> & Partial<Pick<BenchContext, 'progress'>>): Promise<readonly Figure[]> {
  progress?.('masking: rounds against a plain sum');
  const { mismatches, coordinates, rounds } = await countMismatches(full);
  const upload = await uploadBytes();
  const figures = [
    figure({
      id: 'masking.exact',
      value: mismatches,
      unit: 'wrong coordinates',
      goal: 0,
      better: 'lower',
      note: `${coordinates} coordinates in ${rounds} rounds with dropouts`,
    }),
    figure({
      id: 'masking.uploadBytesPerParameter',
      value: upload.total / PARAMETERS,
      unit: 'B',
      goal: 2.6,
      better: 'lower',
      note: upload.note,
    }),
  ];
  const turns = full ? 30 : 10;
  progress?.('masking: client, Node');
  const inNode = clientFigure('masking.clientRatioNode', 'Node', await measureClient(PEERS, PARAMETERS, WIDTH, turns));
  const { chromiumFlags, findChromium } = await chromiumFinder();
  const executablePath = findChromium();
  if (executablePath === undefined) {
    figures.push({ ...inNode, id: 'masking.clientRatio', note: `no Chromium here, so: ${inNode.note}` });
  } else {
    progress?.('masking: client, Chromium worker');
    figures.push(
      clientFigure(
        'masking.clientRatio',
        'Chromium worker',
        await measureInChromium(executablePath, chromiumFlags, turns),
      ),
    );
  }
  progress?.('masking: server');
  figures.push(inNode, await measureServer(full));
  return figures;
}
