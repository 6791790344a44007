import { expect, it } from 'vitest';
import { readText } from '../../dataset/testing/read-text.ts';
import { heartTaskSpec } from '../../dataset/heart.ts';
import { binRows, blockingCount, firstSuggestions, mappingRows, replacementsOf } from './data-view.ts';

const schema = heartTaskSpec().data;
const names = 'age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,num\n';
const row = (i: number) => `${41 + (i % 30)},${i % 2 ? 'male' : 'female'},1,130,"2,3",0,0,150,0,1.${i % 10},${i % 3}`;
const text = names + Array.from({ length: 60 }, (_, i) => row(i)).join('\n');
const { report } = readText(text, schema);

it('shows each column of the task with its state', () => {
  const rows = mappingRows(schema, report);
  expect(rows).toHaveLength(11);
  expect(rows[0]).toMatchObject({ name: 'age', state: 'fits', source: { name: 'age', place: 0 } });
  expect(rows[1]).toMatchObject({ name: 'sex', state: 'problems', problems: 60 });
  expect(rows[10]).toMatchObject({ name: 'num', spec: undefined, state: 'fits' });
  expect(blockingCount(report)).toBe(2);
  const lost = readText(text.replace('age', 'x'), schema).report;
  expect(mappingRows(schema, lost)[0]).toMatchObject({ state: 'missing', source: undefined });
});

it('takes all replacements of a column as one suggestion, and never leaves rows out by itself', () => {
  const sex = report.findings.find(({ columnName }) => columnName === 'sex');
  expect(sex && replacementsOf(sex)).toHaveLength(2);
  expect(firstSuggestions(report).map(({ kind }) => kind)).toEqual(['replace', 'replace', 'decimal']);
  const odd = readText(text.replace('41,', 'old,'), schema).report;
  expect(firstSuggestions(odd)).toHaveLength(3);
});

it('writes bins as a table', () => {
  expect(binRows({ kind: 'number', name: 'x', missing: 0, minimum: 0, maximum: 1, mean: 0.4, bins: [3, 1] })).toEqual([
    [0, 0.5, 3],
    [0.5, 1, 1],
  ]);
});
