/** The aggregator's threads give the same bytes as one thread with WebCrypto; whole rounds are tested in tests/. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { concatBytes, toHex } from '../src/core/bytes.ts';
import { sha256 } from '../src/core/hash.ts';
import { type StreamJob, splitJob, sumStreams } from '../src/masking/stream.ts';
import { layoutBytes, type Layout } from '../src/protocol/layout.ts';
import { runStreamJobs } from './aggregator.ts';
import { cipherStream } from './cipher-stream.ts';
import { ThreadPool } from './thread-pool.ts';

let folder: string;
let pool: ThreadPool;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-aggregator-'));
  const outfile = join(folder, 'worker.mjs');
  await build({
    entryPoints: ['relay/aggregator-worker.ts'],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    logLevel: 'error',
  });
  pool = new ThreadPool(pathToFileURL(outfile), 2);
});
afterAll(async () => {
  await pool.close();
  await rm(folder, { recursive: true, force: true });
});

const layout: Layout = [
  { purpose: 'weight', length: 1, width: 48, encoding: { kind: 'count' } },
  { purpose: 'update', length: 400_001, width: 20, encoding: { kind: 'count' } },
];

function jobOf(streams: number): StreamJob {
  const end = layoutBytes(layout);
  return {
    layout,
    start: 0,
    end,
    streams: Array.from({ length: streams }, (_, i) => ({
      key: new Uint8Array(16).fill(i + 1),
      sign: i % 2 === 0 ? 1 : -1,
    })),
    addends: [],
  };
}

const hashOf = async (parts: readonly Uint8Array[]) => toHex(await sha256(concatBytes(...parts)));
const signal = new AbortController().signal;

it('OpenSSL and WebCrypto make the same stream, in order and out of it', async () => {
  const job = jobOf(3);
  const expected = await hashOf([await sumStreams(job)]);
  expect(await hashOf([await sumStreams(job, { openStream: cipherStream })])).toBe(expected);
  const read = await cipherStream(new Uint8Array(16).fill(7));
  const whole = await read(0, 96);
  expect(await read(32, 32)).toEqual(whole.slice(32, 64));
  expect(await read(64, 32)).toEqual(whole.slice(64));
  expect(await read(0, 16)).toEqual(whole.slice(0, 16));
});

it('threads give the parts of the same sum in order', async () => {
  const job = jobOf(20);
  const expected = await hashOf([await sumStreams(job, { openStream: cipherStream })]);
  expect(await hashOf(await runStreamJobs(pool, splitJob(job, 8), signal))).toBe(expected);
  expect(await hashOf(await runStreamJobs(undefined, splitJob(job, 8), signal))).toBe(expected);
});

it('a job that fails or is cancelled ends with its error, and the pool goes on', async () => {
  const bad = { ...jobOf(1), streams: [{ key: new Uint8Array(15), sign: 1 as const }] };
  await expect(pool.run([bad])).rejects.toMatchObject({ code: 'bad-input' });
  const controller = new AbortController();
  const running = pool.run(splitJob(jobOf(100), 8), controller.signal);
  controller.abort();
  await expect(running).rejects.toMatchObject({ code: 'cancelled' });
  expect(await pool.run(splitJob(jobOf(1), 2))).toHaveLength(2);
});
