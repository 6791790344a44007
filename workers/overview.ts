/** The open task as a person sees it before joining: from the chain, the task's spec, and the last sum that the relay keeps. */
import { roundLayout } from '../src/aggregation/layouts.ts';
import { metricsFromCounts } from '../src/aggregation/evaluation-counts.ts';
import { fetchSpec } from '../src/aggregation/verify.ts';
import type { Bytes, Hex } from '../src/core/bytes.ts';
import { hasCode } from '../src/core/errors.ts';
import { HEART_SITES, heartTaskSpec } from '../src/dataset/heart.ts';
import { unpackVector } from '../src/masking/encode.ts';
import { Phase, stepKind } from '../src/protocol/phases.ts';
import type { ChainReader, RelayPort } from '../src/protocol/ports.ts';
import { canonicalJson } from '../src/core/canonical-json.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import type { TaskView } from '../src/protocol/views.ts';
import type { NetworkInfo, NetworkView, SampleFile } from './api.ts';
import { formatFlock, openReaders } from './chain.ts';
import { networkName, type World } from './world.ts';

interface Readers {
  readonly chain: ChainReader;
  readonly relay: RelayPort;
}

/** Rounds that are looked back for the last one with an evaluation. */
const LOOK_BACK = 3;

export class Overview {
  readonly #world: World;
  readonly #readers = new Map<string, Promise<Readers>>();
  readonly #specs = new Map<string, TaskSpec>();
  readonly #accuracies = new Map<string, number | undefined>();

  constructor(world: World) {
    this.#world = world;
  }

  /** @param joined the task that this tab takes part in, whose model on chain is reported too */
  async view(network: NetworkInfo, joined: string | undefined, signal?: AbortSignal): Promise<NetworkView> {
    const { chain } = await this.#open(network);
    const task = await chain.task(BigInt(network.openTask), signal);
    const spec = await this.#specOf(network, task, signal);
    const { parameters } = task;
    const accuracy = await this.#accuracy(network, task, spec, signal);
    const own =
      joined === undefined ? undefined : joined === network.openTask ? task : await chain.task(BigInt(joined), signal);
    return {
      network,
      task: {
        task: network.openTask,
        spec,
        status: task.status,
        step: task.step,
        trainingRounds: parameters.trainingRounds,
        round: task.round,
        sites: task.registrations,
        minCohort: parameters.minCohort,
        maxCohort: parameters.maxCohort,
        allowListed: parameters.allowListed,
        stake: await formatFlock(parameters.stake),
        modelHash: task.modelHash,
        ...(accuracy !== undefined && { accuracy }),
        samples: samplesOf(spec),
      },
      ...(own && { joinedModelHash: own.modelHash }),
    };
  }

  async spec(network: NetworkInfo, task: string, signal?: AbortSignal): Promise<TaskSpec> {
    const { chain } = await this.#open(network);
    return this.#specOf(network, await chain.task(BigInt(task), signal), signal);
  }

  /** The model's file; the relay cannot serve another one under this hash. */
  async model(network: NetworkInfo, hash: Hex): Promise<Bytes> {
    const { relay } = await this.#open(network);
    return relay.blobs.get(hash);
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

  async #specOf(network: NetworkInfo, task: TaskView, signal: AbortSignal | undefined): Promise<TaskSpec> {
    const known = this.#specs.get(task.specHash);
    if (known !== undefined) return known;
    const { relay } = await this.#open(network);
    const spec = await fetchSpec(relay, task, signal);
    this.#specs.set(task.specHash, spec);
    return spec;
  }

  /** Accuracy from the newest settled round's sum, which anybody may read by its hash. */
  async #accuracy(
    network: NetworkInfo,
    task: TaskView,
    spec: TaskSpec,
    signal?: AbortSignal,
  ): Promise<number | undefined> {
    if (spec.evaluation.release === 'off') return undefined;
    const { chain, relay } = await this.#open(network);
    for (let number = task.round; number > Math.max(0, task.round - LOOK_BACK); number--) {
      const key = `${network.coordinator}/${task.task}/${number}`;
      if (!this.#accuracies.has(key)) {
        const round = await chain.round(task.task, number, signal);
        if (round.phase !== Phase.Settled) continue;
        const kind = stepKind(round.step, task.parameters.trainingRounds);
        const accuracy = kind === 'statistics' ? undefined : await readAccuracy(relay, spec, round, signal);
        this.#accuracies.set(key, accuracy);
      }
      const accuracy = this.#accuracies.get(key);
      if (accuracy !== undefined) return accuracy;
    }
    return undefined;
  }
}

async function readAccuracy(
  relay: RelayPort,
  spec: TaskSpec,
  { step, sumRoot }: { step: number; sumRoot: Hex },
  signal: AbortSignal | undefined,
): Promise<number | undefined> {
  try {
    const layout = roundLayout(spec, step);
    const sums = unpackVector(layout, await relay.blobs.get(sumRoot, signal));
    const counts = sums[layout.findIndex(({ purpose }) => purpose === 'evaluation')];
    return counts && metricsFromCounts(counts)?.accuracy;
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
