/** Tasks as anybody may see them: from the chain, the task's spec, and the sums that the relay keeps for everybody. */
import { roundLayout } from '../src/aggregation/layouts.ts';
import { metricsFromCounts } from '../src/aggregation/evaluation-counts.ts';
import { fetchSpec, verifyTask } from '../src/aggregation/verify.ts';
import { popcount } from '../src/core/bitmap.ts';
import type { Bytes, Hex } from '../src/core/bytes.ts';
import { canonicalJson } from '../src/core/canonical-json.ts';
import { hasCode, MurmurError } from '../src/core/errors.ts';
import { HEART_SITES, heartTaskSpec } from '../src/dataset/heart.ts';
import { unpackVector } from '../src/masking/encode.ts';
import { isOver, Phase, phaseName, stepKind, voidWords } from '../src/protocol/phases.ts';
import type { ChainReader, RelayPort } from '../src/protocol/ports.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { type RoundView, type TaskView, ZERO_HASH } from '../src/protocol/views.ts';
import type { ModelMetrics } from '../src/session/status.ts';
import type { NetworkInfo } from './api/network.ts';
import type { SampleFile, TaskDetail, TaskRound, TaskSummary, VerificationView } from './api/tasks.ts';
import { formatFlock, openReaders } from './chain.ts';
import { networkName, type World } from './world.ts';

interface Readers {
  readonly chain: ChainReader;
  readonly relay: RelayPort;
}

/** Rounds that a list looks back over for accuracies, and that a task's page shows. */
const ROUNDS_OF_SUMMARY = 12;
const ROUNDS_OF_DETAIL = 200;
/** Reads that are under way at once; the chain's transport batches them. */
const AT_ONCE = 16;

export class TaskReader {
  readonly #world: World;
  readonly #readers = new Map<string, Promise<Readers>>();
  readonly #specs = new Map<string, TaskSpec>();
  /** rounds that are over never change */
  readonly #over = new Map<string, TaskRound>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Newest first. */
  async list(
    network: NetworkInfo,
    count: number,
    before: string | undefined,
    signal?: AbortSignal,
  ): Promise<{ tasks: readonly TaskSummary[]; next?: string }> {
    const { chain } = await this.#open(network);
    const newest = before === undefined ? await chain.taskCount(signal) : BigInt(before) - 1n;
    const ids: bigint[] = [];
    for (let id = newest; id > 0n && ids.length < count; id--) ids.push(id);
    const tasks = await Promise.all(ids.map((id) => this.#summary(network, id, ROUNDS_OF_SUMMARY, signal)));
    const last = ids.at(-1);
    return {
      tasks: tasks.map(({ summary }) => summary),
      ...(last !== undefined && last > 1n && { next: last.toString() }),
    };
  }

  async detail(network: NetworkInfo, task: string, signal?: AbortSignal): Promise<TaskDetail> {
    const { summary, view, spec, rounds } = await this.#summary(network, idOf(task), ROUNDS_OF_DETAIL, signal);
    if (spec === undefined) {
      throw new MurmurError('not-found', 'the relay does not have the description of this task', {
        hint: 'Its creator has to send it once more.',
      });
    }
    const { joinSeconds, phaseSeconds, corruptBps, minCohort } = view.parameters;
    return {
      ...summary,
      spec,
      specHash: view.specHash,
      samples: samplesOf(spec),
      rounds: rounds.toReversed(),
      joinSeconds,
      phaseSeconds,
      corruptOfSmallest: Math.max(1, Math.floor((corruptBps * minCohort) / 10_000)),
    };
  }

  async spec(network: NetworkInfo, task: string, signal?: AbortSignal): Promise<TaskSpec> {
    const { chain } = await this.#open(network);
    return this.#specOf(network, await chain.task(idOf(task), signal), signal);
  }

  /** Replays a task from its first round. */
  async verify(
    network: NetworkInfo,
    task: string,
    onRound: (done: number, total: number) => void,
    signal?: AbortSignal,
  ): Promise<VerificationView> {
    const startedAtMs = performance.now();
    const { chain, relay } = await this.#open(network);
    const { round: total } = await chain.task(idOf(task), signal);
    let done = 0;
    const { matches, chainModelHash, recomputedModelHash, rounds } = await verifyTask({
      chain,
      source: relay,
      task: idOf(task),
      fromVectors: false,
      onRound: () => onRound(++done, total),
      signal,
    });
    const durationMs = performance.now() - startedAtMs;
    return { matches, chainModelHash, recomputedModelHash, rounds: rounds.length, durationMs };
  }

  /** The model's file; the relay cannot serve another one under this hash. */
  async model(network: NetworkInfo, hash: Hex, signal?: AbortSignal): Promise<Bytes> {
    const { relay } = await this.#open(network);
    return relay.blobs.get(hash, signal);
  }

  #open(network: NetworkInfo): Promise<Readers> {
    const name = networkName(network);
    const known = this.#readers.get(name);
    if (known !== undefined) return known;
    const opening = openReaders(this.#world, network);
    this.#readers.set(name, opening);
    opening.catch(() => this.#readers.delete(name));
    return opening;
  }

  async #summary(network: NetworkInfo, id: bigint, roundsBack: number, signal: AbortSignal | undefined) {
    const { chain } = await this.#open(network);
    const view = await chain.task(id, signal);
    const { parameters } = view;
    // A task whose description the relay does not have (yet) is listed all the same.
    const spec = await this.#specOf(network, view, signal).catch((error: unknown) => {
      if (!hasCode(error, 'not-found')) throw error;
      return undefined;
    });
    const rounds = spec === undefined ? [] : await this.#rounds(network, view, spec, roundsBack, signal);
    const live = rounds.at(-1);
    const liveView = view.round > 0 ? await chain.round(id, view.round, signal) : undefined;
    const accuracies = rounds.flatMap(({ step, outcome, together }) =>
      together === undefined || outcome === 'void' ? [] : [{ after: step - 1, accuracy: together.accuracy }],
    );
    const summary: TaskSummary = {
      task: id.toString(),
      title: spec?.title ?? '',
      description: spec?.description ?? '',
      creator: view.creator,
      status: view.status,
      step: view.step,
      trainingRounds: parameters.trainingRounds,
      round: view.round,
      phase: live?.phase ?? 'none',
      phaseEndsAtMs: (liveView?.phaseEndsAt ?? 0) * 1000,
      joined: live?.joined ?? 0,
      sites: view.registrations,
      minCohort: parameters.minCohort,
      maxCohort: parameters.maxCohort,
      allowListed: parameters.allowListed,
      stake: await formatFlock(parameters.stake),
      poolLeft: await formatFlock(view.poolLeft),
      modelHash: view.modelHash,
      accuracies,
    };
    return { summary, view, spec, rounds };
  }

  /** Oldest first. */
  async #rounds(
    network: NetworkInfo,
    task: TaskView,
    spec: TaskSpec,
    roundsBack: number,
    signal: AbortSignal | undefined,
  ): Promise<readonly TaskRound[]> {
    const rounds: TaskRound[] = [];
    for (let from = Math.max(1, task.round - roundsBack + 1); from <= task.round; from += AT_ONCE) {
      const numbers = Array.from({ length: Math.min(AT_ONCE, task.round - from + 1) }, (_, i) => from + i);
      rounds.push(...(await Promise.all(numbers.map((number) => this.#round(network, task, spec, number, signal)))));
    }
    return rounds;
  }

  async #round(
    network: NetworkInfo,
    task: TaskView,
    spec: TaskSpec,
    number: number,
    signal: AbortSignal | undefined,
  ): Promise<TaskRound> {
    const key = `${networkName(network)}/${task.task}/${number}`;
    const known = this.#over.get(key);
    if (known !== undefined) return known;
    const { chain, relay } = await this.#open(network);
    const view = await chain.round(task.task, number, signal);
    const kind = stepKind(view.step, task.parameters.trainingRounds);
    const settled = view.phase === Phase.Settled;
    const together =
      settled && kind !== 'statistics' && spec.evaluation.release !== 'off'
        ? await readMetrics(relay, spec, view, signal)
        : undefined;
    const round: TaskRound = {
      round: number,
      step: view.step,
      kind,
      phase: phaseName(view.phase),
      reason: voidWords(view.voidReason),
      joined: view.n,
      survivors: popcount(view.u3),
      openedAtBlock: Number(view.openedAtBlock),
      modelHash: settled ? view.modelHash : ZERO_HASH,
      ...(isOver(view.phase) && { outcome: settled ? (view.accepted ? 'accepted' : 'rejected') : 'void' }),
      ...(together && { together }),
    };
    if (isOver(view.phase)) this.#over.set(key, round);
    return round;
  }

  async #specOf(network: NetworkInfo, task: TaskView, signal: AbortSignal | undefined): Promise<TaskSpec> {
    const known = this.#specs.get(task.specHash);
    if (known !== undefined) return known;
    const { relay } = await this.#open(network);
    const spec = await fetchSpec(relay, task, signal);
    this.#specs.set(task.specHash, spec);
    return spec;
  }
}

function idOf(task: string): bigint {
  if (!/^[0-9]{1,18}$/.test(task)) throw new MurmurError('not-found', 'there is no task with this number');
  return BigInt(task);
}

async function readMetrics(
  relay: RelayPort,
  spec: TaskSpec,
  { step, sumRoot }: RoundView,
  signal: AbortSignal | undefined,
): Promise<ModelMetrics | undefined> {
  try {
    const layout = roundLayout(spec, step);
    const sums = unpackVector(layout, await relay.blobs.get(sumRoot, signal));
    const counts = sums[layout.findIndex(({ purpose }) => purpose === 'evaluation')];
    return counts && metricsFromCounts(counts);
  } catch (error) {
    // An old sum may be gone; the page does without the figure.
    if (hasCode(error, 'not-found', 'bad-hash', 'void')) return undefined;
    throw error;
  }
}

/** The four hospitals' files come with the page and fit every task over the same columns. */
function samplesOf(spec: TaskSpec): readonly SampleFile[] {
  if (canonicalJson(spec.data) !== canonicalJson(heartTaskSpec().data)) return [];
  return HEART_SITES.map(({ id, name, file }) => ({ id, name, path: `/data/heart/${file}` }));
}
