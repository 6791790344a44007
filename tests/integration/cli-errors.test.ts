/** What the command line says when something is wrong: one message with what to do, exit code 1, nothing on stdout. */
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AGGREGATOR_WORKER } from '../../node/places.ts';

const MURMUR = join(AGGREGATOR_WORKER, '../murmur.js');
const NOWHERE = 'http://127.0.0.1:1';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-cli-'));
  await writeFile(join(folder, 'data.csv'), '1,2,3\n');
  await writeFile(join(folder, 'bad.key'), 'not a key\n');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function murmur(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MURMUR, ...args], { timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : -1, stdout, stderr });
    });
  });
}

test.concurrent.each([
  ['an unknown option', ['network', '--bogus'], 'unknown option'],
  ['an unknown command', ['train'], 'unknown command'],
  ['a number of rounds that is none', ['network', '--rounds', 'many'], 'whole number'],
  ['an example task that is none', ['network', '--task', 'chess'], 'Known ones: heart, bank, '],
  ['a missing option', ['verify'], '--task'],
  ['a task id that is none', ['inspect', 'task', '--task', '0x1'], 'A task id is'],
  [
    'a key on the command line',
    ['contribute', '--task', '1', '--data', 'x', '--key', `0x${'11'.repeat(32)}`],
    'into a file',
  ],
  ['a relay that is not there', ['verify', '--task', '1', '--relay', NOWHERE], `nothing answers at ${NOWHERE}`],
  [
    'a chain that is not there',
    ['relay', '--rpc', NOWHERE, '--coordinator', `0x${'00'.repeat(20)}`, '--key', 'k', '--data', '@/relay'],
    'no Murmur coordinator',
  ],
  ['no network at all', ['inspect', 'round', '--task', '1', '--state', '@/none'], 'no local network has run here'],
  [
    'a data file that is not there',
    ['contribute', '--task', '1', '--data', '@/none.csv', '--key', '@/a.key'],
    'cannot be read',
  ],
])(
  '%s',
  async (_, args, words) => {
    const { code, stdout, stderr } = await murmur(...args.map((arg) => arg.replace('@', folder)));
    expect(stderr).toContain(words);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
    expect(code).toBe(1);
  },
  60_000,
);

test('help names every command and ends well', async () => {
  const { code, stdout } = await murmur('--help');
  expect(code).toBe(0);
  for (const name of ['network', 'relay', 'contribute', 'inspect', 'verify', 'deploy']) expect(stdout).toContain(name);
  expect((await murmur('verify', '--help')).stdout).toContain('--json');
}, 60_000);

test.each(['base', 'base-sepolia'])(
  'a deployment to %s is rehearsed without key or endpoint',
  async (chain) => {
    const [treasury, holder] = [`0x${'11'.repeat(20)}`, `0x${'22'.repeat(20)}`];
    const { code, stdout } = await murmur(
      ...['deploy', '--chain', chain, '--treasury', treasury, '--genesis-to', holder, '--dry-run', '--json'],
    );
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ chainId: chain === 'base' ? 8453 : 84532, dryRun: true });
  },
  60_000,
);
