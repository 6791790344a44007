import fc from 'fast-check';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { linePath, tableCsv } from './chart-data.ts';

const box = { left: 10, top: 0, width: 100, height: 50 };

describe('linePath', () => {
  it('puts the range on the box, y upwards', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 1, y: 1 },
      { x: 2, y: 0.5 },
    ];
    expect(linePath(points, box, { x: [0, 2], y: [0, 1] })).toBe('M10.0 50.0L60.0 0.0L110.0 25.0');
  });

  it('draws a single value in the middle, and nothing of nothing', () => {
    expect(linePath([{ x: 3, y: 7 }], box, { x: [3, 3], y: [7, 7] })).toBe('M60.0 25.0');
    expect(linePath([], box, { x: [0, 1], y: [0, 1] })).toBe('');
  });
});

describe('tableCsv', () => {
  it('is read back by a parser, whatever the cells hold', () => {
    const text = fc.string().filter((value) => !/^[=+\-@\t]/.test(value) && !/[\r\n]/.test(value));
    fc.assert(
      fc.property(fc.array(fc.tuple(text, fc.integer()), { minLength: 1 }), (rows) => {
        const { data } = Papa.parse<string[]>(tableCsv(['name', 'count'], rows).trimEnd(), { delimiter: ',' });
        expect(data).toEqual([['name', 'count'], ...rows.map(([name, count]) => [name, String(count)])]);
      }),
    );
  });

  it('lets no spreadsheet run a cell', () => {
    expect(tableCsv(['a'], [['=1+1'], [-3]])).toBe("a\r\n'=1+1\r\n-3\r\n");
  });
});
