import { describe, expect, it } from 'vitest';
import type { TaskSummary } from '../../../workers/api/tasks.ts';
import { judgedTasks, liveTasks, totalsOf } from './home-view.ts';

const hash = `0x${'ab'.repeat(32)}` as const;
const task = (id: number, more: Partial<TaskSummary> = {}): TaskSummary => ({
  task: `${id}`,
  title: '',
  description: '',
  creator: hash,
  status: 'running',
  step: 1,
  trainingRounds: 4,
  round: 2,
  phase: 'mask',
  phaseEndsAtMs: 1000 - id,
  joined: 4,
  sites: 3,
  minCohort: 3,
  maxCohort: 16,
  allowListed: false,
  stake: '0',
  poolLeft: '0',
  modelHash: hash,
  measure: 'accuracy',
  figures: [],
  ...more,
});

describe('the start page', () => {
  it('shows a few rounds that run, the most urgent first', () => {
    const tasks = [6, 5, 4, 3, 2, 1].map((id) => task(id, id === 5 ? { phase: 'settled' } : {}));
    expect(liveTasks(tasks).map(({ task: id }) => id)).toEqual(['6', '4', '3', '2']);
  });

  it('shows every model that was judged twice, also one that got worse', () => {
    const figures = (...values: number[]) => values.map((value, after) => ({ after, value }));
    const tasks = [task(3, { figures: figures(0.8, 0.7) }), task(2, { figures: figures(0.8) }), task(1)];
    expect(judgedTasks(tasks).map(({ task: id }) => id)).toEqual(['3']);
  });

  it('counts, and says over how many tasks', () => {
    const tasks = [task(2, { status: 'finished', round: 6 }), task(1)];
    expect(totalsOf({ total: 2, tasks })).toEqual({
      tasks: 2,
      finished: 1,
      rounds: 8,
      registrations: 6,
      over: undefined,
    });
    expect(totalsOf({ total: 9, tasks })).toMatchObject({ tasks: 9, over: 2 });
  });
});
