/**
 * Four real hospitals on a real chain and a real relay, each of which a test can stop and start again: anvil with mixed mining, the
 * relay over HTTP on a folder, sessions with file journals and tfjs in wasm.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { LocalAccount } from 'viem';
import { createFaucet } from '../../node/faucet.ts';
import { createExampleTask, exampleNamed, exampleSpec, type PhaseLengths } from '../../node/example-task.ts';
import { openHospital, readOnlyRelay, type SitePrivacy, walletOf } from '../../node/hospital.ts';
import { type LocalChain, startLocalChain } from '../../node/local-chain.ts';
import { AGGREGATOR_WORKER, HEART_FOLDER } from '../../node/places.ts';
import { TrainerThreads } from '../../node/trainer-threads.ts';
import { createAggregator } from '../../relay/aggregator.ts';
import { type RunningRelay, startRelay, systemClock } from '../../relay/server/start.ts';
import { type Verification, verifyTask } from '../../src/aggregation/verify.ts';
import { secureRandom } from '../../src/core/random.ts';
import { HEART_SITES } from '../../src/dataset/heart.ts';
import { createLedger } from '../../src/network/ledger.ts';
import { Phase } from '../../src/protocol/phases.ts';
import { checkTaskSpec, type TableTask } from '../../src/protocol/task-spec.ts';
import type { RoundView, TaskView } from '../../src/protocol/views.ts';
import type { ParticipationStatus } from '../../src/session/status.ts';

const POLL_MS = 150;
/** Longest that a test waits for anything. */
const LONGEST_MS = 200_000;

export class Cohort {
  readonly task: bigint;
  readonly statuses: (ParticipationStatus | undefined)[] = [];
  readonly #folder: string;
  readonly #chain: LocalChain;
  readonly #aggregator: ReturnType<typeof createAggregator>;
  readonly #wallets = HEART_SITES.map(() => walletOf(secureRandom(32)));
  readonly #trainers = new TrainerThreads();
  readonly #running = new Map<number, { abort: AbortController; ended: Promise<unknown> }>();
  #relay: RunningRelay;

  private constructor(
    folder: string,
    chain: LocalChain,
    aggregator: ReturnType<typeof createAggregator>,
    relay: RunningRelay,
    task: bigint,
  ) {
    this.#folder = folder;
    this.#chain = chain;
    this.#aggregator = aggregator;
    this.#relay = relay;
    this.task = task;
  }

  /** @param change of the heart task's spec */
  static async begin(trainingRounds: number, lengths: PhaseLengths, change: Partial<TableTask> = {}): Promise<Cohort> {
    const folder = await mkdtemp(join(tmpdir(), 'murmur-cohort-'));
    const chain = await startLocalChain({ stateFolder: folder, rpcPort: 0, blockTimeSeconds: 1, mixedMining: true });
    const aggregator = createAggregator({ chain: chain.relay, workerScript: pathToFileURL(AGGREGATOR_WORKER) });
    const relay = await relayOn(folder, chain, aggregator, 0);
    const { creator, endpoint } = chain;
    const spec = checkTaskSpec({ ...exampleSpec(exampleNamed('heart'), trainingRounds), ...change });
    const signal = AbortSignal.timeout(30_000);
    const task = await createExampleTask({
      creator,
      flock: endpoint.flock,
      blobs: relay.core.blobs,
      spec,
      lengths,
      signal,
    });
    const cohort = new Cohort(folder, chain, aggregator, relay, task);
    const fund = createFaucet({ endpoint, account: chain.faucetAccount, sender: chain.sender, clock: systemClock });
    for (const { address } of cohort.#wallets) await fund(address);
    return cohort;
  }

  /**
   * Starts a site, or starts it again on the folder that it left.
   * @param own what is its owner's: without it the example's file, of which nothing is counted
   */
  async start(site: number, own: { readonly privacy?: SitePrivacy; readonly dataFile?: string } = {}): Promise<void> {
    const abort = new AbortController();
    const { id, file } = HEART_SITES[site] as (typeof HEART_SITES)[number];
    const hospital = await openHospital({
      task: this.task,
      endpoint: this.#chain.endpoint,
      relayUrl: this.#relay.url,
      wallet: this.#wallets[site] as LocalAccount,
      dataFile: own.dataFile ?? join(HEART_FOLDER, file),
      privacy: own.privacy,
      folder: join(this.#folder, 'sites', id),
      pace: { pollMs: POLL_MS, announceMs: 500 },
      trainers: this.#trainers,
      comparesAlone: true,
      ledger: createLedger(),
      onStatus: (status) => {
        this.statuses[site] = status;
      },
      signal: abort.signal,
    });
    this.#running.set(site, { abort, ended: hospital.run().catch((error: unknown) => error) });
  }

  startAll(): Promise<unknown> {
    return Promise.all(HEART_SITES.map((_, site) => this.start(site)));
  }

  /** As if the power failed: the session stops wherever it is. */
  async stop(site: number): Promise<void> {
    const running = this.#running.get(site);
    running?.abort.abort();
    await running?.ended;
    this.#running.delete(site);
  }

  /** Ends the relay and starts another one on its folder and its port. */
  async restartRelay(): Promise<void> {
    const port = Number(new URL(this.#relay.url).port);
    await this.#relay.close();
    this.#relay = await relayOn(this.#folder, this.#chain, this.#aggregator, port);
  }

  view(): Promise<TaskView> {
    return this.#chain.creator.task(this.task);
  }

  round(round: number): Promise<RoundView> {
    return this.#chain.creator.round(this.task, round);
  }

  rosterIndex(round: number, site: number): Promise<number> {
    const wallet = (this.#wallets[site] as LocalAccount).address.toLowerCase();
    return this.#chain.creator
      .roster(this.task, round)
      .then((roster) => roster.findIndex((member) => member.wallet === wallet));
  }

  /** Waits until the round is in the phase or beyond. */
  async reaches(round: number, phase: Phase): Promise<RoundView> {
    const untilMs = Date.now() + LONGEST_MS;
    while (Date.now() < untilMs) {
      const { round: newest } = await this.view();
      if (newest >= round) {
        const view = await this.round(round);
        if (view.phase >= phase) return view;
      }
      await systemClock.sleep(POLL_MS / 2);
    }
    throw new Error(`round ${round} did not reach phase ${phase}`);
  }

  /**
   * The first round from that number on that all four join. On a busy machine a join window may pass before everybody is there;
   * such a round says nothing about the fault that a test is about.
   */
  async fullRound(from: number): Promise<number> {
    for (let round = from; round < from + 6; round++) {
      const view = await this.reaches(round, Phase.Beacon);
      if (view.n === HEART_SITES.length) return round;
      await this.reaches(round, Phase.Settled);
    }
    throw new Error(`no round from ${from} on was joined by all`);
  }

  /** Waits until the task is over. */
  async ends(): Promise<TaskView> {
    const untilMs = Date.now() + LONGEST_MS;
    while (Date.now() < untilMs) {
      const view = await this.view();
      if (view.status !== 'running') return view;
      await systemClock.sleep(POLL_MS);
    }
    throw new Error('the task did not end');
  }

  /** Waits until every site that runs knows that the task is over. */
  async everybodyKnows(): Promise<void> {
    const untilMs = Date.now() + LONGEST_MS;
    for (const { ended } of this.#running.values()) {
      await Promise.race([
        ended,
        systemClock.sleep(untilMs - Date.now()).then(() => Promise.reject(new Error('a site still runs'))),
      ]);
    }
  }

  verify(): Promise<Verification> {
    const source = readOnlyRelay(this.#relay.url, this.#chain.sender, this.task);
    return verifyTask({ chain: this.#chain.creator, source, task: this.task, fromVectors: true });
  }

  async end(): Promise<void> {
    for (const site of [...this.#running.keys()]) await this.stop(site);
    await this.#trainers.close();
    await this.#relay.close();
    await this.#aggregator.close();
    await this.#chain.anvil.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function relayOn(
  folder: string,
  chain: LocalChain,
  aggregator: ReturnType<typeof createAggregator>,
  port: number,
): Promise<RunningRelay> {
  return startRelay({
    chain: chain.relay,
    dataFolder: join(folder, 'relay'),
    port,
    beacon: chain.beacon,
    aggregate: (core, ...round) => aggregator.aggregate(core, ...round),
    options: { pollMs: 100, batchDelayMs: 500, gatherMs: 1_000, viewMaxAgeMs: 100 },
  });
}
