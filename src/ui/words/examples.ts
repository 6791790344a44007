/** Texts about a person's own pictures, texts and sensor readings. */
import type { ExampleFinding } from '../../dataset/example-report.ts';
import type { ExampleFindingKind } from '../../dataset/examples-plan.ts';
import type { ExamplesRepair } from '../../dataset/examples-plan.ts';
import type { DataKind } from '../../protocol/data-spec.ts';
import { formatCount, formatPercent } from '../format.ts';
import { plural } from './plural.ts';

type ExampleKind = Exclude<DataKind, 'table'>;

/** One and several examples of each kind. */
const NOUNS: Readonly<Record<ExampleKind, readonly [string, string]>> = {
  pictures: ['picture', 'pictures'],
  texts: ['text', 'texts'],
  series: ['window', 'windows'],
};

const examples = (kind: ExampleKind, count: number) => plural(count, NOUNS[kind][0], NOUNS[kind][1]);
const were = (count: number) => (count === 1 ? 'was' : 'were');

const TITLES: Readonly<Record<ExampleFindingKind, (finding: ExampleFinding, kind: ExampleKind) => string>> = {
  unmapped: ({ count, name = '' }) =>
    `“${name}” is no column of ${count === 1 ? 'your file' : `${formatCount(count)} of your files`}`,
  'unknown-class': ({ count }, kind) => `${examples(kind, count)} of a class that the task does not have`,
  unreadable: ({ count }) => `${plural(count, 'file')} that cannot be read as a picture`,
  'out-of-range': ({ count, name }) =>
    `${name === undefined ? '' : `“${name}”: `}${plural(count, 'value')} outside the range`,
  'not-a-number': ({ count, name }) =>
    `${name === undefined ? '' : `“${name}”: `}${plural(count, 'cell')} ${count === 1 ? 'is not a number' : 'are not numbers'}`,
  'short-row': ({ count }) => `${plural(count, 'line')} with another number of cells`,
  empty: ({ count }) => `${plural(count, 'line')} without a text`,
  undecodable: ({ count }) => `${plural(count, 'text')} with characters that cannot be read`,
  scaled: ({ count }) => `${plural(count, 'picture')} of another size`,
  cut: ({ count }) => `${plural(count, 'text')} longer than the model reads`,
  'unknown-characters': ({ count, of }) =>
    `${formatPercent(count / of)} of all characters are not in the task’s alphabet`,
  duplicates: ({ count }, kind) => `${examples(kind, count)} ${were(count)} there before`,
  contradictions: ({ count }, kind) => `${examples(kind, count)} ${were(count)} there before under another class`,
  missing: ({ count, of }) => `${formatCount(count)} of ${plural(of, 'window')} touch a missing value`,
  'absent-class': ({ name = '' }) => `No example of “${name}”`,
  'one-class': ({ name = '' }) => `“${name}”: all examples say the same`,
  'no-rows': (_, kind) => `Not one of the ${NOUNS[kind][1]} can be used`,
  'too-many-rows': () => 'More examples than a task takes',
};

const MEANINGS: Readonly<Record<ExampleFindingKind, string>> = {
  unmapped:
    'The task needs it. If your file has it under another name, choose that; if the first line holds no names, write them there.',
  'unknown-class': 'They are left out. The class is the name of the folder, or stands beside the example.',
  unreadable:
    'They are left out: cut off, damaged, or of another kind than their names say. Copy them again, or save them anew as PNG or JPEG.',
  'out-of-range': 'What holds such a value is left out. A wrong unit, or another scale of pixels, is the usual reason.',
  'not-a-number': 'What holds such a cell is left out. Numbers are written like 12 or 12.5.',
  'short-row': 'They are left out. Perhaps lines are broken, or cells are separated by another sign.',
  empty: 'They are left out.',
  undecodable: 'They are left out. The file was saved in another character encoding.',
  scaled:
    'They are scaled to the size of the task. One of another shape is squeezed into it, unless you have only its middle taken.',
  cut: 'Only the beginning is read.',
  'unknown-characters': 'The model reads all of them as one and the same sign.',
  duplicates: 'Each counts once. A copy would be learnt by heart and then judged as if it were new.',
  contradictions: 'Only the first one counts.',
  missing: 'They are left out: a window counts when all its values are known.',
  'absent-class': 'Your model learns this class from the others only.',
  'one-class':
    'From examples that all have the same answer, a model learns nothing by itself; together with others it may.',
  'no-rows': 'Look at what is said about single files and lines, or choose other files.',
  'too-many-rows': 'Leave some out and choose the files again.',
};

const BLOCKED: Partial<Readonly<Record<ExampleFindingKind, string>>> = {
  'unknown-characters': 'That is too much for this task: it was made for another language or script.',
};

const CHOICES: Readonly<
  Record<ExampleKind, { readonly files: string; readonly drop: string; readonly accept: string }>
> = {
  pictures: {
    files: 'Choose files…',
    drop: 'or drop them here: a zip with a folder a class, IDX or npz arrays with their labels, a table of pixels',
    accept: '.png,.jpg,.jpeg,.zip,.npz,.npy,.gz,.csv,.tsv,.txt,.idx,.ubyte,image/png,image/jpeg',
  },
  texts: {
    files: 'Choose files…',
    drop: 'or drop them here: one text a line, packed with gzip or not, or Parquet',
    accept: '.txt,.tsv,.csv,.gz,.parquet,text/plain,text/csv,text/tab-separated-values',
  },
  series: {
    files: 'Choose files…',
    drop: 'or drop them here: a CSV with a line of names and one reading a line, packed with gzip or not, or Parquet',
    accept: '.csv,.tsv,.txt,.gz,.parquet,text/csv,text/plain,text/tab-separated-values',
  },
};

export const exampleWords = {
  files: (count: number) => plural(count, 'file'),
  choices: CHOICES,
  folder: 'Choose a folder…',
  folderAbout: 'or drop it here: with a folder of PNG or JPEG files for each class',
  ready: (fileName: string) => `${fileName}: ready`,
  notReady: (fileName: string) => `${fileName}: cannot be used as it is`,
  counted: { pictures: 'Pictures', texts: 'Texts', series: 'Windows' } satisfies Readonly<Record<ExampleKind, string>>,
  dropped: 'Left out',
  training: 'Train the model',
  heldOut: 'Held out to judge the model',
  split: {
    byClass: 'Of every class the same share is held out, by a rule that gives the same examples every time.',
    byChance: 'Which ones are held out follows from a rule that gives the same examples every time.',
    byTime:
      'Held out is the end of the series: a model must foretell what comes later. Windows that reach over the border are left out.',
  },
  findingTitle: (finding: ExampleFinding, kind: ExampleKind) => TITLES[finding.kind](finding, kind),
  meaning: ({ kind, severity }: ExampleFinding) => {
    const blocked = severity === 'blocks' ? BLOCKED[kind] : undefined;
    return blocked === undefined ? MEANINGS[kind] : `${MEANINGS[kind]} ${blocked}`;
  },
  place: ({ places, example }: ExampleFinding): string | undefined => {
    if (places.length === 0) return undefined;
    return `First: ${places.join('; ')}${example === undefined || example === '' ? '' : ` (“${example}”)`}.`;
  },
  repairs: (title: string) => `Ways to deal with: ${title}`,
  repair: (repair: ExamplesRepair): string => {
    switch (repair.kind) {
      case 'column':
        return `Use “${repair.source}”`;
      case 'class':
        return `Read “${repair.from}” as another class`;
      case 'fit':
        return repair.fit === 'middle' ? 'Take only the middle, undistorted' : 'Squeeze the whole picture in';
      case 'accept':
        return repair.finding === 'unknown-characters' ? 'Read them as one sign all the same' : 'Go on without them';
    }
  },
  blocks: 'Not usable',
  warns: 'Careful',
  findings: 'What to look at',
  nothingFound: 'Everything fits the task.',
  classes: 'Examples of each class',
  classColumns: ['Class', 'Examples'],
  classSummary: (count: number) => `${plural(count, 'example')} in all.`,
  classFile: 'classes',
  preview: {
    pictures: 'Some of them, as the model sees them',
    texts: 'Some of them, as the model reads them',
    series: 'Readings over the whole time',
  } satisfies Readonly<Record<ExampleKind, string>>,
  previewAbout: 'Shown here and nowhere else.',
  line: (name: string, unit: string | undefined) => (unit === undefined ? name : `${name} in ${unit}`),
  lineSummary: (low: string, high: string) => `From ${low} to ${high}.`,
} as const;
