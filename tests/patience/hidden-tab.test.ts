/**
 * A tab that nobody looks at for ten minutes of real time: its timers are throttled, first to one a second, after five minutes to one a
 * minute, and still every round counts it, because the round lives in a worker.
 *
 * Playwright keeps its pages visible and switches throttling off. So the browser is started by hand, Playwright only helps to join and
 * lets go, and from then on the tab is looked at over a bare DevTools connection.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { joinWithSample } from '../../bench/page/steps.ts';
import { systemClock } from '../../relay/server/start.ts';
import { chromiumFlags } from '../../scripts/find-chromium.mjs';
import { Phase } from '../../src/protocol/phases.ts';
import { chromiumPath, openTrain } from '../e2e/browser.ts';
import { type LiveNetwork, startLiveNetwork, walletOf } from '../e2e/live-network.ts';

const HIDDEN_MS = 600_000;
const TEST_MS = 840_000;

interface Target {
  readonly id: string;
  readonly url: string;
  readonly webSocketDebuggerUrl: string;
}

let live: LiveNetwork;
let folder: string;
let browser: ChildProcess | undefined;
let endpoint: string;

beforeAll(async () => {
  live = await startLiveNetwork({
    trainingRounds: 200,
    lengths: { joinSeconds: 10, phaseSeconds: 40, beaconSeconds: 60 },
  });
  folder = await mkdtemp(join(tmpdir(), 'murmur-hidden-'));
  if (chromiumPath === undefined) throw new Error('no Chromium was found; set MURMUR_CHROMIUM');
  const flags = ['--headless=new', ...chromiumFlags, '--remote-debugging-port=0', `--user-data-dir=${folder}`];
  const child = spawn(chromiumPath, [...flags, 'about:blank'], { stdio: ['ignore', 'ignore', 'pipe'] });
  browser = child;
  endpoint = await listening(child);
}, 120_000);

afterAll(async () => {
  const child = browser;
  if (child !== undefined && child.exitCode === null) {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await ended;
  }
  await live?.stop();
  await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}, 60_000);

/** The address of the DevTools, which the browser says when it is up. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const address = /DevTools listening on (ws:\S+)/.exec(said)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once('exit', () => reject(new Error(`the browser ended: ${said}`)));
  });
}

async function targets(): Promise<readonly Target[]> {
  const response = await fetch(`http://${new URL(endpoint).host}/json/list`);
  return (await response.json()) as Target[];
}

async function targetAt(url: (url: string) => boolean): Promise<Target> {
  const target = (await targets()).find((candidate) => url(candidate.url));
  if (target === undefined) throw new Error('the tab is gone');
  return target;
}

/** What an expression in the page gives, without making the page visible. */
async function look(target: Target, expression: string): Promise<unknown> {
  const socket = new WebSocket(target.webSocketDebuggerUrl);
  try {
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const answer = new Promise<string>((resolve) => socket.once('message', (data) => resolve(String(data))));
    socket.send(JSON.stringify({ id: 1, method: 'Runtime.evaluate', params: { expression, returnByValue: true } }));
    return (JSON.parse(await answer) as { result: { result: { value: unknown } } }).result.result.value;
  } finally {
    socket.close();
  }
}

test(
  'a hidden tab is in every round for ten minutes',
  async () => {
    const helper = await chromium.connectOverCDP(endpoint);
    const [context] = helper.contexts();
    if (context === undefined) throw new Error('the browser has no window');
    const { page } = await openTrain(context, live.url, live.task);
    await joinWithSample(page, 'Cleveland');
    const wallet = await walletOf(page);
    // Leaves the browser running.
    await helper.close();

    const tab = await targetAt((url) => url.startsWith(live.url));
    const blank = await targetAt((url) => url === 'about:blank');
    await fetch(`http://${new URL(endpoint).host}/json/activate/${blank.id}`);
    const isHidden = async () => (await look(tab, 'document.visibilityState')) === 'hidden';
    await expect.poll(isHidden, { timeout: 10_000 }).toBe(true);

    const untilMs = systemClock.now() + HIDDEN_MS;
    let round = await live.joinedRound(wallet, 0);
    const first = round;
    let last = round;
    while (systemClock.now() < untilMs) {
      const view = await live.ends(round);
      expect(await live.counts(wallet, view), `round ${round} counts the hidden tab`).toBe(true);
      expect(await isHidden()).toBe(true);
      last = round;
      round += 1;
      await live.reaches(Phase.Join, round);
    }
    // A round takes well under a minute, so standing still would show.
    expect(last - first).toBeGreaterThan(8);
    await expect
      .poll(() => look(tab, `document.querySelectorAll('[data-testid="rounds"] tr[data-part="counted"]').length`), {
        timeout: 120_000,
      })
      .toBeGreaterThanOrEqual(last - first);
  },
  TEST_MS,
);
