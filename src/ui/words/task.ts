/** Texts about one task. */
import { formatCount, formatDuration } from '../format.ts';
import { plural } from './plural.ts';

export const taskWords = {
  task: 'This task',
  reading:
    'This task is being read: its rules from the chain, its description from the relay. Your tab checks that the description is the one that the chain names, so that nobody can show you another task. On a slow line this takes some seconds. Nothing of yours is asked for or sent before you join.',
  about: 'About this task',
  intro: 'Three steps, about a minute. You can leave at any time.',
  label: 'What is predicted',
  progress: 'Progress',
  sites: 'Sites registered',
  rounds: 'Training rounds',
  cohort: 'Sites in a round',
  cohortRange: (low: number, high: number) => `${low} to ${high}`,
  stake: 'Stake',
  stakeNone: 'none',
  stakeAmount: (amount: string) => `${amount} FLOCK`,
  stepOf: (step: number) => `Step ${step} of 3`,
  done: 'done',

  line: (task: string, step: string) => (step === '' ? `Task ${task}` : `Task ${task}. ${step}.`),
  join: 'Join this task',
  yours: 'Go to your live round',
  result: 'See the result',
  joinInvited: 'Only invited wallets can join.',
  finished: 'All rounds are done, and the model is ready.',
  failed: (rounds: number) => `The task ended early: ${plural(rounds, 'round')} in a row did not count.`,
  missingTitle: 'This task has no description yet',
  missingText:
    'It is on the chain, but nobody has sent the relay what is to be learnt. Its creator has to send it once more.',
  notFoundTitle: 'There is no such task',
  notFoundText: (task: string) => `No task on this network has the number ${task}. Perhaps it is on another network.`,
  toList: 'See all tasks',
} as const;

export const roundsWords = {
  title: 'Rounds',
  about: (count: number) => plural(count, 'round'),
  table: 'Rounds so far, newest first',
  note: 'The figures are those of the model that a round began with, on all sites’ held-out rows together.',
  empty: 'No round has begun yet. The first one starts when enough sites are there.',
  newest: (count: number) => `Only the newest ${count} rounds are shown.`,
  round: 'Round',
  kind: 'What',
  kinds: { statistics: 'averages', training: 'training', evaluation: 'last check' },
  outcome: 'Outcome',
  outcomes: {
    accepted: 'accepted',
    rejected: 'kept the old model',
    void: (reason: string) => (reason === '' ? 'did not count' : `did not count: ${reason}`),
    live: (phase: string) => `running: ${phase}`,
  },
  sites: 'Sites',
  sitesOf: (survivors: number, joined: number) => `${formatCount(survivors)} of ${formatCount(joined)}`,
  model: 'Model',
  fingerprint: (round: number) => `model fingerprint of round ${round}`,
  none: '–',
} as const;

export const chartWords = {
  title: 'How well the model does',
  about: 'on all sites’ held-out rows together',
  measure: 'Figure',
  after: 'after training round',
  summary: (measure: string, first: string, last: string, after: number) =>
    first === last
      ? `${measure} is ${last} after ${plural(after, 'training round')}.`
      : `${measure} went from ${first} to ${last} in ${plural(after, 'training round')}.`,
  empty: 'The first figures come after the first training round.',
  off: 'This task publishes no scores, so there is no curve.',
} as const;

export const verifyWords = {
  title: 'Check it yourself',
  text: 'Your browser can work out every round of this task again from the public sums, and compare each model’s fingerprint with the one on the chain. You need to trust nobody for it.',
  action: 'Check all rounds',
  again: 'Check again',
  stop: 'Stop',
  progress: (done: number, total: number) => `Round ${formatCount(done)} of ${formatCount(total)}`,
  progressLabel: 'Rounds checked',
  starting: 'Reading the rounds…',
  stopped: 'Stopped. Nothing was changed.',
  matchesTitle: 'The model is right',
  matches: (rounds: number, durationMs: number) =>
    `All ${plural(rounds, 'round')} were worked out again here in ${formatDuration(durationMs)}. The result is the model that the chain names.`,
  differsTitle: 'The model does not match',
  differs:
    'What was worked out here is not the model that the chain names. Do not use this model. Somebody posted a wrong sum, or the relay gave this page something else.',
  here: 'Worked out here',
  chain: 'On the chain',
  none: 'There is nothing to check yet: no round has ended.',
} as const;

export const ownModelWords = {
  title: 'Your site’s own model',
  about:
    'The common model, with what your site alone has learnt in its private layers. Only this browser has it: keep the file, and do not pass it on.',
  action: 'Save your site’s model',
  preparing: 'Preparing the file…',
  saved: (name: string, size: string) => `${name} (${size}) is in your downloads.`,
  fileName: (name: string) => `${name}-own`,
} as const;

export const modelFileWords = {
  title: 'The model',
  none: 'There is no model yet. The first round makes it.',
  fingerprint: 'Model fingerprint',
  action: 'Download the model',
  preparing: 'Preparing the file…',
  note: 'A safetensors file: numbers only, nothing in it can run. Its SHA-256 is the fingerprint above.',
  saved: (name: string, size: string) => `${name} (${size}) is in your downloads. Its SHA-256 was checked.`,
} as const;
