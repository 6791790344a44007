/** Texts that every page needs. */
import { plural } from './plural.ts';
import { errorWords } from './errors.ts';

export const words = {
  name: 'Murmur',
  skip: 'Skip to the content',
  nav: { label: 'Pages', train: 'Train together', create: 'Create', data: 'Your data' },
  /** of each page, by route */
  titles: {
    home: 'Start',
    alliance: 'Train together',
    task: 'Task',
    train: 'Take part',
    result: 'Result',
    create: 'Create a task',
    data: 'Your data',
    left: 'What left this tab',
    words: 'Words',
    kit: 'Design system',
    'not-found': 'Page not found',
  },
  more: 'More pages',
  offline: 'You are offline. What is on this page may be old; a round in progress goes on when you are back.',
  rows: (count: number) => plural(count, 'row'),
  sites: (count: number) => plural(count, 'site'),
  loading: 'Loading…',
  tryAgain: 'Try again',
  localNetwork: 'Local network',
  chain: (id: number) => `Chain ${id}`,
  copy: (what: string) => `Copy ${what}`,
  copied: 'Copied',
  close: 'Close',
  cancel: 'Cancel',
  moreOf: (term: string) => `More about ${term}`,
  /** said before a notice to who cannot see its colour */
  notice: { info: 'Note:', good: 'Good:', warn: 'Careful:', bad: 'Problem:' },
  chart: {
    table: 'Figures as a table',
    tableOf: (title: string) => `Figures: ${title}`,
    download: 'Download as CSV',
    confusion: {
      truePositives: 'Rightly positive',
      falsePositives: 'Wrongly positive',
      trueNegatives: 'Rightly negative',
      falseNegatives: 'Wrongly negative',
      actual: 'In truth',
      predicted: 'The model says',
      right: 'right',
      wrong: 'wrong',
      positive: 'positive',
      negative: 'negative',
    },
    roc: { x: 'false alarms', y: 'found', chance: 'chance' },
    precisionRecall: { x: 'found (recall)', y: 'precision' },
    calibration: { x: 'predicted', y: 'observed', ideal: 'ideal' },
  },
  footer: 'Open source under Apache-2.0. No analytics, no cookies.',

  step: {
    statistics: 'Preparing: shared averages',
    training: (step: number, rounds: number) => `Training round ${step} of ${rounds}`,
    evaluation: 'Final check of the model',
    finished: 'Finished',
    failed: 'Ended early',
  },
  errors: {
    details: 'Details',
    code: 'Code',
    byCode: errorWords,
  },
  notFound: {
    title: 'There is no page here',
    text: 'The address may be mistyped or out of date.',
    action: 'Go to the start page',
  },
} as const;
