/** Where a task stands, in words. */
import { stepKind } from '../protocol/phases.ts';
import type { ParticipationStatus } from '../session/status.ts';
import { words } from './words/common.ts';

export function stepWords(task: {
  status: 'running' | 'finished' | 'failed';
  step: number;
  trainingRounds: number;
}): string {
  if (task.status !== 'running') return words.step[task.status];
  const kind = stepKind(task.step, task.trainingRounds);
  return kind === 'training' ? words.step.training(task.step, task.trainingRounds) : words.step[kind];
}

/** The first sentence under the live round's title. */
export function liveSubtitle(status: ParticipationStatus | undefined): string {
  const live = status?.live;
  if (status === undefined || live === undefined) return '';
  const kind = live.kind === 'training' ? words.step.training(live.step, status.trainingRounds) : words.step[live.kind];
  return `${kind}.`;
}
