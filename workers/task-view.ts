/** What the page sees of tasks and rounds, worked out from what chain and relay tell. Pure, so that it is tested without either. */
import { roundLayout } from '../src/aggregation/layouts.ts';
import { popcount } from '../src/core/bitmap.ts';
import { canonicalJson } from '../src/core/canonical-json.ts';
import { EXAMPLES } from '../src/dataset/examples/index.ts';
import { modelCost } from '../src/model/cost.ts';
import { layoutBytes } from '../src/protocol/layout.ts';
import { targetOf } from '../src/protocol/target.ts';
import { mainMeasure, MEASURES } from '../src/protocol/metrics.ts';
import { isOver, Phase, phaseName, stepKind } from '../src/protocol/phases.ts';
import { shortfall } from '../src/protocol/shortfall.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { type RoundView, type TaskView, ZERO_HASH } from '../src/protocol/views.ts';
import type { ModelMetrics } from '../src/session/status.ts';
import type { CostView, SampleFile, TaskRound, TaskSummary } from './api/tasks.ts';

/**
 * Rounds that stand for all of a task in a list: the newest, which may be live, and others spread evenly. A first round has no figures
 * and is left out where there are others enough.
 * @param newest number of the newest round
 * @param most at least 2
 * @returns rising, without repetition
 */
export function sampledRounds(newest: number, most: number): readonly number[] {
  if (newest <= most) return newestRounds(newest, most);
  const step = (newest - 2) / (most - 1);
  return Array.from({ length: most }, (_, i) => 2 + Math.round(i * step));
}

/** The newest rounds, at most `most`, rising. */
export function newestRounds(newest: number, most: number): readonly number[] {
  const first = Math.max(1, newest - most + 1);
  return Array.from({ length: newest - first + 1 }, (_, i) => first + i);
}

export function roundOf(task: TaskView, view: RoundView, together: ModelMetrics | undefined): TaskRound {
  const over = isOver(view.phase);
  const settled = view.phase === Phase.Settled;
  const lacked = shortfall(view, task.parameters);
  return {
    round: view.round,
    step: view.step,
    kind: stepKind(view.step, task.parameters.trainingRounds),
    phase: phaseName(view.phase),
    reason: view.voidReason,
    ...(lacked && { shortfall: lacked }),
    joined: view.n,
    survivors: popcount(view.u3),
    openedAtBlock: Number(view.openedAtBlock),
    openedAtMs: (view.joinEndsAt - task.parameters.joinSeconds) * 1000,
    phaseEndsAtMs: over ? 0 : view.phaseEndsAt * 1000,
    modelHash: settled ? view.modelHash : ZERO_HASH,
    ...(over && { outcome: settled ? (view.accepted ? 'accepted' : 'rejected') : 'void' }),
    ...(together && { together }),
  };
}

/**
 * @param rounds rising, the newest among them
 * @param amounts decimal text in whole FLOCK
 */
export function summaryOf(
  view: TaskView,
  spec: TaskSpec | undefined,
  rounds: readonly TaskRound[],
  amounts: { readonly stake: string; readonly poolLeft: string },
): TaskSummary {
  const { parameters } = view;
  const newest = rounds.at(-1);
  const target = spec && targetOf(spec.data);
  return {
    task: view.task.toString(),
    title: spec?.title ?? '',
    description: spec?.description ?? '',
    creator: view.creator,
    status: view.status,
    step: view.step,
    trainingRounds: parameters.trainingRounds,
    round: view.round,
    phase: newest?.phase ?? 'none',
    phaseEndsAtMs: newest?.phaseEndsAtMs ?? 0,
    joined: newest?.joined ?? 0,
    sites: view.registrations,
    minCohort: parameters.minCohort,
    maxCohort: parameters.maxCohort,
    allowListed: parameters.allowListed,
    stake: amounts.stake,
    poolLeft: amounts.poolLeft,
    modelHash: view.modelHash,
    measure: target === undefined ? 'accuracy' : MEASURES[target.kind][0],
    ...(target?.kind === 'value' && target.unit !== undefined && { unit: target.unit }),
    figures: figuresOf(rounds),
  };
}

/** One a model: a round tells of the model that it began with, and a rejected round is followed by another with the same. */
function figuresOf(rounds: readonly TaskRound[]): TaskSummary['figures'] {
  const byModel = new Map<number, number>();
  for (const { step, outcome, together } of rounds) {
    const value = together && mainMeasure(together).value;
    if (value !== undefined && outcome !== 'void') byModel.set(step - 1, value);
  }
  return [...byModel].map(([after, value]) => ({ after, value })).sort((a, b) => a.after - b.after);
}

/** Files that come with the page; they fit every task over the same data. */
export function samplesOf(spec: TaskSpec): readonly SampleFile[] {
  const data = canonicalJson(spec.data);
  const example = EXAMPLES.find((candidate) => canonicalJson(candidate.spec().data) === data);
  if (example === undefined) return [];
  const licence = { name: example.licence, path: `/data/${example.folder}/LICENCE.txt` };
  return example.sites.map((site) => ({ ...site, licence }));
}

/** What a training round asks of any machine. */
export function costOf(spec: TaskSpec): CostView {
  const { batchSize } = spec.training;
  const { weights, stepMultiplyAdds, stepBytes } = modelCost(spec, batchSize);
  return { weights, stepMultiplyAdds, memoryBytes: stepBytes, sentBytes: layoutBytes(roundLayout(spec, 1)) };
}
