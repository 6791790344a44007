import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../dataset/heart.ts';
import type { DataSpec } from '../protocol/data-spec.ts';
import { exampleOf } from './examples.ts';

const label = {
  name: 'kind',
  description: '',
  classes: [
    { name: 'a', marks: ['a'] },
    { name: 'b', marks: ['b'] },
  ],
};
const number = (name: string, maximum: number, unit: string) =>
  ({ kind: 'number', name, description: '', minimum: 0, maximum, unit }) as const;

describe('exampleOf', () => {
  it('turns places and one-hot categories back into cells', () => {
    const table = {
      ...heartTaskSpec().data,
      columns: [
        number('age', 100, 'years'),
        { kind: 'category', name: 'sex', description: '', categories: ['f', 'm'] },
      ],
    } as const satisfies DataSpec;
    expect(exampleOf(table, Float32Array.of(0.25, 1, 0, 0.63, 0, 1), 1)).toEqual({
      kind: 'table',
      cells: [
        { name: 'age', value: '63', unit: 'years' },
        { name: 'sex', value: 'm' },
      ],
    });
    expect(() => exampleOf(table, new Float32Array(3), 1)).toThrow('there is no row 1');
  });

  it('gives pixels, texts and sensors', () => {
    const pictures: DataSpec = { kind: 'pictures', height: 1, width: 2, channels: 1, label };
    expect(exampleOf(pictures, Float32Array.of(0, 1), 0)).toMatchObject({ pixels: Uint8ClampedArray.of(0, 255) });
    const texts: DataSpec = {
      kind: 'texts',
      alphabet: 'ab✓',
      lowerCase: true,
      length: 4,
      delimiter: ',',
      learn: { kind: 'next' },
    };
    expect(exampleOf(texts, Float32Array.of(3, 1, 2, 0), 0)).toEqual({ kind: 'texts', text: '✓ab' });
    const series: DataSpec = {
      kind: 'series',
      columns: [number('pm', 500, 'µg/m³'), number('wind', 10, 'm/s')],
      window: 2,
      stride: 1,
      missingMarks: [],
      delimiter: ',',
      learn: { kind: 'next', name: 'pm', description: '' },
    };
    expect(exampleOf(series, Float32Array.of(0.5, 0.25, 1, 0.5), 0)).toEqual({
      kind: 'series',
      sensors: [
        { name: 'pm', unit: 'µg/m³', values: Float32Array.of(250, 500) },
        { name: 'wind', unit: 'm/s', values: Float32Array.of(2.5, 5) },
      ],
    });
  });
});
