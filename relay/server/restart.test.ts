/** A round over real HTTP and the file store whose relay is stopped and started in every phase, and a store whose process is killed. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, symlink } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/core/bytes.ts';
import { sha256 } from '../../src/core/hash.ts';
import { Phase, type RecordPhase } from '../../src/protocol/phases.ts';
import { FileStore } from '../stores/files.ts';
import { openSocket, startFixture } from '../testing/relay-fixture.ts';

const SPOKEN = [Phase.Share, Phase.Ack, Phase.Mask, Phase.Have, Phase.Unmask, Phase.Vote] as const;

it('loses nothing when it restarts in the middle of every phase', { timeout: 60_000 }, async () => {
  const [sum, model] = [utf8('sum'), utf8('model')];
  const result = { sum, model, sumRoot: toHex(await sha256(sum)), modelHash: toHex(await sha256(model)) };
  const fixture = await startFixture(
    {
      aggregate: async () => result,
      beacon: { signature: async () => new Uint8Array(32).fill(9) },
      options: { batchDelayMs: 60_000 },
    },
    { joinSeconds: 3 },
  );
  const clients = [0, 1, 2, 3].map((id) => fixture.client(id, { openSocket }));
  const view = () => fixture.chain.round(1n, 1);
  try {
    for (const [id, client] of clients.entries()) await client.announce(1n, id);
    await expect.poll(() => fixture.chain.writes.includes('open')).toBe(true);
    for (const [id, client] of clients.entries()) {
      await client.publish(await fixture.cohort.join(id, 1));
      if (id === 1) await fixture.restart();
    }
    for (const phase of SPOKEN) {
      await expect.poll(async () => (await view()).phase).toBe(phase);
      const now = await view();
      for (const [index, client] of clients.entries()) {
        await client.publish(await fixture.cohort.message(now, phase as Exclude<RecordPhase, 1>, index, client.blobs));
        // Some records wait in the queue of a relay that stops now.
        if (index === 1) await fixture.restart();
      }
    }
    await expect.poll(async () => (await view()).phase).toBe(Phase.Settled);
    expect((await view()).voted).toBe(15n);
    const log = await (clients[0] as (typeof clients)[0]).messages(1n, 0);
    expect(log.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 28 }, (_, i) => i + 1));
    expect(fixture.chain.writes.filter((write) => write === 'sum')).toHaveLength(1);
  } finally {
    await fixture.close();
  }
});

/** Appends, stores and says what it was told is safe, until it is killed. */
const WRITER = `
import { FileStore } from './relay/stores/files.ts';
const store = await FileStore.open(process.argv[2]);
for (let i = 0; ; i++) {
  const bytes = new TextEncoder().encode('entry ' + i);
  const name = await store.putBlob(bytes);
  const { sequence } = await store.append('1', 'key ' + i, bytes);
  await store.setValue('last', String(i));
  process.stdout.write(sequence + ' ' + name + '\\n');
}
`;

it('keeps all that it said it had when its process is killed', { timeout: 60_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'murmur-killed-'));
  const outfile = join(folder, 'writer.mjs');
  const stdin = { contents: WRITER, resolveDir: process.cwd(), loader: 'ts' } as const;
  await build({ stdin, outfile, bundle: true, format: 'esm', platform: 'node', external: ['lmdb'], logLevel: 'error' });
  // Its packages are looked for from where it lies.
  await symlink(join(process.cwd(), 'node_modules'), join(folder, 'node_modules'));
  const child = spawn(process.execPath, [outfile, join(folder, 'data')], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said: string[] = [];
  for await (const line of createInterface(child.stdout)) {
    said.push(line);
    if (said.length === 30) child.kill('SIGKILL');
  }
  const store = await FileStore.open(join(folder, 'data'));
  expect(await store.logLength('1')).toBeGreaterThanOrEqual(said.length);
  const entries = await store.read('1', 0, said.length);
  for (const [i, line] of said.entries()) {
    const [sequence, name] = line.split(' ') as [string, `0x${string}`];
    expect(entries[i]).toEqual({ sequence: Number(sequence), value: utf8(`entry ${i}`) });
    expect(await store.readBlob(name)).toEqual(utf8(`entry ${i}`));
  }
  expect(Number(await store.getValue('last'))).toBeGreaterThanOrEqual(said.length - 1);
  await store.close();
  await rm(folder, { recursive: true, force: true });
});
