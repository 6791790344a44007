import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MurmurError } from '../core/errors.ts';
import type { TableSpec } from '../protocol/task-spec.ts';
import { type TableData, encodeFeatures, encodeRow, featureNames, parseTable } from './table.ts';

const data: TableSpec = {
  kind: 'table',
  columns: [
    { kind: 'number', name: 'weight', description: '', unit: 'kg', minimum: 0, maximum: 200 },
    { kind: 'category', name: 'colour', description: '', categories: ['red', 'green', 'dark, blue'] },
  ],
  label: { name: 'ill', description: '', positive: { equals: ['yes', '1'] } },
  missingMarks: ['', 'NA'],
  delimiter: ',',
  header: true,
  missingRule: 'drop-row',
};
const header = 'ill,extra,colour,weight\n';

describe('parseTable', () => {
  it('finds columns by name, reads quoted cells, drops and counts rows with missing marks', async () => {
    const table = await parseTable(
      `\uFEFF${header}yes,x,"dark, blue",50\nno,,red,NA\n1.0,"two\nlines",green, 100 \nno,NA,red,0`,
      data,
    );
    expect(table.rows).toBe(3);
    expect(table.droppedRows).toBe(1);
    expect(Array.from(table.labels)).toEqual([1, 1, 0]);
    const { features, width } = encodeFeatures(table, data);
    expect(width).toBe(4);
    expect(Array.from(features)).toEqual([0.25, 0, 0, 1, 0.5, 0, 1, 0, 0, 1, 0, 0]);
  });

  it.each([
    ['yes,,red,heavy', 'row 1, column weight: "heavy" is not a number'],
    ['yes,,red,1\nno,,red,201', 'row 2, column weight: "201" is outside 0 to 200'],
    ['yes,,pink,1', 'row 1, column colour: "pink" is none of the categories'],
    ['yes,,NA,1\nyes,,red', 'row 2, column weight: the row has only 3 cells'],
    ['yes,,red,0x10', 'row 1, column weight: "0x10" is not a number'],
    ['', 'the file has no complete row (0 have missing values)'],
  ])('says which cell of %j is wrong', async (rows, message) => {
    await expect(parseTable(header + rows, data)).rejects.toMatchObject({ code: 'bad-input', message });
  });

  it('says which columns the header lacks or has twice', async () => {
    await expect(parseTable('ill,colour\nyes,red', data)).rejects.toMatchObject({
      message: 'the file has no column weight',
    });
    await expect(parseTable('ill,colour,weight,weight\nyes,red,1,1', data)).rejects.toMatchObject({
      message: 'the file has two columns weight',
    });
    await expect(parseTable('', data)).rejects.toMatchObject({ message: 'the file is empty' });
  });

  it('never fails but with a typed error', async () => {
    const cell = fc.oneof(
      fc.constantFrom('yes', 'red', '1', 'NA', '"', '""', ',', '\n', '\r', '-', '1e309'),
      fc.string(),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(cell), fc.boolean(), async (cells, named) => {
        const text = [named ? header : '', ...cells];
        const outcome = await parseTable(text, data).catch((error: unknown) => error);
        expect(outcome instanceof MurmurError || (outcome as TableData).labels.length > 0).toBe(true);
      }),
      { numRuns: 300 },
    );
  });
});

it('encodes a single row as the table does', () => {
  expect(Array.from(encodeRow([' 50', 'green'], data))).toEqual([0.25, 0, 1, 0]);
  expect(() => encodeRow(['50', 'pink'], data)).toThrow('column colour');
  expect(featureNames(data)).toEqual(['weight', 'colour=red', 'colour=green', 'colour=dark, blue']);
});
