// @ts-check
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { run } from './process.mjs';

const node = process.execPath;

test('gives the exit code and all that was said', async () => {
  const { code, output } = await run(node, ['-e', 'console.log("a"); console.error("b"); process.exit(3)'], {
    deadlineMs: 10_000,
  });
  expect(code).toBe(3);
  expect(output).toContain('a');
  expect(output).toContain('b');
});

test('tells a command that does not exist', async () => {
  const { code, output } = await run('no-such-command', [], { deadlineMs: 10_000 });
  expect(code).toBe(127);
  expect(output).toContain('no-such-command');
});

test.skipIf(process.platform !== 'linux')(
  'ends what passes its deadline, grandchildren that left the group too',
  async () => {
    const grandchild = 'setInterval(() => {}, 1000)';
    const child = `const { spawn } = require('node:child_process');
    const c = spawn(process.execPath, ['-e', ${JSON.stringify(grandchild)}], { detached: true, stdio: 'inherit' });
    console.log('pid', c.pid); setInterval(() => {}, 1000);`;
    const { code, output } = await run(node, ['-e', child], { deadlineMs: 5_000 });
    expect(code).toBe(124);
    const pid = /pid (\d+)/.exec(output)?.[1];
    expect(pid).toBeDefined();
    // Ended, though perhaps not yet reaped by whoever adopted it.
    const stat = `/proc/${pid}/stat`;
    expect(existsSync(stat) ? readFileSync(stat, 'utf8') : 'gone').toMatch(/gone|\) Z /);
  },
);
