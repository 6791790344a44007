/** The main job as a person starts it: real processes on a folder of their own, to the end, again, and stopped in every way. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGGREGATOR_WORKER } from '../../node/places.ts';

const MURMUR = join(AGGREGATOR_WORKER, '../murmur.js');
let folder: string;
const started = new Set<ChildProcess>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-main-'));
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly output: () => string;
  readonly exit: Promise<number | null>;
}

function murmur(...args: string[]): Run {
  const child = spawn(process.execPath, [MURMUR, 'network', '--state', folder, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.add(child);
  let output = '';
  const errors: string[] = [];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => errors.push(text));
  const exit = new Promise<number | null>((resolve) => {
    child.once('close', (code) => {
      started.delete(child);
      if (code !== 0 && code !== null) console.error(errors.join(''));
      resolve(code);
    });
  });
  return { child, output: () => output, exit };
}

/** The address that a network prints once it serves. */
async function ready(run: Run): Promise<string> {
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 100) {
    const [, url] = /Murmur is at (\S+)/.exec(run.output()) ?? [];
    if (url !== undefined) return url;
    await sleep(100);
  }
  throw new Error(`the network did not start: ${run.output()}`);
}

/** Processes of this test's folder that are still there. */
function left(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      } catch {
        return '';
      }
    })
    .filter((command) => command.includes(folder));
}

async function nothingLeft(): Promise<void> {
  for (let waitedMs = 0; waitedMs < 10_000 && left().length > 0; waitedMs += 100) await sleep(100);
  expect(left()).toEqual([]);
}

const post = (url: string, body: unknown) =>
  fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
const rpc = (url: string, method: string) => post(`${url}/rpc`, { jsonrpc: '2.0', id: 1, method, params: [] });

let coordinator = '';

test('trains a task to the end and says what it came to', async () => {
  const run = murmur('--rounds', '2', '--exit');
  expect(await run.exit).toBe(0);
  const result = JSON.parse(run.output().trim().split('\n').at(-1) ?? '') as Record<string, number & string>;
  expect(result).toMatchObject({ rounds: 2, sites: 4, parameters: 161 });
  expect(result['survivors']).toBeGreaterThanOrEqual(3);
  expect(result['modelHash']).toMatch(/^0x[0-9a-f]{64}$/);
  expect(result['chainModelHash']).toBe(result['modelHash']);
  expect(result['recomputedModelHash']).toBe(result['modelHash']);
  for (const quality of ['accuracy', 'auc'] as const) {
    expect(result[quality]).toBeGreaterThan(0);
    expect(result[quality]).toBeLessThan(1);
  }
  const { alone, centralised } = result as unknown as { alone: { site: string }[]; centralised: { accuracy: number } };
  expect(alone.map(({ site }) => site)).toEqual(['cleveland', 'hungarian', 'switzerland', 'va']);
  expect(centralised.accuracy).toBeGreaterThan(0.7);
  expect(result['bytesUpPerSiteRound']).toBeGreaterThan(1_000);
  await nothingLeft();
  expect((await stat(join(folder, 'keys/creator.key'))).mode & 0o077).toBe(0);
}, 240_000);

test('a second start goes on, serves the page its network, and Ctrl-C leaves nothing running', async () => {
  const run = murmur('--rounds', '2');
  const url = await ready(run);
  expect(run.output()).toContain('going on where it was stopped');
  const description = (await (await fetch(`${url}/network.json`)).json()) as Record<string, string>;
  expect(description).toMatchObject({ chainId: 31337, rpcUrl: '/rpc', relayUrl: '', local: true });
  coordinator = description['coordinator'] ?? '';

  expect(await (await rpc(url, 'eth_chainId')).json()).toMatchObject({ result: '0x7a69' });
  expect((await rpc(url, 'anvil_mine')).status).toBe(409);
  expect((await post(`${url}/faucet`, { address: '0x00' })).status).toBe(400);
  const address = `0x${'12'.repeat(20)}`;
  expect((await post(`${url}/faucet`, { address })).status).toBe(200);
  expect((await post(`${url}/faucet`, { address })).status).toBe(409);

  const second = murmur();
  expect(await second.exit).toBe(1);
  const stoppedAtMs = performance.now();
  run.child.kill('SIGINT');
  expect(await run.exit).toBe(0);
  expect(performance.now() - stoppedAtMs).toBeLessThan(10_000);
  await nothingLeft();
}, 120_000);

test('the chain saves itself when the network is killed, and the next start goes on with it', async () => {
  const killed = murmur('--rounds', '2');
  await ready(killed);
  killed.child.kill('SIGKILL');
  await killed.exit;
  await nothingLeft();
  const run = murmur('--rounds', '2');
  const url = await ready(run);
  expect(await (await fetch(`${url}/network.json`)).json()).toMatchObject({ coordinator });
  run.child.kill('SIGTERM');
  expect(await run.exit).toBe(0);
}, 120_000);

test('a chain that could not save itself is left behind for a new deployment', async () => {
  await rm(join(folder, 'deployment-1/anvil.json.whole'));
  const run = murmur('--rounds', '2');
  const url = await ready(run);
  const description = (await (await fetch(`${url}/network.json`)).json()) as Record<string, string>;
  expect(description['coordinator']).not.toBe(coordinator);
  run.child.kill('SIGTERM');
  expect(await run.exit).toBe(0);
  await nothingLeft();
}, 120_000);
