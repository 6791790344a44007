/** What a person enters to create a task, as plain data: texts as they were typed, and no cell of the sample file but possible labels. */
import type { IdentifyingKind } from '../../dataset/file-report.ts';
import type { Inferred, InferredColumn } from '../../dataset/infer.ts';
import { type TaskSpec, type TableSpec } from '../../protocol/task-spec.ts';
import { canonicalCell, isNumberText } from '../../protocol/cell-text.ts';
import { START_TRAINING, type TrainingForm } from './create-training.ts';

export type ColumnKind = 'number' | 'category';
export type PresetId = 'logistic' | 'small' | 'medium';

export interface ColumnForm {
  name: string;
  readonly place: number;
  use: boolean;
  kind: ColumnKind;
  description: string;
  unit: string;
  minimum: string;
  maximum: string;
  /** one a line */
  categories: string;
  /** what it can be as a feature; nothing for free text */
  readonly kinds: readonly ColumnKind[];
  /** texts that it may be a label by, most frequent first */
  readonly values: readonly string[];
  /** its values are numbers, so that a label may be "above" one */
  readonly numeric: boolean;
  readonly identifying?: IdentifyingKind;
}

export interface CreateForm extends TrainingForm {
  /** random; makes every draft another task, even when all else is the same */
  readonly id: string;
  readonly fileName: string;
  readonly delimiter: TableSpec['delimiter'];
  readonly header: boolean;
  columns: ColumnForm[];
  title: string;
  description: string;
  /** index into columns as text; empty: none */
  label: string;
  labelDescription: string;
  labelBy: 'equals' | 'above';
  positives: string[];
  above: string;
  /** separated by commas */
  missingMarks: string;
  missingEmpty: boolean;
  model: PresetId;
  heldOutPercent: string;
  minCohort: string;
  maxCohort: string;
  rowCap: string;
  joinSeconds: string;
  phaseSeconds: string;
  stake: string;
  pool: string;
  release: TaskSpec['evaluation']['release'];
  retry: TaskSpec['retry'];
}

/** Entries that do not come from the file. */
const START = {
  ...START_TRAINING,
  title: '',
  description: '',
  model: 'small',
  heldOutPercent: '20',
  minCohort: '3',
  maxCohort: '16',
  rowCap: '256',
  joinSeconds: '60',
  phaseSeconds: '60',
  stake: '10',
  pool: '100',
  release: 'exact',
  retry: 'strict',
} as const;

/** Most texts that a label can be chosen by. */
const MAX_LABEL_VALUES = 256;
const LIKELY_POSITIVE = new Set(['1', 'yes', 'y', 'true', 't', 'positive', 'pos', 'malignant', 'case', 'dead', 'sick']);

/**
 * The form for a sample file. Public ranges stay empty: they must not be taken from anybody's rows.
 * @param id random text, new for every task
 * @param before what was entered so far; everything that does not describe the file is kept
 */
export function startForm(file: Inferred, id: string, before?: CreateForm): CreateForm {
  const columns = file.columns.map((column, i) => columnForm(column, i === file.likelyLabel));
  const likely = file.likelyLabel === undefined ? undefined : columns[file.likelyLabel];
  const form: CreateForm = {
    ...START,
    ...before,
    id,
    fileName: file.fileName,
    delimiter: file.delimiter,
    header: file.header,
    columns,
    label: '',
    labelDescription: '',
    labelBy: 'equals',
    positives: [],
    above: '',
    missingMarks: file.missingMarks.filter((mark) => mark !== '').join(', '),
    missingEmpty: file.missingMarks.includes(''),
  };
  if (likely !== undefined) chooseLabel(form, String(file.likelyLabel));
  return form;
}

/** Whether a column can say what is to be learnt. */
export function canBeLabel({ values, numeric }: ColumnForm): boolean {
  return values.length >= 2 || numeric;
}

/** Makes a column the label; what was the label may become a feature again. */
export function chooseLabel(form: CreateForm, label: string): void {
  form.label = label;
  form.labelDescription = '';
  form.above = '';
  const column = labelOf(form);
  form.labelBy = column !== undefined && column.values.length < 2 ? 'above' : 'equals';
  const likely = column?.values.filter((value) => LIKELY_POSITIVE.has(value.toLowerCase())) ?? [];
  form.positives = column?.values.length === 2 && likely.length === 1 ? likely : [];
}

export function labelOf(form: CreateForm): ColumnForm | undefined {
  return form.label === '' ? undefined : form.columns[Number(form.label)];
}

/** Columns that become features, with their place in the form. */
export function usedColumns(form: CreateForm): readonly { readonly index: number; readonly column: ColumnForm }[] {
  return form.columns.flatMap((column, index) =>
    column.use && column.kinds.length > 0 && String(index) !== form.label ? [{ index, column }] : [],
  );
}

/** One entry a line, without empty ones. */
export function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}

function columnForm({ name, place, column, values, identifying }: InferredColumn, isLabel: boolean): ColumnForm {
  const numeric =
    column?.kind === 'number' || (values.length > 0 && values.every((value) => isNumberText(value.trim())));
  const distinct = [...new Set(values.map(canonicalCell))].slice(0, MAX_LABEL_VALUES);
  const kinds = kindsOf(column?.kind, numeric, distinct.length);
  const categories = column?.kind === 'category' ? column.categories : distinct;
  return {
    name,
    place,
    use: kinds.length > 0 && identifying === undefined && !isLabel,
    kind: column?.kind ?? 'category',
    description: column?.description ?? '',
    unit: column?.kind === 'number' ? (column.unit ?? '') : '',
    minimum: '',
    maximum: '',
    categories: categories.join('\n'),
    kinds,
    values: distinct,
    numeric,
    ...(identifying && { identifying }),
  };
}

function kindsOf(guess: ColumnKind | undefined, numeric: boolean, distinct: number): readonly ColumnKind[] {
  if (guess === undefined) return [];
  if (guess === 'number') return distinct >= 2 ? ['number', 'category'] : ['number'];
  return numeric ? ['category', 'number'] : ['category'];
}
