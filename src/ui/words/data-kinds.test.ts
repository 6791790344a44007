import { expect, it } from 'vitest';
import { EXAMPLES } from '../../dataset/examples/index.ts';
import { columnsOf, formOf, inputsOf, learntOf } from './data-kinds.ts';

it.each(EXAMPLES)('tells what $id learns, and from what', ({ spec }) => {
  const { data } = spec();
  const { name, description, note } = learntOf(data);
  for (const text of [name, description, note, inputsOf(data)]) expect(text).toMatch(/\S/);
  expect(columnsOf(data).length > 0 || formOf(data) !== undefined).toBe(true);
});

it('is said in plain words', () => {
  const of = (id: string) => {
    const data = EXAMPLES.find((example) => example.id === id)?.spec().data;
    if (data === undefined) throw new Error(id);
    return [inputsOf(data), learntOf(data).note, formOf(data)];
  };
  expect(of('pneumonia')).toEqual([
    'From pictures of 28 x 28 pixels, grey',
    'One of 2: normal, pneumonia.',
    'Pictures of another size are scaled. The same picture counts once.',
  ]);
  expect(of('forecast')).toEqual(['From 8 readings in a row of 6 sensors', 'A value from 0 to 1000 µg/m³.', undefined]);
});
