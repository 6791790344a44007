/** Texts about a person's own file and the library of this browser. */
import type { Finding, FindingKind, IdentifyingKind } from '../../dataset/file-report.ts';
import type { FileEncoding, Repair } from '../../dataset/reading-plan.ts';
import type { ColumnSpec } from '../../protocol/task-spec.ts';
import { formatBytes, formatCount } from '../format.ts';
import { plural } from './plural.ts';

const DELIMITERS: Readonly<Record<string, string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
  ' ': 'spaces',
};

const ENCODINGS: Readonly<Record<FileEncoding, string>> = {
  'utf-8': 'UTF-8',
  'windows-1252': 'Windows-1252',
  'utf-16le': 'UTF-16',
  'utf-16be': 'UTF-16, big endian',
};

const IDENTIFYING: Readonly<Record<IdentifyingKind, string>> = {
  name: 'names of people',
  'record-number': 'record numbers',
  'birth-date': 'dates of birth',
  contact: 'addresses or phone numbers',
};

const quoted = (cell: string) => (cell === '' ? 'an empty cell' : `“${cell}”`);
const cells = (count: number) => plural(count, 'cell');
const rows = (count: number) => plural(count, 'row');

const KINDS: Readonly<Record<FindingKind, (column: string, finding: Finding) => string>> = {
  unmapped: (column) => `Which column is “${column}”?`,
  'not-a-number': (column, { count }) =>
    `“${column}”: ${cells(count)} ${count === 1 ? 'is not a number' : 'are not numbers'}`,
  'out-of-range': (column, { count }) => `“${column}”: ${plural(count, 'value')} outside the range`,
  'another-unit': (column) => `“${column}” looks like another unit`,
  'unknown-category': (column, { count }) => `“${column}”: ${cells(count)} with a text that the task does not know`,
  'short-row': (_, { count }) => `${rows(count)} with too few cells`,
  undecodable: (_, { count }) => `${rows(count)} with characters that cannot be read`,
  'one-class': (column) => `“${column}”: all rows say the same`,
  'no-rows': () => 'No complete row',
  'too-many-rows': () => 'More rows than a task takes',
  identifying: (column) => `“${column}” looks as if it named people`,
};

function meaning({ kind, column, identifying }: Finding, spec: ColumnSpec | undefined): string {
  switch (kind) {
    case 'unmapped':
      return 'The file names no such column. Say which one it is, here or in the table of columns below.';
    case 'not-a-number':
      return 'Numbers are written like 12 or 12.5.';
    case 'out-of-range':
      return spec?.kind === 'number'
        ? `The task expects ${dataWords.expects(spec)}. A wrong unit is the usual reason.`
        : 'A wrong unit is the usual reason.';
    case 'another-unit':
      return spec?.kind === 'number'
        ? `All values fit, but they lie where another unit would put them. The task expects ${dataWords.expects(spec)}.`
        : '';
    case 'unknown-category':
      return spec?.kind === 'category' ? `The task knows ${spec.categories.slice(0, 12).join(', ')}.` : '';
    case 'short-row':
      return 'Perhaps lines are broken, or cells are separated by another sign.';
    case 'undecodable':
      return 'The file was saved in another character encoding.';
    case 'one-class':
      return 'From rows that all have the same answer, a model learns nothing. Perhaps the answer is written differently.';
    case 'no-rows':
      return 'A row counts when every column that the task uses has a value. This file has no such row.';
    case 'too-many-rows':
      return 'Split the file, or leave rows out, and choose it again.';
    case 'identifying': {
      const what = IDENTIFYING[identifying ?? 'name'];
      return column === undefined
        ? `It looks like ${what}. This column is not read: nothing of it is stored or used.`
        : `It looks like ${what}. It is used for training. Check that this is really the column that you mean.`;
    }
  }
}

export const dataWords = {
  title: 'Your data',
  intro: 'Take one of the sample files, or choose your own. It is read here and never uploaded.',
  samples: 'Sample files',
  sampleLicence: (licence: string) => `These files are real data under the licence ${licence}.`,
  sampleSource: 'Source and licence',
  stored: 'Read before in this browser',
  storedAbout: (count: number, atMs: number) => `${rows(count)}, read ${dataWords.at(atMs)}`,
  useAgain: 'Use again',
  useAgainName: (fileName: string) => `Use ${fileName} again`,
  file: 'Choose a file…',
  drop: 'or drop it here: CSV, TSV or another text table, Parquet, packed with gzip or not',
  paste: 'Paste a table instead',
  pasteLabel: 'Rows, with or without a first line of names',
  pasteRead: 'Read this text',
  reading: (fileName: string) => `Reading ${fileName}…`,
  progress: (read: number, total: number) => `${formatBytes(read)} of ${formatBytes(total)} read`,
  stop: 'Stop reading',
  oldReport: 'What you see below is the last reading that ended.',
  again: 'Read the file again',

  ready: (fileName: string) => `${fileName} is ready`,
  notReady: (fileName: string, count: number) => `${fileName}: ${plural(count, 'thing')} to mend before it can be used`,
  nothingFound: 'Everything in the file fits the task.',
  rows: 'Complete rows',
  dropped: 'Left out, incomplete',
  training: 'Rows that train',
  heldOut: 'Held out to judge the model',
  uploaded: 'Uploaded',
  uploadedNone: '0 rows',
  stoppedEarly: 'Reading stopped early: nothing in the first rows could be used.',
  written: (encoding: FileEncoding, delimiter: string, header: boolean) =>
    `Read as ${ENCODINGS[encoding]}, cells separated by ${DELIMITERS[delimiter]}, ${header ? 'first line with names' : 'no line with names'}.`,

  findings: 'What to look at',
  blocks: 'Mend this',
  warns: 'Careful',
  findingTitle: (finding: Finding) => KINDS[finding.kind](finding.columnName ?? '', finding),
  meaning,
  place: ({ row, cell }: Finding): string | undefined =>
    row === undefined
      ? undefined
      : `First in data row ${formatCount(row)}${cell === undefined ? '' : `: ${quoted(cell)}`}.`,
  repairs: (title: string) => `Ways to mend: ${title}`,
  allReplacements: (count: number) => `Read all ${count} as suggested`,
  mendAll: (count: number) => `Mend all as suggested (${count} changes)`,
  undo: 'Take the last change back',
  readAs: 'Read it as',
  readAsCell: (cell: string) => `Read ${quoted(cell)} as`,
  apply: 'Apply',

  columns: 'Columns',
  columnsAbout: 'Which column of your file each column of the task is',
  taskColumn: 'The task needs',
  fileColumn: 'Column of your file',
  sampleCells: 'First cells',
  state: 'State',
  chooseColumn: 'Choose a column',
  fileColumnFor: (name: string) => `Column of your file for ${name}`,
  sourceName: (name: string, place: number) => (name === '' ? `Column ${place + 1}` : `${name} (${place + 1})`),
  stateFits: 'fits',
  stateFound: 'found',
  stateMissing: 'not found',
  stateProblems: (count: number) => `${formatCount(count)} to mend`,
  stateWarns: 'look at it',
  changed: {
    decimal: 'decimal commas',
    factor: (factor: number) => `× ${Number(factor.toPrecision(5))}`,
    replaced: (count: number) => plural(count, 'text replaced', 'texts replaced'),
    dropped: 'rows that do not fit are left out',
  },
  /** what a column may hold */
  expects: (column: ColumnSpec): string =>
    column.kind === 'number'
      ? `${formatCount(column.minimum)} to ${formatCount(column.maximum)}${column.unit === undefined ? '' : ` ${column.unit}`}`
      : column.categories.slice(0, 8).join(', ') + (column.categories.length > 8 ? ', …' : ''),
  label: 'the answer that the model learns',
  labelAbove: (bound: number) => `positive above ${formatCount(bound)}`,
  labelEquals: (texts: readonly string[]) => `positive when ${texts.slice(0, 6).join(', ')}`,

  preview: 'Distributions',
  previewAbout: 'Of the complete rows; shown here and nowhere else',
  chart: (name: string) => `Distribution of ${name}`,
  numberSummary: (low: number, high: number, mean: number, missing: number) =>
    `From ${low} to ${high}, average ${mean}; ${cells(missing)} without a value.`,
  categorySummary: (missing: number) => `${cells(missing)} without a value.`,
  binColumns: ['From', 'To', 'Rows'],
  categoryColumns: ['Value', 'Rows'],
  distributionFile: (name: string) => `distribution-${name.replace(/[^\p{L}\p{N}]+/gu, '-')}`,
  classes: { negative: 'negative', positive: 'positive' },
  firstRows: 'First rows, as they stand in the file',
  row: 'Row',

  repair: (repair: Repair, columnName: string, sourceName: string): string => {
    switch (repair.kind) {
      case 'map':
        return `Use “${sourceName}”`;
      case 'decimal':
        return repair.decimal === ',' ? 'Read 12,5 as 12.5' : 'Read 12.5 with a point';
      case 'scale': {
        const factor = `× ${Number(repair.factor.toPrecision(5))}`;
        return repair.unit === undefined ? `Convert: ${factor}` : `The file has ${repair.unit}: convert (${factor})`;
      }
      case 'replace':
        return `Read ${quoted(repair.from)} as ${quoted(repair.to)}`;
      case 'missing-mark':
        return repair.mark === '' ? 'Empty cells mean: no value' : `${quoted(repair.mark)} means: no value`;
      case 'drop-rows':
        return `Leave out rows where “${columnName}” does not fit`;
      case 'encoding':
        return `Read as ${ENCODINGS[repair.encoding]}`;
      case 'delimiter':
        return `Separate cells by ${DELIMITERS[repair.delimiter]}`;
      case 'header':
        return repair.header ? 'The first line has the names' : 'The first line is a row of data';
    }
  },

  at: (atMs: number) => new Date(atMs).toLocaleString('en-GB', { dateStyle: 'medium', timeStyle: 'short' }),

  library: {
    title: 'Your data',
    intro:
      'Files that were read in this browser. Only the columns that a task uses are kept, as numbers, and they never leave this browser.',
    sealed: 'Encrypted on this device',
    sealedText:
      'Rows lie encrypted under a key that this browser keeps and gives to nobody, not even to this page as text. It does not protect from someone who uses this browser as you do.',
    empty: 'Nothing is stored here',
    emptyText: 'When you read a file for a task, its rows are kept here, encrypted, until you forget them.',
    find: 'Find a task',
    size: 'Size, encrypted',
    columns: 'Columns',
    columnNames: 'Which columns',
    readAt: 'Read',
    uses: 'Used by',
    unused: 'No task has used these rows.',
    task: 'Task',
    since: 'Since',
    released: 'Sums released',
    spent: (count: number) =>
      `${plural(count, 'sum')} that these rows are part of ${count === 1 ? 'was' : 'were'} released, or may have been. A task without noise has no epsilon: what protects a row there is that only sums over several sites are ever seen.`,
    now: 'takes part now',
    activeNote: 'A tab of this browser takes part with these rows. Leave the task there before you forget them.',
    forget: 'Forget',
    forgetName: (fileName: string) => `Forget ${fileName}`,
    forgetTitle: (fileName: string) => `Forget ${fileName}?`,
    forgetText:
      'The rows are deleted from this browser. Your own file stays where it is. What was spent in tasks stays noted, so that reading the file again does not start anew.',
    everything: 'Forget everything',
    everythingAbout:
      'Rows, wallets and their keys, the ledger, and what was spent: all that this site stores in this browser.',
    everythingTitle: 'Forget everything of this site?',
    everythingText:
      'Wallets that were made in this browser are lost with what they hold, unless you exported them. Stakes of tasks that you take part in cannot be withdrawn any more. The ledger is deleted too. This cannot be undone.',
    forgotten: (fileName: string) => `${fileName} is forgotten.`,
  },
} as const;
