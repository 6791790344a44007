/** Texts of tasks wherever they are listed: on the start page, in the list, and at the top of a task's own page. */
import type { PhaseName } from '../../protocol/phases.ts';
import { formatCount } from '../format.ts';
import type { TaskFilter, TaskState } from '../state/task-view.ts';
import { plural } from './plural.ts';

export const allianceWords = {
  intro:
    'Each task is one model that several sites train together. Look around freely: you need a wallet only to join.',
  create: 'Create a task',
  search: 'Search',
  searchHint: 'A word of the title or description, or the number of a task',
  filter: 'Show',
  filters: {
    all: 'All tasks',
    open: 'Open to join',
    running: 'Running',
    finished: 'Finished',
    failed: 'Ended early',
  } satisfies Record<TaskFilter, string>,
  list: 'Tasks',
  found: (shown: number, all: number) =>
    shown === all ? plural(all, 'task') : `${formatCount(shown)} of ${plural(all, 'task')}`,
  foundMore: (shown: number, all: number) => `${formatCount(shown)} of the newest ${plural(all, 'task')}`,
  older: 'Show older tasks',
  noneTitle: 'There is no task yet',
  noneText: 'A task says what is to be learnt, and from which columns. Be the first to create one.',
  noMatchTitle: 'No task fits',
  noMatchText: 'Try another word, or show all tasks.',
  noMatchOlder: 'Older tasks have not been looked at yet.',
  showAll: 'Show all tasks',
  openNumber: (task: string) => `Open task ${task}`,

  untitled: (task: string) => `Task ${task}`,
  number: (task: string) => `Task ${task}`,
  noDescription: 'Nobody has sent the description of this task yet.',
  own: 'The network’s own task',
  invited: 'By invitation',
  states: {
    live: 'A round is running',
    waiting: 'Waiting for sites',
    finished: 'Finished',
    failed: 'Ended early',
  } satisfies Record<TaskState, string>,
  /** the phase that a round is in */
  phases: {
    none: 'not begun',
    join: 'sites join',
    beacon: 'drawing a public random number',
    share: 'sharing keys',
    ack: 'confirming keys',
    mask: 'training and masking',
    have: 'checking what arrived',
    unmask: 'uncovering the sum',
    sum: 'adding up',
    vote: 'voting',
    settled: 'over',
    void: 'did not count',
  } satisfies Record<PhaseName, string>,
  phase: (round: number, phase: string) => `Round ${formatCount(round)}: ${phase}`,
  timeLeft: (left: string) => `${left} left`,
  sites: { now: 'Sites in this round', last: 'Sites in the last round', none: 'Sites' },
  sitesOf: (joined: number, low: number, high: number) => `${formatCount(joined)} (${low}–${high} wanted)`,
  sitesNone: (low: number, high: number) => `${low}–${high} wanted`,
  rounds: 'Training rounds',
  roundsOf: (done: number, all: number) => `${formatCount(done)} of ${formatCount(all)}`,
  figureFromTo: (first: string, last: string) => `${first} → ${last}`,
  figureNone: 'not known yet',
  curve: (measure: string, title: string, first: string, last: string) =>
    `${measure} of ${title} on all held-out rows, from ${first} to ${last}`,
  stake: 'Stake',
  stakeNone: 'none',
  stakeAmount: (amount: string) => `${amount} FLOCK`,
} as const;

/** What a task is called where its description is not known. */
export function titleOf(task: { readonly task: string; readonly title: string }): string {
  return task.title === '' ? allianceWords.untitled(task.task) : task.title;
}
