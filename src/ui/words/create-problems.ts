/** What is wrong with an entry of the form, and what the entries are called. */
import { formatCount } from '../format.ts';
import { learnWords, picturesWords, seriesWords, textsWords } from './create-kinds.ts';
import { modelWords, noiseWords } from './create-model.ts';
import { partsWords } from './create-parts.ts';
import { rulesWords } from './create-rules.ts';
import { tableWords } from './create-table.ts';
import { trainingWords } from './create-training.ts';
import type { Problem } from '../state/create-entries.ts';

/** The part of an entry's id that has a name of its own. */
const FIELD_NAMES: Readonly<Record<string, string>> = {
  title: learnWords.name,
  description: learnWords.description,
  label: tableWords.label,
  labelDescription: learnWords.labelDescription,
  positives: tableWords.positives,
  above: tableWords.above,
  columns: tableWords.columns,
  missingMarks: tableWords.missing,
  rounds: trainingWords.rounds,
  epochs: trainingWords.epochs,
  steps: trainingWords.steps,
  mu: trainingWords.mu,
  sites: trainingWords.sites,
  budgetSeconds: trainingWords.budget,
  halfEvery: trainingWords.halfEvery,
  warmUp: trainingWords.warmUp,
  patience: trainingWords.patience,
  batchSize: trainingWords.batchSize,
  learningRate: trainingWords.learningRate,
  heldOutPercent: trainingWords.heldOut,
  minCohort: rulesWords.minCohort,
  maxCohort: rulesWords.maxCohort,
  rowCap: rulesWords.rowCap,
  joinSeconds: rulesWords.join,
  phaseSeconds: rulesWords.phase,
  stake: rulesWords.stake,
  pool: rulesWords.pool,
  name: tableWords.columnName,
  unit: tableWords.unit,
  minimum: tableWords.minimum,
  maximum: tableWords.maximum,
  categories: tableWords.categories,
  serverRate: trainingWords.serverRate,
  l2: trainingWords.l2,
  algorithm: trainingWords.algorithm,
  labelName: learnWords.labelName,
  classes: learnWords.classes,
  width: picturesWords.width,
  height: picturesWords.height,
  pixelMaximum: picturesWords.pixelMaximum,
  alphabet: textsWords.alphabet,
  length: textsWords.length,
  sensors: seriesWords.sensors,
  window: seriesWords.window,
  stride: seriesWords.stride,
  targetDescription: seriesWords.targetDescription,
  model: modelWords.model,
  layers: modelWords.layers,
  start: partsWords.start,
  adapter: partsWords.adapter,
  rank: partsWords.rank,
  strength: partsWords.strength,
  private: partsWords.private,
  noise: noiseWords.noise,
  noiseMultiplier: noiseWords.multiplier,
  delta: noiseWords.delta,
  updateClip: noiseWords.updateClip,
  recordClip: noiseWords.recordClip,
  samplingPercent: noiseWords.sampling,
  data: learnWords.title,
  ...modelWords.parameters,
};

/** What an entry is called; `itemName` is the name of the column, sensor, class or layer number N of `columns.N.…`. */
export function fieldName(field: string, itemName: (list: string, index: number) => string): string {
  const [, list, index, part] = /^([a-z]+)\.(\d+)(?:\.(\w+))?$/u.exec(field) ?? [];
  if (list === undefined || index === undefined) return FIELD_NAMES[field] ?? field;
  const name = itemName(list, Number(index));
  return part === undefined ? name : `${name}: ${FIELD_NAMES[part] ?? part}`;
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
    case 'few-classes':
      return 'There must be at least two classes to tell apart.';
    case 'class-taken':
      return 'Another class is called or written like this already.';
    case 'few-characters':
      return 'At least two characters are needed.';
    case 'same-character':
      return 'A character stands twice in this list.';
    case 'capitals':
      return 'Capitals never occur when they are read as small letters. Leave them out here.';
    case 'no-sensors':
      return 'Choose from 1 to 64 sensors to learn from.';
    case 'noise-algorithm':
      return 'With noise this way of training is not possible: it tells more than updates, and that part has no noise. Choose FedAvg or FedProx.';
    case 'needs-start':
      return 'Adapters add to a model that is given. Choose a file of weights to start from, or learn all of the model.';
    case 'start-gone':
      return 'After a reload the file has to be chosen again: only its name was kept.';
    case 'many-features':
      return `These columns make ${formatCount(problem.count)} features; a task may have ${formatCount(problem.most)}. Leave out columns with many categories.`;
    case 'other':
      return problem.hint === undefined ? problem.message : `${problem.message}. ${problem.hint}`;
  }
}

const LONG: Intl.NumberFormatOptions = { maximumFractionDigits: 6 };
