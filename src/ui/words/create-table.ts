/** Texts of the part of the form that says what is learnt of a table. */
import type { IdentifyingKind } from '../../dataset/file-report.ts';
import type { ColumnKind } from '../state/create-table.ts';

export const tableWords = {
  delimiters: { ',': 'commas', ';': 'semicolons', '\t': 'tabs', '|': 'vertical bars', ' ': 'spaces' },
  written: (header: boolean, delimiter: string) =>
    `Cells are separated by ${delimiter}; ${header ? 'the first line names the columns' : 'there is no header line, so columns are known by their place'}.`,
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
} as const;
