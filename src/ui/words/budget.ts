/** Texts of what a data set has given away over all tasks, and of the limit that its owner sets. */
import { formatValue } from '../format.ts';

export const budgetWords = {
  title: 'Your privacy budget',
  about:
    'Every result tells a little about the rows behind it, and what it tells adds up over all tasks and all wallets. Epsilon measures it: 0 tells nothing, 1 is little, above 10 is a lot. What is spent belongs to the rows; it does not come back when you rename, read again or forget the file.',
  spent: 'Spent so far',
  task: 'This whole task',
  after: 'After it',
  now: 'When it is over',
  left: 'Left now',
  limit: 'Your limit',
  epsilon: (epsilon: number) => (epsilon === 0 ? '0' : `epsilon ${formatValue(epsilon)}`),
  none: 'none: no bound',
  /** a figure, where something else has none */
  besides: (epsilon: number) =>
    epsilon === 0 ? 'none: no bound' : `none: no bound (with noise: epsilon ${formatValue(epsilon)})`,
  limitOf: (epsilon: number, delta: number) => `epsilon ${formatValue(epsilon)} (delta ${formatValue(delta)})`,
  change: 'Change the limit',
  choose: 'Once you have chosen a file, you see here what it has spent and what this task adds.',
  reading: 'Working out what this file has spent…',
  opened:
    'These rows were in sums without noise before, which nothing bounds. Your limit holds for what is released with noise.',
  consent: 'Take part although nothing bounds what this task tells about my rows',
  consentHint:
    'Your limit cannot hold here: it counts noise, and something of this task has none. What protects you is that others see only sums over several sites.',
  first: {
    over: 'This task costs more than your limit leaves. Raise the limit under “Your data”, or choose a task that costs less.',
    consent: 'First say above that you take part without a bound.',
    reading: 'One moment: what these rows have spent is being read.',
  },
  form: {
    epsilon: 'Your limit for these rows (epsilon)',
    epsilonHint:
      'Over all tasks. Up to 1 is strong protection, up to 10 fair. Below what is spent, this browser joins no further task with noise; one that runs goes on until a round does not fit.',
    delta: 'Chance that it does not hold (delta)',
    deltaHint: 'Well below one divided by your number of rows.',
    save: 'Save the limit',
    saved: 'The limit is saved.',
    open: 'Change the limit',
  },
} as const;
