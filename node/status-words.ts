/** What a participation is doing, why its rounds were void and how good its models are, for the command line. */
import { type MeasureId, type RoundMetrics, measuresOf } from '../src/protocol/metrics.ts';
import { VoidReason, voidWords } from '../src/protocol/phases.ts';
import type { Shortfall } from '../src/protocol/shortfall.ts';
import type { ParticipationStatus, StatusNote } from '../src/session/status.ts';
import type { BudgetView } from '../src/session/budget-book.ts';
import { decimal, percent } from './output.ts';

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

/** What is spent of a data set, and what it will be, on one line. */
export function budgetWords({ protects, spent, after, openBefore, openAfter, limit }: BudgetView): string {
  const whose = protects === 'user' ? 'for all of it' : 'for each record';
  const bounds = `epsilon ${spent.toFixed(2)} spent of these data, ${after.toFixed(2)} when the task is over, limit ${limit.epsilon} (${whose}, delta ${limit.delta})`;
  if (!openAfter) return `privacy: ${bounds}`;
  const why = openBefore ? 'something was released without noise' : 'this task releases something without noise';
  return `privacy: none, nothing bounds what the results tell, as ${why}; beside it ${bounds}`;
}

const SITES_AWAY = 'keep all sites running until the round is over';
const TOO_SLOW = 'sites left or were too slow: a task whose rounds cost more needs longer phases';
const RELAY_AWAY = 'is the relay running and in reach?';
/** What whoever runs a site can do. */
const ADVICE: Readonly<Record<VoidReason, string>> = {
  [VoidReason.TooFewJoined]: 'start more sites',
  [VoidReason.BeaconEarly]: 'the next round draws another number',
  [VoidReason.BeaconMissing]: RELAY_AWAY,
  [VoidReason.TooFewShares]: SITES_AWAY,
  [VoidReason.TooFewAcks]: SITES_AWAY,
  [VoidReason.TooFewMasked]: TOO_SLOW,
  [VoidReason.TooFewSurvivors]: `connections are slow, or ${RELAY_AWAY}`,
  [VoidReason.TooFewAnswers]: SITES_AWAY,
  [VoidReason.SumMissing]: RELAY_AWAY,
  [VoidReason.SumDisputed]: 'whoever posted it loses a bond; if it happens again, use another relay',
  [VoidReason.TooFewVotes]: TOO_SLOW,
};

/** Why a round was void, with the numbers where it is a matter of numbers, and what to do: too few sites joined, 2 of 3 needed (...). */
export function voidSentence({ reason, shortfall }: { reason: VoidReason | 0; shortfall?: Shortfall }): string {
  if (reason === 0) return '';
  const numbers = shortfall === undefined ? '' : `, ${shortfall.came} of ${shortfall.needed} needed`;
  return `${voidWords(reason)}${numbers} (${ADVICE[reason]})`;
}

const MEASURES: Readonly<Record<MeasureId, string>> = {
  accuracy: 'accuracy',
  balancedAccuracy: 'balanced accuracy',
  f1: 'F1',
  auc: 'AUC',
  logLoss: 'loss',
  calibrationError: 'calibration error',
  rmse: 'RMSE',
  mae: 'MAE',
  r2: 'R2',
  bitsPerCharacter: 'bits per character',
};
const SHARES: ReadonlySet<MeasureId> = new Set(['accuracy', 'balancedAccuracy']);

/** The figures of a model that say most, on one line: accuracy 81.2 %, AUC 0.876, loss 0.432. */
export function metricsWords(metrics: RoundMetrics): string {
  const shown: ReadonlySet<MeasureId> = new Set([
    'accuracy',
    'auc',
    'logLoss',
    'rmse',
    'mae',
    'r2',
    'bitsPerCharacter',
    ...(metrics.kind === 'classes' ? (['f1'] as const) : []),
  ]);
  return measuresOf(metrics)
    .filter(({ id }) => shown.has(id))
    .map(({ id, value, unit }) => {
      const number = SHARES.has(id) ? percent(value) : decimal(value);
      return `${MEASURES[id]} ${number}${unit === undefined ? '' : ` ${unit}`}`;
    })
    .join(', ');
}
