/** How long a task takes. Apart from the rest of what is said of tasks, so that the start page does without the protocol's code. */
import type { TaskDetail } from '../../../workers/api/tasks.ts';
import { longestRoundSeconds } from '../../protocol/task-parameters.ts';
import { roundsLeft } from './task-view.ts';

export interface TimeEstimate {
  /** from one opening to the next, the middle one of the last rounds; undefined before there are two rounds */
  readonly typicalMs: number | undefined;
  /** that a round may take at all */
  readonly longestMs: number;
  readonly left: number;
  /** until the end: as long as rounds took so far, or at most */
  readonly leftMs: number;
}

const LOOKED_AT = 10;

/** How long a task takes, by its deadlines and by the chain's clock of earlier rounds. */
export function timeEstimate(task: TaskDetail): TimeEstimate {
  const opened = task.rounds
    .slice(0, LOOKED_AT + 1)
    .map(({ openedAtMs }) => openedAtMs)
    .sort((a, b) => a - b);
  const took = opened
    .slice(1)
    .map((atMs, i) => atMs - (opened[i] ?? atMs))
    .sort((a, b) => a - b);
  const typicalMs = took[Math.floor(took.length / 2)];
  const longestMs = 1000 * longestRoundSeconds(task);
  const left = roundsLeft(task);
  return { typicalMs, longestMs, left, leftMs: left * (typicalMs ?? longestMs) };
}
