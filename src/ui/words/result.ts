/** Texts of the result page. */
import { formatCount } from '../format.ts';
import { plural } from './plural.ts';

export const resultWords = {
  intro: (rounds: number) => `${plural(rounds, 'training round')} are done. Every site holds the same model.`,
  taskPage: 'About this task',
  notYetTitle: 'This task is not finished yet',
  notYet: (done: number, all: number) =>
    `${formatCount(done)} of ${plural(all, 'training round')} are done. The result comes after the last one.`,
  notYetOwn: 'Go to your live round',
  notYetJoin: 'Join this task',
  soFar: 'Figures so far',
  failedTitle: 'This task ended early',
  failed: (rounds: number) =>
    `${plural(rounds, 'round')} in a row did not count, so the task ended without its last rounds. The model of the last round that counted is still good to use.`,
  failedNone: 'No round counted, so there is no model.',

  ownTitle: 'On your own rows',
  ownAbout: (rows: number) => plural(rows, 'held-out row'),
  comparing: 'Your tab is still training a model on your rows alone, to compare. This takes a moment.',
  publicTitle: 'On all sites’ rows together',
  publicAbout: (rows: number) => plural(rows, 'held-out row'),
  publicNone: 'No figures were published for this task.',
  publicWhy:
    'These are the public figures of all sites together. Figures on rows of your own are here only in the tab that took part, because they never leave it.',
  publicRound: (round: number, after: number) =>
    `From round ${formatCount(round)}, which judged the model after ${plural(after, 'training round')}.`,

  sentence: (rows: number, together: number) =>
    `On your ${plural(rows, 'held-out row')} the common model got ${formatCount(together)} right.`,
  sentenceBoth: (rows: number, together: number, alone: number) =>
    `On your ${plural(rows, 'held-out row')} the common model got ${formatCount(together)} right, yours alone ${formatCount(alone)}.`,
  verdicts: {
    better: 'Training together helped you.',
    same: 'Training together made no difference on these rows.',
    worse: 'On these rows your own model did better. Others may have gained more from your part than you from theirs.',
  },
  few: (rows: number) => `${plural(rows, 'row')} are few: one or two more right or wrong is chance.`,
  aloneNote: 'Alone: the same model, trained for as long on your rows only.',
  aloneMissing: 'There is no model of yours alone: training on these rows only led nowhere.',
  sentencePublic: (rows: number, right: number) =>
    `Of ${plural(rows, 'held-out row')} of all sites the model got ${formatCount(right)} right.`,

  together: 'Together',
  alone: 'Alone',
  all: 'All sites',
  measure: 'Figure',
  tableOwn: 'Figures on your own rows',
  tableAll: 'Figures on all sites’ rows',
  accuracy: 'Accuracy',
  balanced: 'Balanced accuracy',
  auc: 'AUC',
  logLoss: 'Log-loss',
  right: 'Rows right',
  rightOf: (right: number, rows: number) => `${formatCount(right)} of ${formatCount(rows)}`,

  mistakes: 'Right and wrong',
  mistakesTogether: 'What the common model said, against what was true',
  mistakesAlone: 'What your model alone said, against what was true',
  mistakesPublic: 'What the model said, against what was true',
  mistakesText: (found: number, positives: number, alarms: number, negatives: number) =>
    `It found ${formatCount(found)} of ${formatCount(positives)} positive rows, and gave a false alarm for ${formatCount(alarms)} of ${formatCount(negatives)} negative ones.`,

  roc: 'Finding against false alarms',
  rocAbout: 'ROC curve',
  rocSummary: (together: string, alone: string) => `Area under the curve: together ${together}, alone ${alone}.`,
  rocNone: 'Your held-out rows are all of one kind, so there is no curve.',
  falseAlarms: 'False alarms',
  found: 'Found',
  who: 'Model',
  calibration: 'Can its percentages be believed?',
  calibrationAbout: 'calibration',
  calibrationSummary:
    'A dot on the dotted line means: of the rows with this chance, as many were positive as predicted.',
  predicted: 'Predicted',
  observed: 'Observed',
  rows: 'Rows',

  nextTitle: 'What next?',
  next: 'Leave, and choose the next task',
  nextVisitor: 'Choose a task to join',
  nextText: 'Leaving ends your part in this task. Your file and your wallet stay in this browser.',
} as const;
