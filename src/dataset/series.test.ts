import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SeriesSpec } from '../protocol/data-spec.ts';
import { applyExamplesRepair, PLAIN_PLAN } from './examples-plan.ts';
import { readSeries } from './series.ts';
import { memoryFile } from './testing/files.ts';

const column = (name: string): SeriesSpec['columns'][number] => ({
  kind: 'number',
  name,
  description: '',
  minimum: 0,
  maximum: 10,
});
const data: SeriesSpec = {
  kind: 'series',
  columns: [column('a'), column('b')],
  window: 2,
  stride: 1,
  missingMarks: ['NA'],
  delimiter: ',',
  learn: { kind: 'next', name: 'b', description: '' },
};
const read = (text: string, more: Partial<SeriesSpec> = {}, size = 65_536, fraction = 0, plan = PLAIN_PLAN) =>
  readSeries(
    [memoryFile('air.csv', text, size)],
    { data: { ...data, ...more }, heldOut: { fraction, seed: 's' } },
    { plan },
  );
const tenths = (values: Iterable<number> = []) => [...values].map((value) => Math.round(10 * value));

describe('series', () => {
  const text = 'time,b,a\n0,5,0\n1,6,1\n2,7,2\n3,8,3\n';

  it('gives windows and the next value; worked by hand', async () => {
    for (const size of [1, 5, 1000]) {
      const { data: rows, report } = await read(text, {}, size);
      expect(rows).toMatchObject({ rows: 2, width: 4, labels: expect.any(Float32Array) });
      // a and b of lines 0 and 1, then of 1 and 2
      expect(tenths(rows?.features)).toEqual([0, 5, 1, 6, 1, 6, 2, 7]);
      expect(tenths(rows?.labels)).toEqual([7, 8]);
      expect(report).toMatchObject({ rows: 2, droppedRows: 0, findings: [], classes: [] });
    }
  });

  it('says of the last line of a window whether another column is above a value', async () => {
    const { data: rows, report } = await read(text, {
      columns: [column('a')],
      learn: { kind: 'above', name: 'b', description: '', above: 6 },
    });
    expect(tenths(rows?.features)).toEqual([0, 1, 1, 2, 2, 3]);
    expect(rows?.labels).toEqual(Uint8Array.of(0, 1, 1));
    expect(report.classes).toEqual([
      { name: 'no', count: 1 },
      { name: 'yes', count: 2 },
    ]);
  });

  it('moves by the stride and leaves out windows that touch a missing value', async () => {
    const lines = ['a,b', '0,0', '1,1', '2,2', '3,NA', '4,4', '5,5', '6,6', '7,7', '8,8'].join('\n');
    const { data: rows, report } = await read(lines, { stride: 2 });
    // Starts 0 (next is line 2), 2 (touches line 3), 4, 6
    expect(tenths(rows?.labels)).toEqual([2, 6, 8]);
    expect(report).toMatchObject({
      droppedRows: 1,
      findings: [{ kind: 'missing', severity: 'warns', count: 1, of: 4 }],
    });
    // A next value that is missing leaves its window out; the input columns alone decide about the others.
    expect((await read('a,b\n0,0\n1,1\n2,NA\n3,3\n')).report).toMatchObject({ rows: 0, droppedRows: 2 });
  });

  it('never spans two files', async () => {
    const files = [memoryFile('2.csv', 'a,b\n8,8\n9,9\n'), memoryFile('1.csv', text)];
    const { data: rows } = await readSeries(files, {
      data: { ...data, window: 1 },
      heldOut: { fraction: 0, seed: 's' },
    });
    expect(tenths(rows?.labels)).toEqual([6, 7, 8, 9]);
  });

  it('names columns and lines that do not fit', async () => {
    const { report } = await read('a;b\n1;2\n11;x\n3\n4;5\n', { window: 1 });
    expect(report.findings).toMatchObject([
      { kind: 'out-of-range', severity: 'blocks', name: 'a', example: '11', places: ['air.csv, line 3'] },
      { kind: 'not-a-number', severity: 'blocks', name: 'b', example: 'x' },
      { kind: 'short-row', severity: 'blocks', places: ['air.csv, line 4'] },
      { kind: 'no-rows', severity: 'blocks' },
      { kind: 'missing', severity: 'warns' },
    ]);
    expect(report.preview).toMatchObject({
      columns: [{ name: 'a', values: Float64Array.of(1, NaN, 3, 4) }, { name: 'b' }],
    });
  });

  it('takes a column under the name that the person says', async () => {
    const other = 'day,humidity,b\n0,1,5\n1,2,6\n2,NA,7\n3,4,8\n';
    const first = (await read(other, { columns: [{ ...column('a'), description: 'Humidity' }, column('b')] })).report;
    expect(first).toMatchObject({ rows: 1, findings: [{ kind: 'missing' }] });
    const second = (await read(other)).report;
    expect(second).toMatchObject({
      rows: 0,
      findings: [{ kind: 'unmapped', severity: 'blocks', name: 'a', count: 1, places: ['air.csv'], repairs: [] }],
      mapping: {
        columns: [
          { name: 'a', source: undefined },
          { name: 'b', source: 'b' },
        ],
        sources: [
          { name: 'day', samples: ['0', '1', '2', '3'] },
          { name: 'humidity', samples: ['1', '2', 'NA', '4'] },
          { name: 'b', samples: ['5', '6', '7', '8'] },
        ],
      },
    });
    const plan = applyExamplesRepair(second.plan, { kind: 'column', column: 'a', source: 'humidity' });
    const { data: rows, report } = await read(other, { window: 1 }, undefined, 0, plan);
    expect(tenths(rows?.features)).toEqual([1, 5, 2, 6]);
    expect(report.mapping?.columns[0]).toEqual({ name: 'a', source: 'humidity' });
  });

  it('suggests names that are near, and the order of a file of as many columns', async () => {
    const { report } = await read('alpha,bb\n1,2\n', { columns: [column('alpha1'), column('b')] });
    const repairs = Object.fromEntries(report.findings.map(({ name, repairs }) => [name, repairs]));
    expect(repairs).toEqual({
      alpha1: [{ kind: 'column', column: 'alpha1', source: 'alpha' }],
      b: [{ kind: 'column', column: 'b', source: 'bb' }],
    });
  });

  it('finds the columns of every file anew, and never takes one twice', async () => {
    const plan = { ...PLAIN_PLAN, columns: { a: 'wind' } };
    const spec = { data: { ...data, window: 1 }, heldOut: { fraction: 0, seed: 's' } };
    const files = [memoryFile('1.csv', 'wind,b\n1,2\n3,4\n'), memoryFile('2.csv', 'b,x,wind\n6,0,5\n8,0,7\n')];
    const { data: rows } = await readSeries(files, spec, { plan });
    expect(tenths(rows?.features)).toEqual([1, 2, 5, 6]);
    // The person says that b is a; then nothing is left that b could be.
    const { report } = await readSeries([memoryFile('1.csv', 'a,b\n1,2\n')], spec, {
      plan: { ...PLAIN_PLAN, columns: { a: 'b' } },
    });
    expect(report.findings).toMatchObject([{ kind: 'unmapped', name: 'b' }]);
    // One of the files lacks it, and one has it twice.
    const lacking = await readSeries(
      [...files, memoryFile('3.csv', 'b\n1\n'), memoryFile('4.csv', 'b,wind,wind\n1\n')],
      spec,
      {
        plan,
      },
    );
    expect(lacking.report.findings[0]).toMatchObject({
      kind: 'unmapped',
      name: 'a',
      count: 2,
      places: ['3.csv', '4.csv'],
    });
    expect(lacking.report.mapping?.columns[0]).toEqual({ name: 'a', source: undefined });
  });

  it('asks for the column of the label, too', async () => {
    const { report } = await read('a,pm\n1,2\n', {
      columns: [column('a')],
      learn: { kind: 'above', name: 'b', description: '', above: 6 },
    });
    expect(report.findings).toMatchObject([
      { kind: 'unmapped', name: 'b', repairs: [{ kind: 'column', source: 'pm' }] },
    ]);
  });

  it.each([
    ['', 'air.csv is empty'],
    ['1,2\n3,4\n', 'air.csv has no line that names its columns'],
  ])('refuses %j', async (file, message) => {
    await expect(read(file)).rejects.toMatchObject({ code: 'bad-input', message });
  });

  it('keeps a preview of a long series short', async () => {
    const lines = Array.from({ length: 5000 }, (_, i) => `${i % 10},1`);
    const { report } = await read(['a,b', ...lines].join('\n'));
    const [first] = report.preview.kind === 'series' ? report.preview.columns : [];
    expect(first?.values.length).toBeGreaterThanOrEqual(200);
    expect(first?.values.length).toBeLessThan(400);
  });
});

it('has as many windows as lines allow', async () => {
  const size = fc.integer({ min: 1, max: 6 });
  await fc.assert(
    fc.asyncProperty(fc.nat(20), size, size, async (lines, window, stride) => {
      const text = ['a,b', ...Array.from({ length: lines }, () => '1,2')].join('\n');
      const { report } = await read(text, { window, stride });
      expect(report.rows).toBe(Math.max(0, Math.floor((lines - window - 1) / stride) + 1));
    }),
  );
});
