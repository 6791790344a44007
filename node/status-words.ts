/** What a participation is doing, for the command line. */
import type { ParticipationStatus, StatusNote } from '../src/session/status.ts';

const WORDS: Readonly<Record<StatusNote, string>> = {
  starting: 'Starting.',
  ready: 'Ready. The next round starts when enough sites are here.',
  'taking-part': 'Taking part.',
  replaying: 'Replaying the rounds so far, to check the model.',
  'sitting-out': 'Sitting this round out.',
  trouble: 'Waiting for what is wrong to pass.',
  left: 'You left. The others go on.',
  finished: 'The task is finished. The model is yours to use.',
  'failed-voids': 'The task ended: too many rounds in a row were void.',
  failed: 'This site cannot go on.',
};

/** One sentence; the error's own where there is one. */
export function statusWords({ note, error }: Pick<ParticipationStatus, 'note' | 'error'>): string {
  return error?.message ?? WORDS[note];
}
