/** What pages say of tasks, worked out from what the worker reads. Pure, so that it is tested without a page. */
import type { TaskRound, TaskSummary } from '../../../workers/api/tasks.ts';
import { measureValue, type MeasureId } from '../../protocol/metrics.ts';

/** What a task is doing. */
export type TaskState = 'live' | 'waiting' | 'finished' | 'failed';

export function taskState({ status, phase }: Pick<TaskSummary, 'status' | 'phase'>): TaskState {
  if (status !== 'running') return status;
  return phase === 'none' || phase === 'settled' || phase === 'void' ? 'waiting' : 'live';
}

export type TaskFilter = 'all' | 'open' | 'running' | 'finished' | 'failed';
export const FILTERS: readonly TaskFilter[] = ['all', 'open', 'running', 'finished', 'failed'];

/** Open: anybody may join. Running: a round has begun, and the task is not over. */
function passes({ status, allowListed, round }: TaskSummary, filter: TaskFilter): boolean {
  switch (filter) {
    case 'all':
      return true;
    case 'open':
      return status === 'running' && !allowListed;
    case 'running':
      return status === 'running' && round > 0;
    default:
      return status === filter;
  }
}

/** A task's number, exactly; or every word somewhere in its title or description, upper or lower case. */
function speaksOf({ task, title, description }: TaskSummary, query: string): boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 1 && words[0] === task) return true;
  const text = `${title} ${description}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The tasks that a person looks for: the network's own first, then as they came. */
export function foundTasks(
  tasks: readonly TaskSummary[],
  { query, filter, openTask }: { readonly query: string; readonly filter: TaskFilter; readonly openTask: string },
): readonly TaskSummary[] {
  const found = tasks.filter((task) => passes(task, filter) && speaksOf(task, query));
  return [...found.filter(({ task }) => task === openTask), ...found.filter(({ task }) => task !== openTask)];
}

/** Pages of tasks as one list, newest first; the first page that names a task has the newest word on it. */
export function joinedPages(...pages: readonly (readonly TaskSummary[])[]): readonly TaskSummary[] {
  const byId = new Map<string, TaskSummary>();
  for (const task of pages.flat()) if (!byId.has(task.task)) byId.set(task.task, task);
  return [...byId.values()].sort((a, b) => Number(BigInt(b.task) - BigInt(a.task)));
}

/** Training rounds that are done. */
export function trainingDone({ status, step, trainingRounds }: TaskSummary): number {
  return status === 'finished' ? trainingRounds : Math.max(0, Math.min(trainingRounds, step - 1));
}

/** Rounds until the end if none is void, the one that is live among them: training, and the check at the end. */
export function roundsLeft({ status, step, trainingRounds }: TaskSummary): number {
  return status === 'running' ? Math.max(0, trainingRounds + 2 - step) : 0;
}

/** A figure of the common model over all sites' held-out rows, by training rounds that it has seen; oldest first. */
export function pooledPoints(
  rounds: readonly TaskRound[],
  measure: MeasureId,
): readonly { readonly x: number; readonly y: number }[] {
  const points = new Map<number, number>();
  // Rounds come newest first; of a model that was evaluated twice the last counts.
  for (const { step, outcome, together } of rounds.toReversed()) {
    const value = measureValue(together, measure);
    if (value !== undefined && outcome !== 'void') points.set(step - 1, value);
  }
  return [...points].map(([x, y]) => ({ x, y })).sort((a, b) => a.x - b.x);
}

/** The newest round that evaluated a model. */
export function lastEvaluation(rounds: readonly TaskRound[]): TaskRound | undefined {
  return rounds.find(({ together, outcome }) => together !== undefined && outcome !== 'void');
}

/** A title as the name of a file: heart-disease-four-hospitals. */
export function fileNameOf(title: string, task: string): string {
  const name = title
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 60)
    .replace(/^-|-$/g, '');
  return name === '' ? `murmur-task-${task}` : `murmur-${name}`;
}

/** Whether a task has a model yet. */
export function hasModel({ modelHash }: Pick<TaskSummary, 'modelHash'>): boolean {
  return !/^0x0*$/.test(modelHash);
}
