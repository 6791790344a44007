// @ts-check
/**
 * Child processes that end. Each runs in its own process group under a deadline, and everything it started carries a
 * mark in its environment, so that what escapes the group (a browser detaches itself) is found and ended as well.
 */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from './paths.mjs';

/** How long a process may take to end when asked to. */
const GRACE_MS = 5_000;
/** How long what a command started may outlive it, and how long its last words may take. */
const LINGER_MS = 1_000;
const MARK = 'MURMUR_SCRIPT_RUN';

/**
 * @typedef {object} Outcome
 * @property {number} code exit code; 124 when the deadline passed, 127 when the command could not be started
 * @property {string} output stdout and stderr as they came
 * @property {number} durationMs
 * @property {number} leftBehind processes that outlived the command and were ended
 */

/** @type {Set<() => Promise<void>>} */
const running = new Set();
let stopped = false;

/**
 * Runs a command from the repository's root to its end. Never throws.
 * @param {string} command @param {readonly string[]} args
 * @param {{ deadlineMs: number, patient?: boolean, env?: NodeJS.ProcessEnv, onText?: (text: string) => void }} options
 *   a patient command leaves the processor to whatever else wants it
 * @returns {Promise<Outcome>}
 */
export async function run(command, args, { deadlineMs, patient = false, env = {}, onText }) {
  if (stopped) return { code: 130, output: 'interrupted\n', durationMs: 0, leftBehind: 0 };
  const mark = randomUUID();
  const startedAt = performance.now();
  const child = spawn(command, args, {
    cwd: root,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // A run inside a run carries both marks.
    env: { ...process.env, NO_COLOR: '1', ...env, [MARK]: `${process.env[MARK] ?? ''} ${mark}` },
  });
  // What it starts inherits the priority.
  if (patient && child.pid !== undefined) yieldTo(child.pid);
  let output = '';
  /** @param {string} text */
  const take = (text) => {
    output += text;
    onText?.(text);
  };
  child.stdout.setEncoding('utf8').on('data', take);
  child.stderr.setEncoding('utf8').on('data', take);

  const stop = () => end(child.pid, mark);
  running.add(stop);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    void stop();
  }, deadlineMs);
  const closed = new Promise((resolve) => child.once('close', resolve));
  // Not 'close': a stray grandchild may hold the pipes open for ever.
  const code = await new Promise((resolve) => {
    child.once('exit', (exitCode) => resolve(exitCode ?? 1));
    child.once('error', (error) => {
      take(`${command}: ${error.message}\n`);
      resolve(127);
    });
  });
  clearTimeout(timer);
  const leftBehind = timedOut ? 0 : await outlived(mark);
  await stop();
  running.delete(stop);
  if (child.pid !== undefined) await Promise.race([closed, sleep(LINGER_MS, undefined, { ref: false })]);
  if (timedOut) take(`${command} ${args.join(' ')}: ended after its deadline of ${deadlineMs / 1000} s\n`);
  return { code: timedOut ? 124 : code, output, durationMs: performance.now() - startedAt, leftBehind };
}

/** Puts a process behind others; one that is behind already stays where it is. @param {number} pid */
function yieldTo(pid) {
  setPriority(pid, Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
}

/** Ends everything that {@link run} still has going, and starts no more; for a script that is itself interrupted. */
export async function stopAll() {
  stopped = true;
  await Promise.all([...running].map((stop) => stop()));
}

/** How many of a run's processes are still there a moment after it ended. @param {string} mark */
async function outlived(mark) {
  for (let waitedMs = 0; waitedMs < LINGER_MS && marked(mark).length > 0; waitedMs += 100) await sleep(100);
  return marked(mark).length;
}

/** Asks the group and the marked processes to end, and ends them if they do not. @param {number | undefined} pid @param {string} mark */
async function end(pid, mark) {
  if (pid === undefined) return;
  if (!alive(pid, mark)) return;
  signalAll(pid, mark, 'SIGTERM');
  for (let waitedMs = 0; waitedMs < GRACE_MS; waitedMs += 100) {
    await sleep(100);
    if (!alive(pid, mark)) return;
  }
  signalAll(pid, mark, 'SIGKILL');
}

/** @param {number} pid @param {string} mark */
const alive = (pid, mark) => signal(-pid, 0) || marked(mark).length > 0;

/** @param {number} pid @param {string} mark @param {NodeJS.Signals} name */
function signalAll(pid, mark, name) {
  signal(-pid, name);
  for (const other of marked(mark)) signal(other, name);
}

/** @param {number} pid @param {NodeJS.Signals | 0} name @returns {boolean} whether such a process exists */
function signal(pid, name) {
  try {
    return process.kill(pid, name);
  } catch {
    return false;
  }
}

/** Processes that carry a run's mark; Linux only, elsewhere the process group has to do. @param {string} mark @returns {number[]} */
function marked(mark) {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && pid !== process.pid && environOf(pid).includes(mark));
}

/** @param {number} pid */
function environOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'latin1');
  } catch {
    return '';
  }
}
