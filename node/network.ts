/**
 * The one-command local network: chain, contracts, beacon, relay, page and the sites of an example
 * task (four hospitals by default) in one process with one child (anvil).
 * A task that ends makes way for the next one, so whoever comes later finds a round to join. Everything is in one folder, and a
 * second start goes on where the first was stopped.
 */
import { setMaxListeners } from 'node:events';
import { pathToFileURL } from 'node:url';
import { createAggregator } from '../relay/aggregator.ts';
import type { RelayEvent, RelayOptions } from '../relay/core/types.ts';
import { type RunningRelay, startRelay, systemClock } from '../relay/server/start.ts';
import { fetchSpec } from '../src/aggregation/verify.ts';
import { toHex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import type { Example } from '../src/dataset/examples/index.ts';
import { type TaskSpec, taskSpecHash } from '../src/protocol/task-spec.ts';
import type { TaskView } from '../src/protocol/views.ts';
import { CHAIN_ID } from './saved-anvil.ts';
import { type RunningNetwork, runningFile } from './deployment.ts';
import { createExampleTask, exampleNamed, exampleSpec, type PhaseLengths } from './example-task.ts';
import { createFaucet } from './faucet.ts';
import { readOnlyRelay, type SessionPace } from './hospital.ts';
import { type LocalChain, startLocalChain } from './local-chain.ts';
import { createPageServer } from './page-server.ts';
import { AGGREGATOR_WORKER, PAGE_FOLDER } from './places.ts';
import { type NetworkResult, summarise } from './result.ts';
import { lengthsFor, measureWork } from './round-time.ts';
import { runSites, type SiteRound, SiteTally } from './sites.ts';
import { lockFolder, readOptional, replaceFile } from './state-folder.ts';
import { TrainerThreads } from './trainer-threads.ts';

export interface NetworkPace {
  /** phases are longer where a round of the task costs more (round-time.ts) */
  readonly lengths: PhaseLengths;
  readonly session: SessionPace;
  readonly relay: Partial<RelayOptions>;
  readonly blockTimeSeconds: number;
  readonly mixedMining: boolean;
}

/** For people: a round can be followed, and a tab has time to join. */
export const FOR_PEOPLE: NetworkPace = {
  lengths: { joinSeconds: 8, phaseSeconds: 20, beaconSeconds: 20 },
  session: { pollMs: 400, announceMs: 2_000 },
  relay: { pollMs: 250, batchDelayMs: 1_000, gatherMs: 3_000 },
  blockTimeSeconds: 1,
  mixedMining: true,
};

/** For programs: as fast as the sites keep up. */
export const FOR_PROGRAMS: NetworkPace = {
  lengths: { joinSeconds: 2, phaseSeconds: 20, beaconSeconds: 20 },
  session: { pollMs: 150, announceMs: 500 },
  relay: { pollMs: 100, batchDelayMs: 500, gatherMs: 1_000, viewMaxAgeMs: 100 },
  blockTimeSeconds: 1,
  mixedMining: true,
};

export interface NetworkOptions {
  readonly stateFolder: string;
  /** page and relay; undefined: the one of the last start if it is free */
  readonly port: number | undefined;
  readonly rpcPort: number;
  /** the heart task by default */
  readonly example?: Example;
  /** training rounds of a task; the example's own number by default */
  readonly trainingRounds: number | undefined;
  readonly pace: NetworkPace;
  readonly onReady: (network: { url: string; resumed: boolean; whyNew: string }) => void;
  readonly onTask: (task: bigint, trainingRounds: number) => void;
  /** each site's view of each round */
  readonly onRound: (round: SiteRound) => void;
  readonly onTrouble: (who: string, message: string) => void;
  readonly signal: AbortSignal;
}

export interface LocalNetwork {
  readonly url: string;
  readonly chain: LocalChain;
  readonly relay: RunningRelay;
  /** The running task that people may join, made if there is none. */
  openTask(): Promise<{ task: bigint; spec: TaskSpec }>;
  /** Runs the example's sites until the task has ended. @throws MurmurError void when it failed, cancelled */
  train(task: bigint): Promise<void>;
  result(task: bigint, spec: TaskSpec): Promise<NetworkResult>;
  /** Stops everything, the chain last, so that its state is whole. */
  stop(): Promise<void>;
}

/** How long hospitals may take to stop; what they must not forget is on disk before they say it. */
const STOP_MS = 2_000;

/** @throws MurmurError conflict when the folder or a port is in use, unsupported without anvil */
export async function startNetwork(options: NetworkOptions): Promise<LocalNetwork> {
  const unlock = await lockFolder(options.stateFolder);
  try {
    const { stateFolder, rpcPort, pace } = options;
    const { blockTimeSeconds, mixedMining } = pace;
    const chain = await startLocalChain({ stateFolder, rpcPort, blockTimeSeconds, mixedMining });
    try {
      return await startOn(chain, options, unlock);
    } catch (error) {
      await chain.anvil.stop();
      throw error;
    }
  } catch (error) {
    await unlock();
    throw error;
  }
}

async function startOn(chain: LocalChain, options: NetworkOptions, unlock: () => Promise<void>): Promise<LocalNetwork> {
  const { stateFolder, pace, onTrouble, example = exampleNamed('heart') } = options;
  const { endpoint, sender, places } = chain;
  const controller = new AbortController();
  const signal = AbortSignal.any([options.signal, controller.signal]);
  // Every wait of every hospital listens to it.
  setMaxListeners(0, signal);
  const fund = createFaucet({ endpoint, account: chain.faucetAccount, sender, clock: systemClock });
  const aggregator = createAggregator({ chain: chain.relay, workerScript: pathToFileURL(AGGREGATOR_WORKER) });
  let openTask = 0n;
  const fetchFallback = await createPageServer({
    pageFolder: PAGE_FOLDER,
    rpcUrl: endpoint.rpcUrl,
    rpcFetch: sender.rpcFetch,
    fund,
    describe: () => ({
      chainId: CHAIN_ID,
      rpcUrl: '/rpc',
      relayUrl: '',
      coordinator: endpoint.coordinator,
      flock: endpoint.flock,
      beacon: chain.beaconAddress,
      openTask: openTask.toString(),
      local: true,
    }),
  });
  const relay = await listen(options, (port) =>
    startRelay({
      chain: chain.relay,
      dataFolder: places.relayFolder,
      port,
      beacon: chain.beacon,
      aggregate: (core, ...round) => aggregator.aggregate(core, ...round),
      options: pace.relay,
      fetchFallback,
      onEvent: (event) => tellTrouble(event, onTrouble),
      onFault: (error) => onTrouble('relay', error instanceof Error ? error.message : String(error)),
    }),
  );
  const running: RunningNetwork = { url: relay.url, coordinator: endpoint.coordinator };
  await replaceFile(runningFile(stateFolder), `${JSON.stringify(running)}\n`);
  const resumed = (await chain.creator.taskCount()) > 0n;
  options.onReady({ url: relay.url, resumed, whyNew: places.whyNew });
  void chain.anvil.ended.then((words) => {
    if (signal.aborted) return;
    onTrouble('chain', `anvil ended: ${words}`);
    controller.abort(new MurmurError('unreachable', 'the local chain has ended'));
  });
  const trainers = new TrainerThreads();
  let training: Promise<unknown> = Promise.resolve();
  const tally = new SiteTally();

  return {
    url: relay.url,
    chain,
    relay,
    async openTask() {
      const found = await runningTask(chain, relay, example, options.trainingRounds, signal);
      if (found !== undefined) {
        openTask = found.task;
        return found;
      }
      const spec = exampleSpec(example, options.trainingRounds);
      const { blobs } = relay.core;
      const { creator } = chain;
      const lengths = lengthsFor(pace.lengths, spec, await measureWork(example, spec, trainers.most));
      openTask = await createExampleTask({ creator, flock: endpoint.flock, blobs, spec, lengths, signal });
      return { task: openTask, spec };
    },
    async train(task) {
      const { trainingRounds } = (await chain.creator.task(task, signal)).parameters;
      options.onTask(task, trainingRounds);
      const parts = { endpoint, relayUrl: relay.url, stateFolder, places, reader: chain.creator, fund };
      const onRound = (round: SiteRound) => {
        tally.add(round);
        options.onRound(round);
      };
      const sites = runSites(
        { ...parts, pace: pace.session, trainers, onRound, onTrouble },
        example.sites,
        task,
        signal,
      );
      training = sites;
      await Promise.race([sites, aborted(signal)]);
      signal.throwIfAborted();
      const { status } = await chain.creator.task(task, signal);
      if (status === 'failed') throw new MurmurError('void', `task ${task} failed: too many rounds in a row were void`);
    },
    async result(task, spec) {
      const reader = readOnlyRelay(relay.url, sender, task);
      const ends = tally.of(task);
      return summarise({ chain: chain.creator, relay: reader, example, task, spec, ...ends, trainers, signal });
    },
    async stop() {
      controller.abort();
      const waited = new AbortController();
      await Promise.race([training.catch(() => undefined), systemClock.sleep(STOP_MS, waited.signal)]);
      waited.abort();
      await trainers.close();
      await relay.close();
      await aggregator.close();
      await chain.anvil.stop();
      await unlock();
    },
  };
}

/** Resolves when the signal aborts. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/**
 * The newest task of the network's own if it runs and fits what was asked for; the rest of an interrupted one is trained first. Tasks
 * that people created on this network are theirs: its sites have no data for them.
 */
async function runningTask(
  chain: LocalChain,
  relay: RunningRelay,
  example: Example,
  trainingRounds: number | undefined,
  signal: AbortSignal,
): Promise<{ task: bigint; spec: TaskSpec } | undefined> {
  let task = await chain.creator.taskCount(signal);
  let view: TaskView | undefined;
  for (; task > 0n; task--) {
    view = await chain.creator.task(task, signal);
    if (view.creator === chain.creatorAddress) break;
  }
  if (view === undefined || task === 0n) return undefined;
  const { trainingRounds: rounds } = view.parameters;
  const fits = trainingRounds === undefined || rounds === trainingRounds;
  if (view.status !== 'running' || !fits) return undefined;
  if (toHex(await taskSpecHash(exampleSpec(example, rounds))) !== view.specHash) return undefined;
  const spec = await fetchSpec(relay.core, view, signal).catch(() => undefined);
  return spec && { task, spec };
}

/** On the port that was asked for; else on that of the last start, because a tab's storage belongs to its address; else on any. */
async function listen(options: NetworkOptions, start: (port: number) => Promise<RunningRelay>): Promise<RunningRelay> {
  if (options.port !== undefined) return start(options.port);
  const last = await lastPort(options.stateFolder);
  try {
    return await start(last);
  } catch (error) {
    if (last === 0 || !(error instanceof MurmurError && error.code === 'conflict')) throw error;
    return start(0);
  }
}

async function lastPort(stateFolder: string): Promise<number> {
  const text = await readOptional(runningFile(stateFolder));
  const [, port] = /"url":"http:\/\/[^"]+:(\d+)"/.exec(text ?? '') ?? [];
  return port === undefined ? 0 : Number(port);
}

function tellTrouble(event: RelayEvent, tell: (who: string, message: string) => void): void {
  if (event.kind === 'error') tell('relay', `${event.during}: ${event.error.message}`);
  if (event.kind === 'equivocation') tell('relay', `member ${event.index} signed two records in round ${event.round}`);
}
