/** Texts of the start page. */
import { plural } from './plural.ts';

export const homeWords = {
  title: 'Train one model together. Keep your data.',
  intro:
    'Several hospitals can teach one model without showing each other a single patient. Each file stays in its own browser tab. What leaves the tab is a masked list of numbers that looks like noise until all lists are added up.',
  start: 'Train together',
  goOn: 'Go to your live round',
  picture: 'Seven sites. Each two share a mask, drawn as a line between them.',

  now: 'The network now',
  running: 'Rounds that run now',
  quiet: 'No round is running at this moment. One starts as soon as enough sites are there.',
  quietLink: 'See all tasks',
  joined: (count: number) => plural(count, 'site'),
  improving: 'How the models come along',
  improvingAbout:
    'on held-out rows: the share that the model gets right; its typical error where it predicts a number; bits per character where it writes',
  improvingNone: 'The first figures come when a model has been checked twice.',
  after: (first: number, last: number) =>
    `${first === 0 ? 'before the first' : `after ${first}`} and after ${plural(last, 'training round')}`,
  totals: 'In all',
  tasks: 'Tasks',
  finished: 'of them finished',
  rounds: 'Rounds held',
  sites: 'Registrations',
  totalsOf: (count: number) => `Rounds, registrations and finished tasks are of the newest ${count} tasks.`,

  doors: 'What you can do here',
  soon: 'In the making',
  train: {
    title: 'Train together',
    text: 'Bring a file, or take a sample, and join sites that train one model. Your rows stay with you.',
    action: 'See the tasks',
  },
  compete: {
    title: 'Compete',
    text: 'Send in a model of your own, and have it judged on test rows that nobody has seen before.',
  },
  use: {
    title: 'Use a model',
    text: 'Try a finished model on a row of your own, here in the page, without a wallet.',
  },

  howTitle: 'How it works',
  how: [
    {
      title: 'Your file stays',
      text: 'The page reads your file in this tab and trains on it here. Nothing is uploaded.',
    },
    {
      title: 'Masks hide each part',
      text: 'Every two sites share a random mask. One adds it, the other subtracts it. In the sum all masks cancel out.',
    },
    {
      title: 'Everyone can check',
      text: 'A public contract keeps the order of events and the fingerprint of every model. Each tab works out the model again and compares.',
    },
  ],
  words: 'All words, explained',
} as const;
