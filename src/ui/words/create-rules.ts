/** Texts of the last parts of the form: who takes part and how, what the task would be, and the last step. */
import { formatBytes, formatCount, formatDuration } from '../format.ts';
import { plural } from './plural.ts';

export const rulesWords = {
  title: '6. Who and how',
  about: 'fixed for the life of the task',
  minCohort: 'Fewest sites in a round',
  minCohortHint: 'A round with fewer does not count. More sites hide each one better.',
  maxCohort: 'Most sites in a round',
  rowCap: 'Rows at which a site counts in full',
  rowCapHint: 'A smaller site counts for its share; a larger one no more than this.',
  join: 'Time to join a round',
  joinHint: 'After it, the round goes on with those who joined.',
  phase: 'Time of each step',
  phaseHint: 'A step ends earlier when all have done it. A site that is slower is left out of the round.',
  seconds: 'seconds',
  flock: 'FLOCK',
  stake: 'Stake of each site',
  stakeHint: 'Sites take it back when they leave. It makes it costly to pretend to be many sites; 0 asks for none.',
  pool: 'Reward pool',
  poolHint: 'You pay it now; sites share it over the training rounds. What is left at the end is yours to take back.',
  who: 'Who may join',
  whoText: 'Anybody with a file that fits and the stake.',
  release: 'Scores after each round',
  releases: {
    exact: {
      label: 'Publish the exact score of all sites together',
      about:
        'Everybody sees how the model improves. When only one site joins or leaves between two rounds, the others can work out how well the model does at that site. They never see a row.',
    },
    off: {
      label: 'Publish no score',
      about: 'Nothing about the held-out rows leaves a site but its vote. Nobody sees a curve of the training.',
    },
  },
  retry: 'When a round fails',
  retries: {
    strict: {
      label: 'Try again only with the same sites, or with two or more different ones',
      about: 'So that nobody learns one site’s part by comparing two tries. May take longer.',
    },
    accept: {
      label: 'Try again with whoever comes',
      about: 'Faster. But if one site drops out between two tries, comparing them can uncover what that site added.',
    },
  },
} as const;

export const summaryWords = {
  title: 'In short',
  features: 'Numbers of an example',
  weights: 'Weights of the model',
  bytes: 'A site sends a round',
  longest: 'A round takes at most',
  unknown: '–',
  publicTitle: 'What will be public',
  public: [
    'Title, description, and all that part 2 says of the data: names, ranges, categories, classes, characters',
    'The model, and all numbers of parts 3 to 6; your wallet’s address',
    'After each round: the sum of all sites, and the model',
  ],
  publicExact: 'The score of all sites together',
  privateTitle: 'What stays private',
  private: [
    'Every row, picture and text of every site, and your sample',
    'What a single site learnt in a round, unless most others work together to find out',
  ],
  bytesOf: formatBytes,
  countOf: formatCount,
  timeOf: (seconds: number) => formatDuration(seconds * 1000),
} as const;

export const reviewWords = {
  title: '7. Review and create',
  todo: (count: number) => `${plural(count, 'entry', 'entries')} to look at before the task can be created.`,
  show: 'Show what is missing',
  goTo: (field: string) => `Go to: ${field}`,
  checking: 'Working out what follows…',
  ready: 'Everything is filled in. This is exactly what will be published and fixed:',
  spec: 'The task’s description, as text',
  hash: 'SHA-256 of the description',
  pays: (pool: string) => `Your wallet pays the reward pool of ${pool} FLOCK now.`,
  paysLocal: 'On this local network it is play money that the page gets for you.',
  paysNone: 'There is no reward pool, so creating costs only the fee of the chain.',
  fixed: 'After this, nothing of it can be changed.',
  create: 'Create the task',
  creating: 'Creating… this takes a few seconds.',
  asking: 'Your wallet asks you…',
  noWallet: 'First choose a wallet above.',
  noNetwork: 'Creating needs the network. Your entries are kept until it is back.',
  again: 'Finish creating',
  againNote: 'If the task is on chain already, this only finishes it. No second task is made.',
  discard: 'Discard this draft',
  discardText: 'Everything that you entered here is forgotten.',
  discardYes: 'Yes, discard it',
} as const;
