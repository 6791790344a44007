/** A table as it is entered: no cell of the sample file but possible labels. From it the table of the spec. */
import type { InferredTable } from '../../dataset/infer-data.ts';
import type { IdentifyingKind } from '../../dataset/file-report.ts';
import type { InferredColumn } from '../../dataset/infer.ts';
import { canonicalCell, isNumberText } from '../../protocol/cell-text.ts';
import type { ColumnSpec, TableSpec } from '../../protocol/data-spec.ts';
import { MAX_FEATURES } from '../../protocol/limits.ts';
import { featureWidth } from '../../protocol/target.ts';
import {
  ABOUT_LENGTH,
  type Entries,
  type FieldId,
  LARGEST_VALUE,
  linesOf,
  marksForm,
  NAME_LENGTH,
} from './create-entries.ts';

export type ColumnKind = 'number' | 'category';

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

export interface TableForm {
  readonly kind: 'table';
  readonly delimiter: TableSpec['delimiter'];
  readonly header: boolean;
  columns: ColumnForm[];
  /** index into columns as text; empty: none */
  label: string;
  labelDescription: string;
  labelBy: 'equals' | 'above';
  positives: string[];
  above: string;
  /** separated by commas */
  missingMarks: string;
  missingEmpty: boolean;
}

const MAX_CATEGORIES = 256;
/** Most texts that a label can be chosen by. */
const MAX_LABEL_VALUES = 256;
const LIKELY_POSITIVE = new Set(['1', 'yes', 'y', 'true', 't', 'positive', 'pos', 'malignant', 'case', 'dead', 'sick']);

/** The form for a sample. Public ranges stay empty: they must not be taken from anybody's rows. */
export function startTable(file: InferredTable): TableForm {
  const columns = file.columns.map((column, i) => columnForm(column, i === file.likelyLabel));
  const form: TableForm = {
    kind: 'table',
    delimiter: file.delimiter,
    header: file.header,
    columns,
    label: '',
    labelDescription: '',
    labelBy: 'equals',
    positives: [],
    above: '',
    ...marksForm(file.missingMarks),
  };
  if (file.likelyLabel !== undefined) chooseLabel(form, String(file.likelyLabel));
  return form;
}

/** Whether a column can say what is to be learnt. */
export function canBeLabel({ values, numeric }: ColumnForm): boolean {
  return values.length >= 2 || numeric;
}

/** Makes a column the label; what was the label may become a feature again. */
export function chooseLabel(form: TableForm, label: string): void {
  form.label = label;
  form.labelDescription = '';
  form.above = '';
  const column = labelOf(form);
  form.labelBy = column !== undefined && column.values.length < 2 ? 'above' : 'equals';
  const likely = column?.values.filter((value) => LIKELY_POSITIVE.has(value.toLowerCase())) ?? [];
  form.positives = column?.values.length === 2 && likely.length === 1 ? likely : [];
}

export function labelOf(form: TableForm): ColumnForm | undefined {
  return form.label === '' ? undefined : form.columns[Number(form.label)];
}

/** Columns that become features, with their place in the form. */
export function usedColumns(form: TableForm): readonly { readonly index: number; readonly column: ColumnForm }[] {
  return form.columns.flatMap((column, index) =>
    column.use && column.kinds.length > 0 && String(index) !== form.label ? [{ index, column }] : [],
  );
}

/** The table; undefined where it has no label or no columns, so that nothing can follow from it. */
export function readTable(entries: Entries, form: TableForm): TableSpec | undefined {
  const label = readLabel(entries, form);
  const columns = readColumns(entries, form);
  const missingMarks = entries.marks(form);
  if (label === undefined || columns.length === 0) return undefined;
  const { kind, delimiter, header } = form;
  const table: TableSpec = { kind, columns, label, missingMarks, delimiter, header, missingRule: 'drop-row' };
  const count = featureWidth(table);
  if (count > MAX_FEATURES) entries.wrong('columns', { kind: 'many-features', count, most: MAX_FEATURES });
  return table;
}

function readLabel(entries: Entries, form: TableForm): TableSpec['label'] | undefined {
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
  if (equals.length === 0) entries.wrong('positives', { kind: 'no-positive' });
  else if (equals.length === column.values.length) entries.wrong('positives', { kind: 'all-positive' });
  return { ...common, positive: { equals } };
}

function readColumns(entries: Entries, form: TableForm): ColumnSpec[] {
  const used = usedColumns(form);
  if (used.length === 0) entries.wrong('columns', { kind: 'no-columns' });
  const label = labelOf(form);
  const taken = new Set(label === undefined ? [] : [label.name.trim()]);
  return used.map(({ index, column }) => {
    const at = `columns.${index}`;
    const name = entries.text(`${at}.name`, column.name, 1, NAME_LENGTH);
    if (taken.has(name)) entries.wrong(`${at}.name`, { kind: 'name-taken' });
    taken.add(name);
    const common = {
      name,
      description: entries.text(`${at}.description`, column.description, 0, ABOUT_LENGTH),
      ...(!form.header && { position: column.place }),
    };
    if (column.kind === 'category')
      return { kind: 'category', ...common, categories: [...readCategories(entries, `${at}.categories`, column)] };
    const range = entries.range(at, column);
    const unit = entries.text(`${at}.unit`, column.unit, 0, 32);
    return { kind: 'number', ...common, ...(unit !== '' && { unit }), ...range };
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
