/** What the start page says of the network. Pure, so that it is tested without a page. */
import type { TaskPage, TaskSummary } from '../../../workers/api/tasks.ts';
import { taskState } from './task-view.ts';

const MOST_LIVE = 4;
const MOST_IMPROVING = 4;

/** Tasks whose round runs now, the one that ends its phase first at the top. */
export function liveTasks(tasks: readonly TaskSummary[]): readonly TaskSummary[] {
  return tasks
    .filter((task) => taskState(task) === 'live')
    .sort((a, b) => a.phaseEndsAtMs - b.phaseEndsAtMs)
    .slice(0, MOST_LIVE);
}

/** Tasks whose model was judged more than once, the newest first. Not only those that got better: that would flatter. */
export function judgedTasks(tasks: readonly TaskSummary[]): readonly TaskSummary[] {
  return tasks.filter(({ figures }) => figures.length > 1).slice(0, MOST_IMPROVING);
}

export interface Totals {
  readonly tasks: number;
  readonly finished: number;
  readonly rounds: number;
  readonly registrations: number;
  /** tasks that the last three are counted over, when these are not all */
  readonly over: number | undefined;
}

export function totalsOf({ total, tasks }: Pick<TaskPage, 'total' | 'tasks'>): Totals {
  return {
    tasks: total,
    finished: tasks.filter(({ status }) => status === 'finished').length,
    rounds: tasks.reduce((sum, { round }) => sum + round, 0),
    registrations: tasks.reduce((sum, { sites }) => sum + sites, 0),
    over: tasks.length < total ? tasks.length : undefined,
  };
}
