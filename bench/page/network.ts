/** A local network with four hospitals that train, for measurements and tours of the page. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LaunchOptions } from 'playwright-core';
import { FOR_PEOPLE, type LocalNetwork, type NetworkPace, startNetwork } from '../../node/network.ts';
import { stepKind } from '../../src/protocol/phases.ts';

export interface BenchNetwork {
  readonly url: string;
  /** the task that the hospitals train */
  readonly task: bigint;
  readonly network: LocalNetwork;
  /** Waits until a training round that has not begun yet is live. */
  nextTrainingRound(): Promise<void>;
  /** Waits until the task has ended. */
  finished(): Promise<void>;
  stop(): Promise<void>;
}

interface BrowserFinder {
  readonly chromiumFlags: string[];
  findChromium(): string | undefined;
}

const LONGEST_MS = 300_000;

/** @param trainingRounds of each task */
export async function startBenchNetwork(trainingRounds = 30, pace: NetworkPace = FOR_PEOPLE): Promise<BenchNetwork> {
  const folder = await mkdtemp(join(tmpdir(), 'murmur-bench-'));
  const stop = new AbortController();
  const quiet = () => undefined;
  const network = await startNetwork({
    stateFolder: folder,
    port: 0,
    rpcPort: 0,
    trainingRounds,
    pace,
    onReady: quiet,
    onTask: quiet,
    onRound: quiet,
    onTrouble: quiet,
    signal: stop.signal,
  });
  const { task } = await network.openTask();
  const training = network.train(task).catch(quiet);
  const { creator } = network.chain;
  const until = async (holds: () => Promise<boolean>, what: string) => {
    const untilMs = Date.now() + LONGEST_MS;
    while (!(await holds())) {
      if (Date.now() > untilMs) throw new Error(`the network did not get to ${what}`);
      await new Promise((done) => setTimeout(done, 250));
    }
  };
  return {
    url: network.url,
    task,
    network,
    async nextTrainingRound() {
      const { round: before } = await creator.task(task);
      await until(async () => {
        const { round, step } = await creator.task(task);
        return round > before && stepKind(step, trainingRounds) === 'training';
      }, 'its next training round');
    },
    finished: () => until(async () => (await creator.task(task)).status !== 'running', 'its end'),
    async stop() {
      stop.abort();
      await network.stop();
      await training;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Of a Chromium of this machine. */
export async function launchOptions(): Promise<LaunchOptions> {
  const finder = (await import(pathToFileURL(resolve('scripts/find-chromium.mjs')).href)) as BrowserFinder;
  const executablePath = finder.findChromium();
  if (executablePath === undefined) throw new Error('no Chromium was found; set MURMUR_CHROMIUM');
  return { executablePath, args: finder.chromiumFlags };
}
