/** Tasks as anybody may see them: from the chain, the task's spec, and the sums that the relay keeps for everybody. */
import { verifyTask } from '../src/aggregation/verify.ts';
import type { Bytes, Hex } from '../src/core/bytes.ts';
import { check, hasCode, MurmurError } from '../src/core/errors.ts';
import { isOver } from '../src/protocol/phases.ts';
import type { ChainReader, RelayPort } from '../src/protocol/ports.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { type Place, placeOf } from '../src/session/data-budget.ts';
import { corruptBound } from '../src/protocol/threshold.ts';
import { type TaskParameters, type TaskView, ZERO_HASH } from '../src/protocol/views.ts';
import type { NetworkInfo } from './api/network.ts';
import type { PrivacyView, TaskDetail, TaskPage, TaskRound, TaskSummary, VerificationView } from './api/tasks.ts';
import { formatFlock, openReaders } from './chain.ts';
import { privacyOf } from './task-privacy-view.ts';
import { TaskSources } from './task-sources.ts';
import { costOf, newestRounds, sampledRounds, samplesOf, summaryOf } from './task-view.ts';
import { clock, networkName, type World } from './world.ts';

/** Tasks that one answer lists at most. */
const MOST_TASKS = 50;
/** Rounds that stand for a task in a list, and that a task's own page shows. */
const ROUNDS_OF_SUMMARY = 6;
const ROUNDS_OF_DETAIL = 200;

/** What whoever joins a task agrees to, and where it is now. */
export interface TaskTerms {
  readonly spec: TaskSpec;
  readonly parameters: TaskParameters;
  readonly place: Place;
}

type OpenReaders = (world: World, network: NetworkInfo) => Promise<{ chain: ChainReader; relay: RelayPort }>;

export class TaskReader {
  readonly #world: World;
  readonly #openReaders: OpenReaders;
  readonly #sources = new Map<string, Promise<TaskSources>>();
  /** by spec and parameters, as a task is read again and again and its cost never changes */
  readonly #privacy = new Map<string, PrivacyView>();

  /** @param open what reads chain and relay */
  constructor(world: World, open: OpenReaders = openReaders) {
    this.#world = world;
    this.#openReaders = open;
  }

  /** Newest first. */
  async list(
    network: NetworkInfo,
    count: number,
    before: string | undefined,
    signal?: AbortSignal,
  ): Promise<Omit<TaskPage, 'network'>> {
    check(Number.isInteger(count) && count >= 1, 'the number of tasks to list must be at least 1');
    const sources = await this.#open(network);
    const newest = await sources.chain.taskCount(signal);
    const from = before === undefined || idOf(before) > newest ? newest : idOf(before) - 1n;
    const ids: bigint[] = [];
    for (let id = from; id > 0n && ids.length < Math.min(count, MOST_TASKS); id--) ids.push(id);
    // Step by step for all, so that the reads of one step go out together.
    const views = await Promise.all(ids.map((id) => sources.chain.task(id, signal)));
    const specs = await Promise.all(views.map((view) => sources.specIfAny(view, signal)));
    const tasks = await Promise.all(
      views.map(async (view, i) => {
        const numbers = sampledRounds(view.round, ROUNDS_OF_SUMMARY);
        return summarise(view, specs[i], await sources.rounds(view, specs[i], numbers, signal));
      }),
    );
    const last = ids.at(-1);
    return { total: Number(newest), tasks, ...(last !== undefined && last > 1n && { next: last.toString() }) };
  }

  /** @throws MurmurError not-found */
  async detail(network: NetworkInfo, task: string, signal?: AbortSignal): Promise<TaskDetail> {
    const sources = await this.#open(network);
    const view = await sources.chain.task(idOf(task), signal);
    const spec = await specOf(sources, view, signal);
    const rounds = await sources.rounds(view, spec, newestRounds(view.round, ROUNDS_OF_DETAIL), signal);
    const { joinSeconds, phaseSeconds, beaconSeconds, maxVoids, corruptBps, minCohort } = view.parameters;
    return {
      ...(await summarise(view, spec, rounds)),
      spec,
      privacy: this.#privacyOf(spec, view),
      specHash: view.specHash,
      samples: samplesOf(spec),
      rounds: rounds.toReversed(),
      joinSeconds,
      phaseSeconds,
      beaconSeconds,
      maxVoids,
      corruptOfSmallest: corruptBound(minCohort, corruptBps),
      cost: costOf(spec),
    };
  }

  async terms(network: NetworkInfo, task: string, signal?: AbortSignal): Promise<TaskTerms> {
    const sources = await this.#open(network);
    const view = await sources.chain.task(idOf(task), signal);
    const [spec, place] = await Promise.all([specOf(sources, view, signal), placeOf(sources.chain, view, signal)]);
    return { spec, parameters: view.parameters, place };
  }

  async spec(network: NetworkInfo, task: string, signal?: AbortSignal): Promise<TaskSpec> {
    const sources = await this.#open(network);
    return specOf(sources, await sources.chain.task(idOf(task), signal), signal);
  }

  /** Replays a task from its first round to the last that is over. */
  async verify(
    network: NetworkInfo,
    task: string,
    onRound: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<VerificationView> {
    const startedAtMs = performance.now();
    const { chain, relay } = await this.#open(network);
    const id = idOf(task);
    const { total, chainModelHash } = await lastModel(chain, id, signal);
    onRound(0, total);
    if (total === 0) {
      return { matches: true, chainModelHash, recomputedModelHash: ZERO_HASH, rounds: 0, durationMs: 0 };
    }
    const { matches, recomputedModelHash } = await verifyTask({
      chain,
      source: relay,
      task: id,
      fromVectors: false,
      untilRound: total,
      onRound: ({ round }) => onRound(round, total),
      signal,
    });
    return {
      matches: matches && recomputedModelHash === chainModelHash,
      chainModelHash,
      recomputedModelHash,
      rounds: total,
      durationMs: performance.now() - startedAtMs,
    };
  }

  /** The model's file; the relay cannot serve another one under this hash. */
  async model(network: NetworkInfo, hash: Hex, signal?: AbortSignal): Promise<Bytes> {
    const { relay } = await this.#open(network);
    return relay.blobs.get(hash, signal);
  }

  #privacyOf(spec: TaskSpec, { specHash, parameters }: TaskView): PrivacyView {
    const { minCohort, maxCohort, corruptBps, survivorFloor } = parameters;
    const key = [specHash, minCohort, maxCohort, corruptBps, survivorFloor].join(' ');
    const privacy = this.#privacy.get(key) ?? privacyOf(spec, parameters);
    this.#privacy.set(key, privacy);
    return privacy;
  }

  #open(network: NetworkInfo): Promise<TaskSources> {
    const name = networkName(network);
    const known = this.#sources.get(name);
    if (known !== undefined) return known;
    const opening = this.#openReaders(this.#world, network).then(
      ({ chain, relay }) => new TaskSources(chain, relay, () => clock.now()),
    );
    this.#sources.set(name, opening);
    opening.catch(() => this.#sources.delete(name));
    return opening;
  }
}

async function summarise(
  view: TaskView,
  spec: TaskSpec | undefined,
  rounds: readonly TaskRound[],
): Promise<TaskSummary> {
  const stake = await formatFlock(view.parameters.stake);
  return summaryOf(view, spec, rounds, { stake, poolLeft: await formatFlock(view.poolLeft) });
}

async function specOf(sources: TaskSources, view: TaskView, signal: AbortSignal | undefined): Promise<TaskSpec> {
  try {
    return await sources.spec(view, signal);
  } catch (cause) {
    if (!hasCode(cause, 'not-found')) throw cause;
    throw new MurmurError('not-found', 'the relay does not have the description of this task', {
      hint: 'Whoever created it has to send it once more. Try again later.',
      details: { missing: 'description' },
      cause,
    });
  }
}

/** The last round that is over, and the model that the chain names after it. A round that ends meanwhile is not missed by half. */
async function lastModel(
  chain: ChainReader,
  task: bigint,
  signal: AbortSignal | undefined,
): Promise<{ total: number; chainModelHash: Hex }> {
  const { round, modelHash } = await chain.task(task, signal);
  if (round === 0) return { total: 0, chainModelHash: modelHash };
  const { phase } = await chain.round(task, round, signal);
  if (!isOver(phase)) return { total: round - 1, chainModelHash: modelHash };
  // It may have been live when the task was read.
  return { total: round, chainModelHash: (await chain.task(task, signal)).modelHash };
}

function idOf(task: string): bigint {
  if (!/^[0-9]{1,18}$/.test(task)) throw new MurmurError('not-found', 'there is no task with this number');
  return BigInt(task);
}
