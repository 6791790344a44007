import { describe, expect, it } from 'vitest';
import { identifyingKind } from './identifying.ts';
import { editDistance, matchNames, nearNames } from './names.ts';

const wanted = [
  { name: 'age', description: 'Age', unit: 'years' },
  { name: 'trestbps', description: 'Resting blood pressure', unit: 'mmHg' },
  { name: 'chol', description: 'Serum cholesterol; 0 stands for not measured', unit: 'mg/dl' },
];

describe('matchNames', () => {
  it.each([
    [
      ['chol', 'age', 'trestbps'],
      [1, 2, 0],
    ],
    [
      [' AGE ', 'Chol (mmol/l)', 'TRESTBPS [mmHg]'],
      [0, 2, 1],
    ],
    [
      ['patient_age', 'Resting Blood Pressure', 'serum_cholesterol'],
      [0, 1, 2],
    ],
    [
      ['v1_age', 'v1_chol', 'v1_trestbps'],
      [0, 2, 1],
    ],
    [
      ['age_years', 'chol mg/dl', 'bp'],
      [0, undefined, 1],
    ],
    [
      ['age', 'Age', 'chol'],
      [0, undefined, 2],
    ],
    [
      ['age', 'age', 'chol'],
      [undefined, undefined, 2],
    ],
    [
      ['Age', 'AGE'],
      [undefined, undefined, undefined],
    ],
    [[], [undefined, undefined, undefined]],
  ])('matches %j', (names, places) => {
    expect(matchNames(wanted, names)).toEqual(places);
  });

  it('suggests what is near, best first', () => {
    const [, pressure, cholesterol] = wanted as [never, (typeof wanted)[0], (typeof wanted)[0]];
    expect(nearNames(cholesterol, ['cholest', 'col', 'chl', 'weight'], new Set())).toEqual([1, 2, 0]);
    expect(nearNames(pressure, ['blood_pressure', 'x'], new Set())).toEqual([0]);
    expect(nearNames(pressure, ['trestpbs'], new Set([0]))).toEqual([]);
  });
});

it.each([
  ['', '', 0],
  ['kitten', 'sitting', 3],
  ['trestbps', 'trestpbs', 1],
  ['abc', '', 3],
])('counts the edits from %j to %j', (a, b, edits) => {
  expect(editDistance(a, b)).toBe(edits);
});

describe('identifyingKind', () => {
  const many = (cell: (i: number) => string) => Array.from({ length: 40 }, (_, i) => cell(i));
  it.each([
    ['Patient Name', [], 'name'],
    ['Vorname', [], 'name'],
    ['prénom', [], 'name'],
    ['patientId', [], 'record-number'],
    ['MRN', [], 'record-number'],
    ['Geburtsdatum', [], 'birth-date'],
    ['date of birth', [], 'birth-date'],
    ['E-Mail', [], 'contact'],
    ['num', many((i) => String(i % 5)), undefined],
    ['age', many((i) => String(30 + ((7 * i) % 40))), undefined],
    ['a', many((i) => `person${i}@example.org`), 'contact'],
    ['a', many((i) => `+41 44 555 01 ${10 + i}`), 'contact'],
    ['a', many((i) => `${1930 + i}-03-14`), 'birth-date'],
    ['a', many(() => '2024-03-14'), undefined],
    ['a', many((i) => String(1000 + 3 * i)), 'record-number'],
    ['a', many((i) => `KSZ${990_017 - 13 * i}`), 'record-number'],
    [
      'a',
      many(
        (i) =>
          `Anna${'abcdefghijklmnopqrstuvwxyzabcdefghijklmnop'[i]} Meier${'abcdefghij'[i % 10]}${i > 20 ? 'x' : ''}`,
      ),
      'name',
    ],
    ['a', many((i) => (i / 7).toFixed(4)), undefined],
  ])('%s %#', (name, cells, kind) => {
    expect(identifyingKind(name, cells)).toBe(kind);
  });
});
