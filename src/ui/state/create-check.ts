/** From what was entered to a task: every entry is checked by itself, and what is wrong is told field by field, without words. */
import type { TaskDraft } from '../../../workers/api/create.ts';
import { hasCode } from '../../core/errors.ts';
import { isFlockText, MAX_PHASE_SECONDS } from '../../protocol/task-parameters.ts';
import {
  checkTaskSpec,
  type ColumnSpec,
  type ModelSpec,
  type TableSpec,
  type TableTask,
  taskSpecBytes,
  weightCount,
} from '../../protocol/task-spec.ts';
import { MAX_COHORT, MAX_FEATURES, MAX_ROWS, MIN_COHORT, MAX_SPEC_BYTES } from '../../protocol/limits.ts';
import { canonicalCell, isNumberText } from '../../protocol/cell-text.ts';
import { featureWidth } from '../../protocol/target.ts';
import { type ColumnForm, type CreateForm, labelOf, linesOf, type PresetId, usedColumns } from './create-form.ts';
import { deriveMasking } from './create-masking.ts';
import { readTraining } from './create-training.ts';

/** What is wrong with one entry. */
export type Problem =
  | { readonly kind: 'missing' | 'not-a-number' | 'not-whole' | 'not-an-amount' }
  | { readonly kind: 'outside'; readonly least: number; readonly most: number }
  | { readonly kind: 'too-long'; readonly most: number }
  | { readonly kind: 'not-above-minimum' | 'name-taken' | 'no-columns' | 'no-label' }
  | { readonly kind: 'few-categories' | 'many-categories' | 'long-category' | 'same-category' }
  | { readonly kind: 'no-positive' | 'all-positive' | 'many-marks' | 'needs-scores' }
  | { readonly kind: 'many-features'; readonly count: number; readonly most: number }
  | { readonly kind: 'other'; readonly message: string };

/** Names an entry: `title`, `rounds`, `columns.3.minimum`, … */
export type FieldId = string;

export interface Checked {
  /** in the order of the form */
  readonly problems: ReadonlyMap<FieldId, Problem>;
  /** when there is no problem */
  readonly draft?: TaskDraft;
}

const LAYERS: Readonly<Record<PresetId, ModelSpec['layers']>> = {
  logistic: [],
  small: [{ kind: 'dense', units: 8, activation: 'tanh' }],
  medium: [
    { kind: 'dense', units: 32, activation: 'tanh' },
    { kind: 'dense', units: 16, activation: 'tanh' },
  ],
};

/** Bounds of what is entered as a number; those of the spec and the contract, or narrower where only a mistake lies beyond. */
const LARGEST_VALUE = 1e12;
const NAME_LENGTH = 64;
const ABOUT_LENGTH = 500;
const MAX_CATEGORIES = 256;
const MAX_MARKS = 32;
/** Without held-out rows nobody could judge a model. */
const HELD_OUT = { least: 5, most: 90 };

function modelOf(preset: PresetId): ModelSpec {
  return { layers: [...LAYERS[preset], { kind: 'dense', units: 1, activation: 'sigmoid' }] };
}

/** Weights of a model over that many features; 0 where there cannot be one. */
export function weightsOf(preset: PresetId, features: number): number {
  if (features < 1 || features > MAX_FEATURES) return 0;
  return weightCount({ model: modelOf(preset), shape: [features], target: { kind: 'binary', names: ['no', 'yes'] } });
}

export function checkForm(form: CreateForm): Checked {
  const problems = new Map<FieldId, Problem>();
  const entries = new Entries(problems);
  const title = entries.text('title', form.title, 1, 120);
  const description = entries.text('description', form.description, 0, 4000);
  const label = readLabel(entries, form);
  const columns = readColumns(entries, form);
  const missingMarks = readMarks(entries, form);
  const { training, server } = readTraining(entries, form);
  if (training.earlyStop !== undefined && form.release === 'off') entries.wrong('patience', { kind: 'needs-scores' });
  const heldOut = entries.number('heldOutPercent', form.heldOutPercent, HELD_OUT.least, HELD_OUT.most);
  const maxCohort = entries.whole('maxCohort', form.maxCohort, MIN_COHORT, MAX_COHORT);
  const most = problems.has('maxCohort') ? MAX_COHORT : maxCohort;
  const minCohort = entries.whole('minCohort', form.minCohort, MIN_COHORT, most);
  const rowCap = entries.whole('rowCap', form.rowCap, 1, MAX_ROWS);
  const joinSeconds = entries.whole('joinSeconds', form.joinSeconds, 1, MAX_PHASE_SECONDS);
  const phaseSeconds = entries.whole('phaseSeconds', form.phaseSeconds, 1, MAX_PHASE_SECONDS);
  const stake = entries.amount('stake', form.stake);
  const pool = entries.amount('pool', form.pool);
  if (problems.size > 0 || label === undefined) return { problems };

  const spec: TableTask = {
    version: 1,
    title,
    description,
    data: {
      kind: 'table',
      columns,
      label,
      missingMarks,
      delimiter: form.delimiter,
      header: form.header,
      missingRule: 'drop-row',
    },
    heldOut: { fraction: heldOut / 100, seed: form.id },
    model: modelOf(form.model),
    training,
    server,
    masking: deriveMasking(training, rowCap, maxCohort),
    evaluation: { bins: 20, release: form.release },
    retry: form.retry,
    minDiff: 2,
  };
  const trouble = troubleOf(spec);
  if (trouble !== undefined) return { problems: new Map([['columns', trouble]]) };
  return { problems, draft: { spec, minCohort, joinSeconds, phaseSeconds, stake, pool } };
}

/** What only the spec as a whole shows. */
function troubleOf(spec: TableTask): Problem | undefined {
  const count = featureWidth(spec.data);
  if (count > MAX_FEATURES) return { kind: 'many-features', count, most: MAX_FEATURES };
  try {
    const { length } = taskSpecBytes(checkTaskSpec(spec));
    return length > MAX_SPEC_BYTES ? { kind: 'too-long', most: MAX_SPEC_BYTES } : undefined;
  } catch (error) {
    if (!hasCode(error, 'bad-input')) throw error;
    return { kind: 'other', message: error.message };
  }
}

function readLabel(entries: Entries, form: CreateForm): TableSpec['label'] | undefined {
  const column = labelOf(form);
  if (column === undefined) return entries.wrong('label', { kind: 'no-label' });
  const common = {
    name: entries.text('label', column.name, 1, NAME_LENGTH),
    description: entries.text('labelDescription', form.labelDescription, 0, ABOUT_LENGTH),
    ...(!form.header && { position: column.place }),
  };
  if (form.labelBy === 'above') {
    const above = entries.number('above', form.above, -LARGEST_VALUE, LARGEST_VALUE);
    return { ...common, positive: { above } };
  }
  const equals = form.positives.filter((value) => column.values.includes(value));
  if (equals.length === 0) return entries.wrong('positives', { kind: 'no-positive' });
  if (equals.length === column.values.length) return entries.wrong('positives', { kind: 'all-positive' });
  return { ...common, positive: { equals } };
}

function readColumns(entries: Entries, form: CreateForm): ColumnSpec[] {
  const used = usedColumns(form);
  if (used.length === 0) entries.wrong('columns', { kind: 'no-columns' });
  const label = labelOf(form);
  const taken = new Set(label === undefined ? [] : [label.name.trim()]);
  return used.map(({ index, column }) => {
    const at = (field: keyof ColumnForm) => `columns.${index}.${field}`;
    const name = entries.text(at('name'), column.name, 1, NAME_LENGTH);
    if (taken.has(name)) entries.wrong(at('name'), { kind: 'name-taken' });
    taken.add(name);
    const common = {
      name,
      description: entries.text(at('description'), column.description, 0, ABOUT_LENGTH),
      ...(!form.header && { position: column.place }),
    };
    if (column.kind === 'category')
      return { kind: 'category', ...common, categories: [...readCategories(entries, at('categories'), column)] };
    const minimum = entries.number(at('minimum'), column.minimum, -LARGEST_VALUE, LARGEST_VALUE);
    const maximum = entries.number(at('maximum'), column.maximum, -LARGEST_VALUE, LARGEST_VALUE);
    if (minimum >= maximum) entries.wrong(at('maximum'), { kind: 'not-above-minimum' });
    const unit = entries.text(at('unit'), column.unit, 0, 32);
    return { kind: 'number', ...common, ...(unit !== '' && { unit }), minimum, maximum };
  });
}

function readCategories(entries: Entries, field: FieldId, column: ColumnForm): readonly string[] {
  const categories = linesOf(column.categories);
  if (categories.length < 2) entries.wrong(field, { kind: 'few-categories' });
  else if (categories.length > MAX_CATEGORIES) entries.wrong(field, { kind: 'many-categories' });
  else if (categories.some(({ length }) => length > NAME_LENGTH)) entries.wrong(field, { kind: 'long-category' });
  else if (new Set(categories.map(canonicalCell)).size < categories.length)
    entries.wrong(field, { kind: 'same-category' });
  return categories;
}

function readMarks(entries: Entries, form: CreateForm): string[] {
  const typed = form.missingMarks.split(',').map((mark) => mark.trim());
  const marks = [...new Set(typed.filter((mark) => mark !== ''))];
  if (form.missingEmpty) marks.push('');
  if (marks.length > MAX_MARKS || marks.some(({ length }) => length > 32))
    entries.wrong('missingMarks', { kind: 'many-marks' });
  return marks;
}

/** Reads entries and notes the first problem of each. What it gives for a wrong entry is never used. */
class Entries {
  readonly #problems: Map<FieldId, Problem>;

  constructor(problems: Map<FieldId, Problem>) {
    this.#problems = problems;
  }

  wrong(field: FieldId, problem: Problem): undefined {
    if (!this.#problems.has(field)) this.#problems.set(field, problem);
  }

  text(field: FieldId, typed: string, least: number, most: number): string {
    const text = typed.trim();
    if (text.length < least) this.wrong(field, { kind: 'missing' });
    if (text.length > most) this.wrong(field, { kind: 'too-long', most });
    return text;
  }

  number(field: FieldId, typed: string, least: number, most: number): number {
    const text = typed.trim();
    const value = Number(text);
    if (text === '') this.wrong(field, { kind: 'missing' });
    else if (!isNumberText(text)) this.wrong(field, { kind: 'not-a-number' });
    else if (value < least || value > most) this.wrong(field, { kind: 'outside', least, most });
    return value;
  }

  whole(field: FieldId, typed: string, least: number, most: number): number {
    const value = this.number(field, typed, least, most);
    if (!Number.isInteger(value)) this.wrong(field, { kind: 'not-whole' });
    return value;
  }

  amount(field: FieldId, typed: string): string {
    const text = typed.trim();
    if (text === '') this.wrong(field, { kind: 'missing' });
    else if (!isFlockText(text)) this.wrong(field, { kind: 'not-an-amount' });
    return text;
  }
}
