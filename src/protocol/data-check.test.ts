import { expect, it } from 'vitest';
import { EXAMPLES } from '../dataset/examples/index.ts';
import { mnistTaskSpec } from '../dataset/examples/pictures.ts';
import { airTaskSpec, forecastTaskSpec } from '../dataset/examples/series.ts';
import { smsTaskSpec } from '../dataset/examples/texts.ts';
import { dataTrouble } from './data-check.ts';
import type { DataSpec } from './data-spec.ts';

it.each(EXAMPLES)('finds nothing wrong with $id', ({ spec }) => {
  expect(dataTrouble(spec().data)).toBeUndefined();
});

const pictures = mnistTaskSpec().data;
const texts = smsTaskSpec().data;
const air = airTaskSpec().data;
const forecast = forecastTaskSpec().data;
const [zero, one] = pictures.label.classes as [{ name: string; marks: string[] }, { name: string; marks: string[] }];

it.each<[string, DataSpec, string, string]>([
  ['a large example', { ...pictures, height: 256, width: 256, channels: 3 }, '', '196608 numbers'],
  [
    'a mark of two classes',
    { ...pictures, label: { ...pictures.label, classes: [zero, { ...one, marks: ['0'] }] } },
    'label.classes.1',
    '"0" means the class 0',
  ],
  [
    'two classes of one name',
    { ...pictures, label: { ...pictures.label, classes: [zero, { ...one, name: '0' }] } },
    'label.classes.1',
    '"0"',
  ],
  ['a character twice', { ...texts, alphabet: 'aba' }, 'alphabet', '"a" stands twice'],
  ['capitals that are never read', { ...texts, alphabet: 'abC' }, 'alphabet', '"C" never occurs'],
  [
    'a column twice',
    { ...air, columns: [...air.columns, ...air.columns.slice(0, 1)] },
    'columns.9.name',
    'SO2 is taken',
  ],
  [
    'an empty range',
    { ...air, columns: air.columns.map((column) => ({ ...column, maximum: column.minimum })) },
    'columns.0.maximum',
    'above the minimum',
  ],
  [
    'a forecast of nothing',
    { ...forecast, learn: { ...forecast.learn, name: 'NO2' } },
    'learn.name',
    'no column is called NO2',
  ],
  ['an answer among the inputs', { ...air, learn: { ...air.learn, name: 'SO2' } }, 'learn.name', 'SO2 is an input'],
])('finds %s', (_, data, path, message) => {
  expect(dataTrouble(data)).toEqual([path, expect.stringContaining(message)]);
});
