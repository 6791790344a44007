/** Texts of the page on which a task is created. */
import type { IdentifyingKind } from '../../dataset/file-report.ts';
import type { ServerKind } from '../../protocol/server-spec.ts';
import type { ColumnKind, PresetId } from '../state/create-form.ts';
import type { AlgorithmId, ScheduleId, TrainingForm } from '../state/create-training.ts';
import type { Problem } from '../state/create-check.ts';
import { formatBytes, formatCount, formatDuration } from '../format.ts';
import { plural } from './plural.ts';

export const createWords = {
  intro: 'Say what is to be learnt and by which rules. You need a sample file; it stays in this tab.',
  sample: {
    title: '1. A sample file',
    about: 'to see which columns there are',
    intro:
      'A file of the shape that every site has. It is read here and never uploaded. Only what you see below is published.',
    choose: 'Choose a file…',
    drop: 'or drop it here',
    paste: 'Paste a few lines instead',
    pasteLabel: 'Lines of the file, with the header line if it has one',
    pasteRead: 'Read these lines',
    pasteName: 'Pasted text',
    example: 'Try it with the heart example',
    reading: 'Reading the file…',
    read: (name: string, columns: number, rows: number) =>
      `${name}: ${plural(columns, 'column')}, ${plural(rows, 'row')}. Nothing was uploaded.`,
    kept: (name: string) => `Your entries for ${name} were kept in this tab. The file itself was not.`,
    other: 'Another file replaces the columns. What you wrote in parts 3 and 4 stays.',
    format: 'How the file is written',
    delimiters: { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars', ' ': 'spaces' },
    written: (header: boolean, delimiter: string) =>
      `Cells are separated by ${delimiter}; ${header ? 'the first line names the columns' : 'there is no header line, so columns are known by their place'}.`,
    waiting: 'The rest of the form appears here',
    waitingText: 'It follows from the columns of your sample file.',
  },
  learn: {
    title: '2. What is learnt',
    about: 'all of it becomes public',
    name: 'Title',
    nameHint: 'What people see in the list of tasks.',
    description: 'Description',
    descriptionHint: 'What it is for, and who should join.',
    label: 'Column to predict',
    noLabel: 'Choose a column…',
    labelDescription: 'What this column says',
    by: 'What counts as "yes"',
    byEquals: 'Some of its values',
    byAbove: 'Everything above a number',
    positives: 'Values that count as "yes"',
    above: 'Above which number',
    columns: 'Columns to learn from',
    columnsHint:
      'Every site must have these columns. Leave out what a site may not use, and everything that names a person.',
    rangeTitle: 'Choose ranges without looking at anybody’s data',
    rangeText:
      'A range says what a value can be at all, such as 0 to 120 for an age. It becomes public and values outside are refused, so it must not come from the smallest and largest value in a file. That is why these fields are empty.',
    use: (name: string) => `Use ${name}`,
    edit: (name: string) => `Details of ${name}`,
    columnName: 'Name',
    kind: 'Kind',
    kinds: { number: 'Number', category: 'Category' } satisfies Record<ColumnKind, string>,
    columnDescription: 'What it says',
    unit: 'Unit',
    minimum: 'Smallest possible',
    maximum: 'Largest possible',
    categories: 'Categories, one a line',
    categoriesHint: 'Values that are not in this list are refused. The list becomes public.',
    examples: (values: readonly string[]) => `For example ${values.join(', ')}`,
    freeText: 'Free text, or too many different values. It cannot be learnt from.',
    isLabel: 'This is what is predicted.',
    identifying: {
      name: 'Looks like a name. Names say who a person is and teach a model nothing.',
      'record-number': 'Looks like a record number. It says who a person is and teaches a model nothing.',
      'birth-date': 'Looks like a date of birth. Use the age instead.',
      contact: 'Looks like an address, a phone number or an e-mail. It says who a person is.',
    } satisfies Record<IdentifyingKind, string>,
    missing: 'Marks for "not known"',
    missingHint: 'Separated by commas, such as NA, ?. Rows with one of them in a used column are left out.',
    missingEmpty: 'An empty cell means "not known"',
  },
  training: {
    title: '3. Model and training',
    about: 'good as it is for most tables',
    model: 'Model',
    models: {
      logistic: { label: 'Logistic regression', about: 'One weight a feature. Easy to explain; a good first try.' },
      small: { label: 'Small network', about: '8 units in the middle. Finds simple combinations of features.' },
      medium: { label: 'Medium network', about: 'Layers of 32 and 16 units. For several thousand rows in all.' },
    } satisfies Record<PresetId, { label: string; about: string }>,
    rounds: 'Training rounds',
    roundsHint: 'How often all sites put their learning together.',
    workBy: 'How much a site trains in a round',
    work: {
      epochs: { label: 'So many passes over its rows', about: 'A site with more rows makes more steps.' },
      steps: { label: 'So many steps', about: 'Every site makes the same number of steps, whatever it has.' },
    } satisfies Record<TrainingForm['workBy'], { label: string; about: string }>,
    steps: 'Steps in a round',
    stepsHint: 'Each step looks at as many rows as you say below.',
    epochs: 'Passes over the rows in a round',
    epochsHint: 'More learns faster but lets sites drift apart.',
    batchSize: 'Rows a step',
    batchSizeHint: 'More than a site has: one step a pass, so that large sites do not pull harder.',
    learningRate: 'Learning rate',
    learningRateHint: 'Size of a step. Smaller if training does not settle.',
    heldOut: 'Rows held out to judge the model',
    heldOutHint: 'Each site keeps them out of its training.',
    percent: '%',
    more: 'More: how sites learn from each other',
    server: 'How the sites’ changes become one',
    servers: {
      fedadam: {
        label: 'At a pace learnt from earlier rounds (FedAdam)',
        about: 'Each number of the model moves at its own pace. Good for few rounds and small sites.',
      },
      fedavg: { label: 'By plain average (FedAvg)', about: 'The model takes over the sites’ average change, no more.' },
      fedavgm: {
        label: 'By average with momentum (FedAvgM)',
        about: 'Part of the last rounds’ changes is added, so that rounds pull less to and fro.',
      },
      fedadagrad: {
        label: 'Ever more carefully (FedAdagrad)',
        about: 'What has changed much already changes less and less; what is rare keeps its pace.',
      },
      fedyogi: {
        label: 'At a learnt pace, slow to change it (FedYogi)',
        about: 'Like FedAdam, but one odd round hardly changes the pace.',
      },
    } satisfies Record<ServerKind, { label: string; about: string }>,
    algorithm: 'When sites have different rows',
    algorithms: {
      fedavg: {
        label: 'Nothing special (FedAvg)',
        about: 'Each site trains on its own rows, starting from the common model.',
      },
      fedprox: {
        label: 'Keep near the common model (FedProx)',
        about: 'Like a rubber band to the common model, so that a site does not run off with its own rows.',
      },
      scaffold: {
        label: 'Take out the drift (SCAFFOLD)',
        about: 'Each site finds out where its rows pull it and takes that out. It sends twice as much in a round.',
      },
      fednova: {
        label: 'Count directions, not steps (FedNova)',
        about: 'A site that makes many steps pulls no harder than one that makes few.',
      },
    } satisfies Record<AlgorithmId, { label: string; about: string }>,
    mu: 'Strength of the rubber band',
    muHint: 'Larger keeps sites closer together. 0.01 to 1 is usual.',
    sites: 'Sites in the whole task',
    sitesHint: 'As many as you expect at one time or another.',
    budget: 'Most seconds of training in a round',
    budgetHint: 'A slow site sends what it has managed by then. Empty: no limit.',
    schedule: 'Learning rate over the rounds',
    schedules: {
      constant: { label: 'The same in all rounds', about: 'Simple, and good for few rounds.' },
      step: { label: 'Halved from time to time', about: 'Large steps first, then finer ones.' },
      cosine: { label: 'Smoothly down to almost nothing', about: 'The last rounds only polish the model.' },
    } satisfies Record<ScheduleId, { label: string; about: string }>,
    halfEvery: 'Rounds until it is halved',
    warmUp: 'Rounds to warm up',
    warmUpHint: 'The rate grows to its full size over these first rounds. 0 for none.',
    patience: 'Rounds without progress until it stops',
    patienceHint:
      'After so many rounds in which the common score got no better, the model is kept as it is. Empty: all rounds train.',
    details: 'Details: how an update is masked',
    masking: 'These numbers follow from your choices, so that the sum of all sites always fits.',
    clipNorm: 'Longest update that counts in full',
    width: 'Bits a weight',
    fraction: 'Bits after the point',
  },
  rules: {
    title: '4. Who and how',
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
  },
  summary: {
    title: 'In short',
    features: 'Features',
    weights: 'Weights',
    bytes: 'A site sends a round',
    longest: 'A round takes at most',
    unknown: '–',
    publicTitle: 'What will be public',
    public: [
      'Title, description, names of columns, ranges and categories',
      'The values that count as "yes"',
      'All numbers of parts 3 and 4, and your wallet’s address',
      'After each round: the sum of all sites, and the model',
    ],
    publicExact: 'The score of all sites together',
    privateTitle: 'What stays private',
    private: [
      'Every row of every site, and your sample file',
      'What a single site learnt in a round, unless most others work together to find out',
    ],
    bytesOf: formatBytes,
    countOf: formatCount,
    timeOf: (seconds: number) => formatDuration(seconds * 1000),
  },
  review: {
    title: '5. Review and create',
    todo: (count: number) => `${plural(count, 'entry', 'entries')} to look at before the task can be created.`,
    show: 'Show what is missing',
    goTo: (field: string) => `Go to: ${field}`,
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
    done: (title: string) => `“${title}” is created`,
    doneText: 'It is on chain, and everybody can read its description. Sites can join now.',
    open: 'Open the task',
    another: 'Create another task',
    discard: 'Discard this draft',
    discardText: 'Everything that you entered here is forgotten.',
    discardYes: 'Yes, discard it',
  },
} as const;

/** The part of an entry's id that has a name of its own. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  title: createWords.learn.name,
  description: createWords.learn.description,
  label: createWords.learn.label,
  labelDescription: createWords.learn.labelDescription,
  positives: createWords.learn.positives,
  above: createWords.learn.above,
  columns: createWords.learn.columns,
  missingMarks: createWords.learn.missing,
  rounds: createWords.training.rounds,
  epochs: createWords.training.epochs,
  steps: createWords.training.steps,
  mu: createWords.training.mu,
  sites: createWords.training.sites,
  budgetSeconds: createWords.training.budget,
  halfEvery: createWords.training.halfEvery,
  warmUp: createWords.training.warmUp,
  patience: createWords.training.patience,
  batchSize: createWords.training.batchSize,
  learningRate: createWords.training.learningRate,
  heldOutPercent: createWords.training.heldOut,
  minCohort: createWords.rules.minCohort,
  maxCohort: createWords.rules.maxCohort,
  rowCap: createWords.rules.rowCap,
  joinSeconds: createWords.rules.join,
  phaseSeconds: createWords.rules.phase,
  stake: createWords.rules.stake,
  pool: createWords.rules.pool,
  name: createWords.learn.columnName,
  unit: createWords.learn.unit,
  minimum: createWords.learn.minimum,
  maximum: createWords.learn.maximum,
  categories: createWords.learn.categories,
};

/** What an entry is called; `columnName` is the name of column `columns.N.…`. */
export function fieldName(field: string, columnName: (index: number) => string): string {
  const [, index, part] = /^columns\.(\d+)\.(\w+)$/.exec(field) ?? [];
  if (index === undefined || part === undefined) return FIELD_NAMES[field] ?? field;
  return `${columnName(Number(index))}: ${FIELD_NAMES[part] ?? part}`;
}

/** What is wrong and what to do, in a sentence. */
export function problemWords(problem: Problem): string {
  switch (problem.kind) {
    case 'missing':
      return 'Please fill this in.';
    case 'not-a-number':
      return 'This is no number. Write it like 12 or 0.5, with a point.';
    case 'not-whole':
      return 'This must be a whole number.';
    case 'not-an-amount':
      return 'This is no amount. Write it like 100 or 0.5, with at most 18 digits after the point.';
    case 'outside':
      return `This must be from ${problem.least.toLocaleString('en-GB', LONG)} to ${problem.most.toLocaleString('en-GB', LONG)}.`;
    case 'too-long':
      return `This is too long. It may have ${formatCount(problem.most)} characters.`;
    case 'needs-scores':
      return 'Nobody can see that it no longer improves when no scores are published. Publish them below, or leave this empty.';
    case 'not-above-minimum':
      return 'The largest must be above the smallest.';
    case 'name-taken':
      return 'Another column has this name already. Give one of them another name, or leave it out.';
    case 'no-columns':
      return 'Choose at least one column to learn from.';
    case 'no-label':
      return 'Choose the column that says what is to be predicted.';
    case 'few-categories':
      return 'Write at least two categories, one a line.';
    case 'many-categories':
      return 'A column may have 256 categories at most. Leave this column out, or join some.';
    case 'long-category':
      return 'A category may have 64 characters at most.';
    case 'same-category':
      return 'Two of these categories are the same.';
    case 'no-positive':
      return 'Choose at least one value that counts as “yes”.';
    case 'all-positive':
      return 'If every value counts as “yes”, there is nothing to learn. Leave at least one out.';
    case 'many-marks':
      return 'At most 32 marks of 32 characters each.';
    case 'many-features':
      return `These columns make ${formatCount(problem.count)} features; a task may have ${formatCount(problem.most)}. Leave out columns with many categories.`;
    case 'other':
      return problem.message;
  }
}

const LONG: Intl.NumberFormatOptions = { maximumFractionDigits: 6 };
