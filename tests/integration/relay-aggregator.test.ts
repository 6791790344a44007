/** The relay's aggregator, with its threads, finds for every settled round of a simulated task what the contract holds. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { createAggregator } from '../../relay/aggregator.ts';
import { RelayCore } from '../../relay/core/relay-core.ts';
import { toHex } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { Phase } from '../../src/protocol/phases.ts';
import { useSynchronousCrypto } from '../simulation/crypto.ts';
import { CALM, World } from '../simulation/world.ts';

it('recomputes settled rounds from the log, the blobs and the chain alone', async () => {
  const restore = useSynchronousCrypto();
  const world = await World.begin({ seed: 3, siteCount: 4, weather: CALM, allowListed: true });
  await world.end().finally(restore);

  const folder = await mkdtemp(join(tmpdir(), 'murmur-aggregator-'));
  const outfile = join(folder, 'worker.mjs');
  const entryPoints = ['relay/aggregator-worker.ts'];
  await build({ entryPoints, outfile, bundle: true, format: 'esm', platform: 'node', logLevel: 'error' });

  const chain = world.twin.port(`0x${'ee'.repeat(20)}`);
  const { clock, store } = world;
  const relay = new RelayCore({ store, chain, clock, verifySignature: async () => `0x${'00'.repeat(20)}` });
  const aggregator = createAggregator({ chain, workerScript: pathToFileURL(outfile), threads: 2, threadedBytes: 0 });
  try {
    const { round: last } = await chain.task(1n);
    let settled = 0;
    for (let round = 1; round <= last; round++) {
      const view = await chain.round(1n, round);
      if (view.phase !== Phase.Settled) continue;
      settled += 1;
      const result = await aggregator.aggregate(relay, 1n, round, new AbortController().signal);
      expect([result.sumRoot, result.modelHash]).toEqual([view.sumRoot, view.modelHash]);
      expect([toHex(await sha256(result.sum)), toHex(await sha256(result.model))]).toEqual([
        view.sumRoot,
        view.modelHash,
      ]);
    }
    expect(settled).toBeGreaterThan(2);
  } finally {
    await aggregator.close();
    await rm(folder, { recursive: true, force: true });
  }
});
