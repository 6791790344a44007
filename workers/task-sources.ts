/**
 * Rounds, descriptions and figures of tasks on one network, each read once: what is over never changes, and what a hash names
 * neither. The page asks again every few seconds, so that without this a list of tasks would be hundreds of requests each time.
 */
import { metricsFromCounts } from '../src/aggregation/evaluation-counts.ts';
import { roundLayout } from '../src/aggregation/layouts.ts';
import { fetchSpec } from '../src/aggregation/verify.ts';
import type { Clock } from '../src/core/clock.ts';
import type { Hex } from '../src/core/bytes.ts';
import { hasCode } from '../src/core/errors.ts';
import { unpackVector } from '../src/masking/encode.ts';
import { isOver, Phase, stepKind } from '../src/protocol/phases.ts';
import type { ChainReader, RelayPort } from '../src/protocol/ports.ts';
import { targetOf } from '../src/protocol/target.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import type { RoundView, TaskView } from '../src/protocol/views.ts';
import type { ModelMetrics } from '../src/session/status.ts';
import type { TaskRound } from './api/tasks.ts';
import { roundOf } from './task-view.ts';

/** Reads that are under way at once; the chain's transport puts them into few requests. */
const AT_ONCE = 50;
/** Before the relay is asked again for a description that it did not have. */
const MISSING_MS = 30_000;
/** Things of a kind that are kept; the oldest go first. */
const KEPT_ROUNDS = 5_000;
const KEPT_SPECS = 200;

export class TaskSources {
  readonly chain: ChainReader;
  readonly relay: RelayPort;
  readonly #now: Clock['now'];
  readonly #specs = new Map<Hex, TaskSpec>();
  /** when the relay last did not have a description, or had one that is none */
  readonly #missing = new Map<Hex, number>();
  readonly #over = new Map<string, RoundView>();
  /** by the root of the sum; undefined when the sum is gone or says nothing */
  readonly #metrics = new Map<Hex, ModelMetrics | undefined>();

  constructor(chain: ChainReader, relay: RelayPort, now: Clock['now']) {
    this.chain = chain;
    this.relay = relay;
    this.#now = now;
  }

  /**
   * The description of a task.
   * @throws MurmurError not-found, and bad-input or too-large when its creator published one that is none
   */
  async spec(task: TaskView, signal?: AbortSignal): Promise<TaskSpec> {
    const known = this.#specs.get(task.specHash);
    if (known !== undefined) return known;
    const spec = await fetchSpec(this.relay, task, signal);
    keep(this.#specs, task.specHash, spec, KEPT_SPECS);
    return spec;
  }

  /** The description for a list, which does without those that cannot be had: anybody can create a task whose description is none. */
  async specIfAny(task: TaskView, signal?: AbortSignal): Promise<TaskSpec | undefined> {
    const askedAtMs = this.#missing.get(task.specHash);
    if (askedAtMs !== undefined && this.#now() - askedAtMs < MISSING_MS) return undefined;
    try {
      return await this.spec(task, signal);
    } catch (error) {
      if (!hasCode(error, 'not-found', 'bad-input', 'bad-hash', 'too-large')) throw error;
      keep(this.#missing, task.specHash, this.#now(), KEPT_SPECS);
      return undefined;
    }
  }

  /** @param numbers rounds of the task; given in the same order */
  async rounds(
    task: TaskView,
    spec: TaskSpec | undefined,
    numbers: readonly number[],
    signal?: AbortSignal,
  ): Promise<readonly TaskRound[]> {
    const rounds: TaskRound[] = [];
    for (let i = 0; i < numbers.length; i += AT_ONCE) {
      const some = numbers.slice(i, i + AT_ONCE).map(async (number) => {
        const view = await this.#round(task, number, signal);
        return roundOf(task, view, spec && (await this.#metricsOf(task, spec, view, signal)));
      });
      rounds.push(...(await Promise.all(some)));
    }
    return rounds;
  }

  async #round(task: TaskView, number: number, signal: AbortSignal | undefined): Promise<RoundView> {
    const key = `${task.task}/${number}`;
    const known = this.#over.get(key);
    if (known !== undefined) return known;
    const view = await this.chain.round(task.task, number, signal);
    if (isOver(view.phase)) keep(this.#over, key, view, KEPT_ROUNDS);
    return view;
  }

  async #metricsOf(
    task: TaskView,
    spec: TaskSpec,
    view: RoundView,
    signal: AbortSignal | undefined,
  ): Promise<ModelMetrics | undefined> {
    const evaluates = stepKind(view.step, task.parameters.trainingRounds) !== 'statistics';
    if (view.phase !== Phase.Settled || !evaluates || spec.evaluation.release === 'off') return undefined;
    if (!this.#metrics.has(view.sumRoot)) {
      keep(this.#metrics, view.sumRoot, await this.#readMetrics(spec, view, signal), KEPT_ROUNDS);
    }
    return this.#metrics.get(view.sumRoot);
  }

  async #readMetrics(
    spec: TaskSpec,
    { step, sumRoot }: RoundView,
    signal: AbortSignal | undefined,
  ): Promise<ModelMetrics | undefined> {
    try {
      const layout = roundLayout(spec, step);
      const sums = unpackVector(layout, await this.relay.blobs.get(sumRoot, signal));
      const counts = sums[layout.findIndex(({ purpose }) => purpose === 'evaluation')];
      return counts && metricsFromCounts(targetOf(spec.data), counts);
    } catch (error) {
      // An old sum may be gone, and a task made to annoy may have sums that are none; the page does without the figure.
      if (hasCode(error, 'not-found', 'bad-input', 'bad-hash', 'too-large', 'void')) return undefined;
      throw error;
    }
  }
}

/** Adds to a map of at most `most` things. */
function keep<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > most && oldest !== undefined) map.delete(oldest);
}
