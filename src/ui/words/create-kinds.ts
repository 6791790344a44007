/** Texts of the part of the form that says what is learnt of pictures, texts and sensor readings, and what all kinds have in common. */
import type { LabelPlace } from '../../dataset/infer-classes.ts';
import type { DamagedPictures } from '../../dataset/infer-pictures.ts';
import type { InferredTime } from '../../dataset/infer-series.ts';
import type { TextsSpec } from '../../protocol/data-spec.ts';
import { formatCount } from '../format.ts';
import { plural } from './plural.ts';

export const learnWords = {
  title: '2. What is learnt',
  about: 'all of it becomes public',
  name: 'Title',
  nameHint: 'What people see in the list of tasks.',
  description: 'Description',
  descriptionHint: 'What it is for, and who should join.',
  labelName: 'What the classes say',
  labelNameHint: 'A word for it, such as diagnosis or kind of message.',
  labelDescription: 'In a sentence',
  classes: 'Classes',
  classesHint:
    'As your files write them. Give each a name that people understand; leave out what is not to be told apart.',
  useClass: (mark: string) => `Tell apart “${mark}”`,
  className: (mark: string) => `Name of “${mark}”`,
  classCount: (count: number) => plural(count, 'example'),
  sample: 'Your sample as the model would see it',
  sampleHint: 'Reads your files as every site will read its own, with what you entered above. They stay here.',
  sampleRead: 'Show it',
  sampleReading: 'Reading…',
  sampleCounts: (rows: number, dropped: number) =>
    `${plural(rows, 'example')} can be learnt from; ${dropped === 0 ? 'none' : formatCount(dropped)} left out.`,
} as const;

const PLACES: Readonly<Record<LabelPlace, string>> = {
  folder: 'The class is the name of the folder that a picture lies in.',
  array: 'The classes stand in an array beside the pictures.',
  'first-cell': 'Every line is a picture; its class stands in the first cell.',
  'last-cell': 'Every line is a picture; its class stands in the last cell.',
};

export const picturesWords = {
  found: (width: number, height: number, mixed: boolean) =>
    `Your pictures have ${mixed ? 'several sizes, most of them' : ''} ${width} x ${height} pixels.`,
  damaged: ({ count, of, first }: DamagedPictures) =>
    `${plural(count, 'file')} of the ${of} that were looked at cannot be read as a picture: ${first.join('; ')}${count > first.length ? ' and others' : ''}. Copy them again, save them anew as PNG or JPEG, or leave them out. Damaged files teach nothing, and every site is told of its own.`,
  place: (place: LabelPlace) => PLACES[place],
  size: 'Pictures of another size are scaled to this one. Large ones take long to train.',
  width: 'Width',
  height: 'Height',
  pixels: 'pixels',
  channels: 'Colours',
  channelChoices: { '1': 'Grey', '3': 'Red, green and blue' },
  pixelMaximum: 'Pixel value that is white',
  pixelMaximumHint: 'In files of numbers. Empty: 255, as in picture files.',
} as const;

const SEPARATORS: Readonly<Record<TextsSpec['delimiter'], string>> = {
  ',': 'commas',
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
  ' ': 'spaces',
};

export const textsWords = {
  lines: (delimiter: TextsSpec['delimiter'], place: number) =>
    `One text a line, in cell ${place + 1}; cells are separated by ${SEPARATORS[delimiter]}.`,
  running: 'One running text. It has no classes, so what can be learnt is which character comes next.',
  learn: 'What is to be learnt',
  learns: {
    class: { label: 'Which class a text is of', about: 'Such as spam or not.' },
    next: { label: 'Which character comes next', about: 'Again and again, this writes texts of the same kind.' },
  },
  length: 'Characters of an example',
  lengthHint: {
    class: 'What is longer is cut. Nine of ten texts of your sample fit into the first guess.',
    next: 'How far back the model looks. Longer pieces take longer to train.',
  },
  lowerCase: 'Read capitals as small letters',
  alphabet: 'Characters that are told apart',
  alphabetHint:
    'All others are read as one sign. The list becomes public; characters that are rare in your sample are left out of the guess.',
  alphabetCount: (count: number) => plural(count, 'character'),
  lineEnds: 'Line ends are characters, too',
} as const;

/** A distance in time in its largest whole unit. */
function stepWords(seconds: number): string {
  const UNITS = [
    [86_400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ] as const;
  const [size, unit] = UNITS.find(([length]) => seconds % length === 0) ?? [1, 'second'];
  return plural(seconds / size, unit);
}

function timeWords({ names, stepSeconds, gaps, backwards }: InferredTime): string {
  const step = stepSeconds === undefined ? '' : `, mostly ${stepWords(stepSeconds)} apart`;
  const gap = gaps === 0 ? 'No reading is missing in between.' : `In ${plural(gaps, 'place')} readings are missing.`;
  const back =
    backwards === 0 ? '' : ` ${plural(backwards, 'line')} not in the order of time: sort the file before you use it.`;
  return `The time stands in ${names.join(', ')}${step}. ${gap}${back}`;
}

export const seriesWords = {
  time: (time: InferredTime | undefined) =>
    time === undefined ? 'No column tells the time: lines must be in the order of time.' : timeWords(time),
  order: 'A window never spans two files, and one that touches a missing value is left out.',
  sensors: 'Sensors to learn from',
  sensorsHint: 'Every site must have these columns. Ranges say what a value can be at all; they become public.',
  use: (name: string) => `Use ${name}`,
  missingCells: (count: number) => (count === 0 ? '' : `${plural(count, 'reading')} missing in the sample.`),
  examples: (values: readonly string[]) => (values.length === 0 ? '' : `For example ${values.join(', ')}.`),
  unit: 'Unit',
  minimum: 'Smallest possible',
  maximum: 'Largest possible',
  window: 'Readings of an example',
  windowHint: 'How far back the model looks.',
  windowSpan: (readings: number, stepSeconds: number) => `That is ${stepWords(readings * stepSeconds)}.`,
  stride: 'Readings between two examples',
  strideHint: '1 makes an example of every moment; more makes fewer that have less in common.',
  learn: 'What is to be learnt',
  learns: {
    next: { label: 'The next value of a sensor', about: 'A forecast one reading ahead.' },
    above: {
      label: 'Whether a sensor is above a limit',
      about: 'Told from the other sensors; the sensor itself is no input then.',
    },
  },
  target: 'Which sensor',
  targetDescription: 'What it says',
  above: 'Above which value',
} as const;
