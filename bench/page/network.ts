/** Local networks in temporary folders, for measurements, tours and tests of the page. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LaunchOptions } from 'playwright-core';
import { FOR_PEOPLE, type LocalNetwork, type NetworkPace, startNetwork } from '../../node/network.ts';
import type { Example } from '../../src/dataset/examples/index.ts';
import { stepKind } from '../../src/protocol/phases.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';

/** Longer than anything takes that is waited for here, on a busy machine. */
const LONGEST_MS = 300_000;

export interface TemporaryNetwork {
  readonly url: string;
  readonly task: bigint;
  readonly spec: TaskSpec;
  readonly network: LocalNetwork;
  /** Asks until there is an answer; throws when it takes too long. */
  until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T>;
  /** Lets the example's own sites train the task, or another one of the network; they end with it, or when everything is stopped. */
  train(task?: bigint): Promise<void>;
  /** Waits until the task has ended. */
  finished(): Promise<void>;
  /** Stops everything and forgets it. */
  stop(): Promise<void>;
}

/**
 * A network with one open task.
 * @param options.example the heart task by default
 * @param options.trainingRounds of each task; the example's own number by default
 * @param options.headless whether the example's sites train from the start; until they do, tabs are the only sites
 */
export async function startTemporaryNetwork(options: {
  example?: Example;
  trainingRounds?: number;
  pace?: NetworkPace;
  headless: boolean;
}): Promise<TemporaryNetwork> {
  const { example, trainingRounds, pace = FOR_PEOPLE, headless } = options;
  const folder = await mkdtemp(join(tmpdir(), 'murmur-network-'));
  const stopped = new AbortController();
  const quiet = () => undefined;
  const network = await startNetwork({
    stateFolder: folder,
    port: 0,
    rpcPort: 0,
    ...(example && { example }),
    trainingRounds,
    pace,
    onReady: quiet,
    onTask: quiet,
    onRound: quiet,
    onTrouble: quiet,
    signal: stopped.signal,
  });
  const { task, spec } = await network.openTask();
  const training: Promise<void>[] = [];
  const train = (which = task) => {
    const ends = network.train(which);
    // What ends them too early is seen by whoever waits for what they do; stopping ends them in any case.
    training.push(ends.catch(quiet));
    return ends;
  };
  if (headless) train().catch(quiet);
  const until = async <T>(what: string, ask: () => Promise<T | undefined>): Promise<T> => {
    const untilMs = Date.now() + LONGEST_MS;
    while (Date.now() < untilMs) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      await new Promise((done) => setTimeout(done, 100));
    }
    throw new Error(`waited in vain: ${what}`);
  };
  return {
    url: network.url,
    task,
    spec,
    network,
    until,
    train,
    async finished() {
      const { creator } = network.chain;
      await until('the end of the task', async () => (await creator.task(task)).status !== 'running' || undefined);
    },
    async stop() {
      stopped.abort();
      await network.stop();
      await Promise.all(training);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export interface BenchNetwork extends TemporaryNetwork {
  /** Waits until a training round that has not begun yet is live. */
  nextTrainingRound(): Promise<void>;
}

/** Four hospitals that train. @param trainingRounds of each task */
export async function startBenchNetwork(trainingRounds = 30, pace: NetworkPace = FOR_PEOPLE): Promise<BenchNetwork> {
  const temporary = await startTemporaryNetwork({ trainingRounds, pace, headless: true });
  const { network, task, until } = temporary;
  const { creator } = network.chain;
  return {
    ...temporary,
    async nextTrainingRound() {
      const { round: before } = await creator.task(task);
      await until('the next training round', async () => {
        const { round, step } = await creator.task(task);
        return (round > before && stepKind(step, trainingRounds) === 'training') || undefined;
      });
    },
  };
}

interface BrowserFinder {
  readonly chromiumFlags: string[];
  findChromium(): string | undefined;
}

/** Of a Chromium of this machine. */
export async function launchOptions(): Promise<LaunchOptions> {
  const finder = (await import(pathToFileURL(resolve('scripts/find-chromium.mjs')).href)) as BrowserFinder;
  const executablePath = finder.findChromium();
  if (executablePath === undefined) throw new Error('no Chromium was found; set MURMUR_CHROMIUM');
  return { executablePath, args: finder.chromiumFlags };
}
