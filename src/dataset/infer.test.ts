import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { type Inferred, InferPass } from './infer.ts';
import { cut, endsWell, headOf } from './testing/read-text.ts';

function infer(text: string, size = 1000): Inferred {
  const pass = new InferPass(headOf(text));
  for (const piece of cut(text, size)) pass.push(piece);
  return pass.end('a.csv');
}

it('finds kinds, round ranges, categories, marks and the label', () => {
  const rows = Array.from(
    { length: 60 },
    (_, i) =>
      `P${100_000 + 7 * i},${41 + (i % 30)},${i % 2 ? 'm' : 'f'},${(3.1 + i / 30).toFixed(2)},${i % 9 ? i % 3 : 'NA'},note ${i},${i % 4 ? 'no' : 'yes'}`,
  );
  const { columns, ...inferred } = infer(`id,age,sex,chol (mmol/l),grade,remark,outcome\n${rows.join('\n')}`);
  expect(inferred).toMatchObject({ delimiter: ',', header: true, rows: 60, missingMarks: ['NA'], likelyLabel: 6 });
  expect(columns.map(({ column }) => column)).toEqual([
    undefined,
    { kind: 'number', name: 'age', description: '', minimum: 0, maximum: 100 },
    { kind: 'category', name: 'sex', description: '', categories: ['f', 'm'] },
    { kind: 'number', name: 'chol (mmol/l)', description: '', unit: 'mmol/l', minimum: 0, maximum: 10 },
    { kind: 'category', name: 'grade', description: '', categories: ['0', '1', '2'] },
    undefined,
    { kind: 'category', name: 'outcome', description: '', categories: ['no', 'yes'] },
  ]);
  expect(columns[0]?.identifying).toBe('record-number');
  expect(columns[4]?.missing).toBe(7);
  expect(columns[6]?.values).toEqual(['no', 'yes']);
});

it('infers from a file without a header line', async () => {
  const text = await readFile(new URL('../../public/data/heart/processed.cleveland.data', import.meta.url), 'utf8');
  const { header, rows, columns, likelyLabel, missingMarks } = infer(text);
  expect({ header, rows, likelyLabel, missingMarks }).toEqual({
    header: false,
    rows: 303,
    likelyLabel: 13,
    missingMarks: ['?'],
  });
  expect(columns[0]?.column).toMatchObject({ kind: 'number', minimum: 0, maximum: 100 });
  expect(columns[2]?.column).toMatchObject({ categories: ['1', '2', '3', '4'] });
});

it('never fails but with a typed error, whatever the text', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(fc.string(), fc.constantFrom('\n', ',', '"', '1', 'NA')), { maxLength: 80 }),
      (parts) => endsWell(() => infer(parts.join(''), 7)),
    ),
  );
});
