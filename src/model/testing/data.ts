/** Small data of every kind and target, for tests of models. */
import type { DataSpec, PicturesSpec, SeriesSpec, TextsSpec } from '../../protocol/data-spec.ts';

const table: DataSpec = {
  kind: 'table',
  columns: ['a', 'b', 'c', 'd', 'e'].map((name) => ({ kind: 'number', name, description: '', minimum: 0, maximum: 1 })),
  label: { name: 'y', description: '', positive: { above: 0 } },
  missingMarks: [],
  delimiter: ',',
  header: true,
  missingRule: 'drop-row',
};

const label = (classes: number): PicturesSpec['label'] => ({
  name: 'label',
  description: '',
  classes: Array.from({ length: classes }, (_, i) => ({ name: `class ${i}`, marks: [String(i)] })),
});

export const pictures = (side: number, classes: number): PicturesSpec => ({
  kind: 'pictures',
  height: side,
  width: side,
  channels: 1,
  label: label(classes),
});

const texts = (learn: TextsSpec['learn'], length = 12): TextsSpec => ({
  kind: 'texts',
  alphabet: 'abcdefgh .',
  lowerCase: true,
  length,
  delimiter: '\t',
  learn,
});

const series = (learn: SeriesSpec['learn']): SeriesSpec => ({
  kind: 'series',
  columns: ['wind', 'rain', 'heat'].map((name) => ({ kind: 'number', name, description: '', minimum: 0, maximum: 1 })),
  window: 6,
  stride: 1,
  missingMarks: [],
  delimiter: ',',
  learn,
});

export const DATA: Readonly<Record<string, DataSpec>> = {
  'a table': table,
  'pictures of 3 classes': pictures(8, 3),
  'pictures of 2 classes': pictures(9, 2),
  'texts of 3 classes': texts({ kind: 'class', label: label(3) }),
  'the next character': texts({ kind: 'next' }),
  'series above a value': series({ kind: 'above', name: 'ozone', description: '', above: 1 }),
  'the next value of a series': series({ kind: 'next', name: 'rain', description: '' }),
};
