/** Texts of the result page. */
import type { ModelMetrics } from '../../session/status.ts';
import { formatCount, formatMeasure, formatPercent, formatScore, formatValue } from '../format.ts';
import { judgedCount, mainMeasure, rightCount } from '../../protocol/metrics.ts';
import { judgedWords } from './measures.ts';
import { plural } from './plural.ts';

export const resultWords = {
  intro: (rounds: number) =>
    `${plural(rounds, 'training round')} ${rounds === 1 ? 'is' : 'are'} done. Every site holds the same model.`,
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
  judged: (metrics: ModelMetrics) => judgedText(metrics),
  comparing: 'Your tab is still training a model on your rows alone, to compare. This takes a moment.',
  publicTitle: 'On all sites’ rows together',
  publicNone: 'No figures were published for this task.',
  publicWhy:
    'These are the public figures of all sites together. Figures on rows of your own are here only in the tab that took part, because they never leave it.',
  publicRound: (round: number, after: number) =>
    `From round ${formatCount(round)}, which judged the model after ${plural(after, 'training round')}.`,

  /** @param personal whether the site has layers of its own in what was judged */
  sentence: (together: ModelMetrics, alone: ModelMetrics | undefined, personal: boolean) => {
    const rows = judgedText(together);
    const model = personal ? 'the common model with your own layers' : 'the common model';
    switch (together.kind) {
      case 'binary':
      case 'classes':
        return alone === undefined
          ? `On your ${rows} ${model} got ${formatCount(rightCount(together) ?? 0)} right.`
          : `On your ${rows} ${model} got ${formatCount(rightCount(together) ?? 0)} right, yours alone ${formatCount(rightCount(alone) ?? 0)}.`;
      case 'value':
        return alone === undefined
          ? `On your ${rows} ${model} is typically off by ${mainText(together)}.`
          : `On your ${rows} ${model} is typically off by ${mainText(together)}, yours alone by ${mainText(alone)}.`;
      case 'next':
        return alone === undefined
          ? `On your ${rows} ${model} needs ${mainText(together)} bits a character.`
          : `On your ${rows} ${model} needs ${mainText(together)} bits a character, yours alone ${mainText(alone)}.`;
    }
  },
  verdicts: {
    better: 'Training together helped you.',
    same: 'Training together made no difference on these rows.',
    worse: 'On these rows your own model did better. Others may have gained more from your part than you from theirs.',
  },
  few: (rows: number) => `${plural(rows, 'row')} are few: one or two more right or wrong is chance.`,
  aloneNote:
    'Alone: the same model, trained on your rows only, which it has seen at least as often as the common one has.',
  aloneMissing: 'There is no model of yours alone: training on these rows only led nowhere.',
  sentencePublic: (metrics: ModelMetrics) => {
    const rows = judgedText(metrics);
    switch (metrics.kind) {
      case 'binary':
      case 'classes':
        return `Of ${rows} of all sites the model got ${formatCount(rightCount(metrics) ?? 0)} right.`;
      case 'value':
        return `On ${rows} of all sites the model is typically off by ${mainText(metrics)}.`;
      case 'next':
        return `On ${rows} of all sites the model needs ${mainText(metrics)} bits a character and guesses ${formatPercent(metrics.accuracy)} of them.`;
    }
  },

  together: 'Together',
  alone: 'Alone',
  all: 'All sites',
  measure: 'Figure',
  tableOwn: 'Figures on your own rows',
  tableAll: 'Figures on all sites’ rows',
  right: 'Rows right',
  judgedRows: { binary: 'Rows', classes: 'Rows', value: 'Rows', next: 'Characters' },
  rightNext: 'Characters right',
  rightOf: (right: number, rows: number) => `${formatCount(right)} of ${formatCount(rows)}`,

  mistakes: 'Right and wrong',
  mistakesTogether: 'What the common model said, against what was true',
  mistakesAlone: 'What your model alone said, against what was true',
  mistakesPublic: 'What the model said, against what was true',
  mistakesText: (found: number, positives: number, alarms: number, negatives: number) =>
    `It found ${formatCount(found)} of ${formatCount(positives)} positive rows, and gave a false alarm for ${formatCount(alarms)} of ${formatCount(negatives)} negative ones.`,

  /** of a yes and no without other names */
  plainNames: ['negative', 'positive'],
  mistakesNamed: (found: number, actual: number, name: string, alarms: number, others: number, other: string) =>
    `It found ${formatCount(found)} of ${plural(actual, 'row')} that are “${name}”, and said so of ${formatCount(alarms)} of ${plural(others, 'row')} that are “${other}”.`,
  confused: (pairs: readonly { readonly actual: string; readonly said: string; readonly rows: number }[]) =>
    pairs.length === 0
      ? 'No row was taken for another class.'
      : `Most often mixed up: ${pairs.map(({ actual, said, rows }) => `“${actual}” taken for “${said}” (${formatCount(rows)})`).join(', ')}.`,
  squareColumns: ['In truth', 'The model says', 'Rows'],
  squareAbout: 'A row of the square is what is true, a column what the model said. Right answers lie on the diagonal.',

  classesTitle: { own: 'Class by class', all: 'Class by class, on all sites’ rows' },
  classes: {
    name: 'Class',
    rows: 'Rows',
    precision: 'Precision',
    recall: 'Recall',
    f1: 'F1',
    table: { own: 'Figures of each class on your own rows', all: 'Figures of each class on all sites’ rows' },
    file: 'classes',
    summary: (best: string, worst: string) => `Told apart best: “${best}”. Worst: “${worst}”.`,
    none: 'No class occurs.',
  },

  whichClass: 'Class against all others',
  roc: 'Finding against false alarms',
  rocAbout: 'ROC curve',
  rocSummary: (together: number | undefined, alone: number | undefined) =>
    `Area under the curve: together ${formatScore(together)}, alone ${formatScore(alone)}.`,
  rocNone: 'Your held-out rows are all of one kind, so there is no curve.',
  falseAlarms: 'False alarms',
  found: 'Found',
  precision: 'Finding without false alarms',
  precisionAbout: 'precision-recall curve',
  precisionSummary: (together: number | undefined, alone: number | undefined) =>
    `Average precision: together ${formatScore(together)}, alone ${formatScore(alone)}.`,
  precisionNone: 'None of your held-out rows is of this class, so there is no curve.',
  precisionAxis: 'Precision',
  recallAxis: 'Recall',
  who: 'Model',
  calibration: {
    binary: 'Can its percentages be believed?',
    classes: 'Can its percentages be believed?',
    value: 'Are its numbers too high or too low?',
    next: '',
  },
  calibrationAbout: 'calibration',
  calibrationSummary: {
    binary: 'A dot on the dotted line means: of the rows with this chance, as many were positive as predicted.',
    classes:
      'A dot on the dotted line means: of the rows of which the model was this sure, as many were right as it said.',
    value:
      'A dot on the dotted line means: where the model said this number, it was so on average. Above the line it says too little, below too much.',
    next: '',
  },
  predicted: 'Predicted',
  observed: 'Observed',
  rows: 'Rows',

  browser: {
    title: 'Where the model was most wrong',
    about: 'your own held-out rows; nothing of this leaves the tab',
    explain: {
      binary:
        'These rows cost the model most: it was wrong and sure, or unsure. Look whether they are mislabelled, unusual, or badly measured.',
      classes:
        'These rows cost the model most: it was wrong and sure, or unsure. Look whether they are mislabelled, unusual, or badly measured.',
      value: 'For these rows the prediction is furthest off. Look whether they are unusual or badly measured.',
      next: 'These texts surprised the model most: they cost it most bits a character.',
    },
    model: 'Model',
    actual: 'In truth',
    said: 'The model says',
    wrong: 'Only rows that it got wrong',
    any: 'all',
    shown: (shown: number, all: number) => `${formatCount(shown)} of the ${plural(all, 'worst row')}`,
    more: 'Show more',
    none: 'No row is like this.',
    list: 'The worst rows',
    row: (row: number) => `Held-out row ${formatCount(row + 1)}`,
    class: (actual: string, said: string, confidence: number | undefined) =>
      actual === said
        ? `“${actual}”, and the model says so, but is only ${formatPercent(confidence)} sure.`
        : `“${actual}”, but the model says “${said}” and is ${formatPercent(confidence)} sure.`,
    value: (actual: number | undefined, said: number | undefined, error: number, unit: string | undefined) =>
      `${formatValue(actual)}${unitText(unit)}, but the model says ${formatValue(said)}${unitText(unit)}: ${formatValue(error)} off.`,
    text: (nats: number) => `${formatValue(nats / Math.LN2)} bits a character.`,
    picture: (row: number) => `Picture of held-out row ${formatCount(row + 1)}`,
    sensor: (name: string, first: string, last: string) => `${name}: from ${first} to ${last} over the window`,
    ends: (first: number | undefined, last: number | undefined, unit: string | undefined) =>
      `${formatValue(first)} → ${formatValue(last)}${unitText(unit)}`,
    empty: '(empty text)',
    file: 'worst-rows',
    columns: ['Row', 'In truth', 'The model says', 'Sure', 'Loss'],
  },

  nextTitle: 'What next?',
  next: 'Leave, and choose the next task',
  nextVisitor: 'Choose a task to join',
  nextText: 'Leaving ends your part in this task. Your file and your wallet stay in this browser.',
} as const;

function unitText(unit: string | undefined): string {
  return unit === undefined ? '' : ` ${unit}`;
}

/** 26 held-out rows. */
function judgedText(metrics: ModelMetrics): string {
  const [one, many] = judgedWords[metrics.kind];
  return plural(judgedCount(metrics), one, many);
}

function mainText(metrics: ModelMetrics): string {
  return formatMeasure(mainMeasure(metrics));
}
