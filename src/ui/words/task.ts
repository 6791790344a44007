/** Texts about a task. */

export const taskWords = {
  task: 'This task',
  intro: 'Three steps, about a minute. You can leave at any time.',
  columns: (count: number) => `The ${count} columns that are used`,
  label: 'What is predicted',
  rounds: 'Training rounds',
  cohort: 'Sites in a round',
  cohortRange: (low: number, high: number) => `${low} to ${high}`,
  stake: 'Stake',
  stakeNone: 'none',
  stakeAmount: (amount: string) => `${amount} FLOCK`,
  stepOf: (step: number) => `Step ${step} of 3`,
  done: 'done',
} as const;
