import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TableSpec } from '../protocol/task-spec.ts';
import type { FileReport, Finding } from './file-report.ts';
import { heartTaskSpec } from './heart.ts';
import { planFor } from './plan-for.ts';
import { HOPELESS_ROWS, ReadingPass } from './reading.ts';
import type { Repair } from './reading-plan.ts';
import { applyRepair } from './repair.ts';
import { isReady } from './report.ts';
import { joinRows } from './split.ts';
import { cut, endsWell, headOf, readText, repaired } from './testing/read-text.ts';

const schema: TableSpec = {
  kind: 'table',
  columns: [
    { kind: 'number', name: 'weight', description: 'Weight', unit: 'kg', minimum: 2, maximum: 200 },
    { kind: 'number', name: 'chol', description: 'Serum cholesterol', unit: 'mg/dl', minimum: 50, maximum: 700 },
    { kind: 'category', name: 'sex', description: '0 woman, 1 man', categories: ['0', '1'] },
    { kind: 'category', name: 'city', description: '', categories: ['Zürich', 'Basel'] },
  ],
  label: { name: 'ill', description: '', positive: { equals: ['yes'] } },
  missingMarks: [''],
  delimiter: ',',
  header: true,
  missingRule: 'drop-row',
};
const header = 'ill,weight,chol,sex,city\n';
const rows = (count: number, row: (i: number) => string) => Array.from({ length: count }, (_, i) => row(i)).join('\n');
const good = (i: number) =>
  `${i % 3 === 0 ? 'yes' : 'no'},${60 + (i % 30)},${180 + ((7 * i) % 50)},${i % 2},${i % 2 ? 'Zürich' : 'Basel'}`;
const find = ({ findings }: FileReport, id: string): Finding | undefined =>
  findings.find((finding) => finding.id === id);
const first = (report: FileReport, id: string): Repair => find(report, id)?.repairs[0] as Repair;

describe('a file that fits', () => {
  const text = header + rows(50, good);

  it('is ready at once, with counts and distributions', () => {
    const { report, pass } = readText(text, schema);
    expect(report.findings).toEqual([]);
    expect(isReady(report)).toBe(true);
    expect(report).toMatchObject({ rows: 50, droppedRows: 0, trainRows: 40, heldOutRows: 10, stoppedEarly: false });
    expect(pass.positives).toBe(17);
    const [weight, , sex, , ill] = report.profiles;
    expect(weight).toMatchObject({ kind: 'number', minimum: 60, maximum: 89, missing: 0 });
    expect(weight?.kind === 'number' && weight.bins.reduce((sum, count) => sum + count, 0)).toBe(50);
    expect(sex).toMatchObject({
      counts: [
        { category: '0', count: 25 },
        { category: '1', count: 25 },
      ],
    });
    expect(ill).toMatchObject({
      counts: [
        { category: 'negative', count: 33 },
        { category: 'positive', count: 17 },
      ],
    });
    expect(report.sources.map(({ name }) => name)).toEqual(['ill', 'weight', 'chol', 'sex', 'city']);
    expect(report.head[0]).toEqual(['yes', '60', '180', '0', 'Basel']);
  });

  it.each([
    ['semicolons', text.replaceAll(',', ';')],
    ['tabs', text.replaceAll(',', '\t')],
    ['Windows line ends', text.replaceAll('\n', '\r\n')],
    ['old Macintosh line ends', text.replaceAll('\n', '\r')],
    ['a byte order mark', `\uFEFF${text}`],
    ['another order, case and spaces', text.replace(header, 'ILL , Weight [kg],CHOL,Sex,City\n')],
    ['quoted cells with line ends', text.replaceAll('Basel', '" Basel\n"')],
    ['empty lines', text.replaceAll('\n', '\n\n')],
  ])('is ready with %s', (_, other) => {
    const wanted = readText(text, schema);
    const { report, pass } = readText(other, schema);
    expect(report.findings).toEqual([]);
    expect(joinRows(pass.blocks)).toEqual(joinRows(wanted.pass.blocks));
  });

  it('gives the same rows however it is cut', () => {
    const odd = text.replaceAll('Basel', '"Basel"').replaceAll('\n', '\r\n');
    const whole = readText(odd, schema);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 97 }), (size) => {
        const { pass, report } = readText(odd, schema, whole.plan, cut(odd, size));
        expect(pass.blocks).toEqual(whole.pass.blocks);
        expect(report).toEqual(whole.report);
      }),
      { numRuns: 40 },
    );
  });

  it('comes in blocks of the same number of rows', () => {
    const heard: number[] = [];
    const plan = planFor(schema, headOf(text));
    const pass = new ReadingPass(schema, plan, { rows: 20, onBlock: (block) => heard.push(block.rows) });
    pass.push(text);
    expect(heard).toEqual([20, 20]);
    expect(pass.end().blocks).toEqual([]);
    expect(heard).toEqual([20, 20, 10]);
  });
});

describe('a finding', () => {
  it('names the unit, and its repair mends it', () => {
    const text = header + rows(40, (i) => good(i).replace(/,\d{3},/u, `,${(4 + i / 20).toFixed(2)},`));
    const { report, plan } = readText(text, schema);
    expect(find(report, 'out-of-range:1')).toMatchObject({
      row: 1,
      cell: '4.00',
      count: 40,
      columnName: 'chol',
      severity: 'blocks',
    });
    expect(first(report, 'out-of-range:1')).toEqual({ kind: 'scale', column: 1, factor: 38.67, unit: 'mmol/l' });
    const again = repaired(text, schema, plan, first(report, 'out-of-range:1'));
    expect(again.report.findings).toEqual([]);
    expect(again.report.profiles[1]).toMatchObject({ minimum: 154.68 });
  });

  it('suggests decimal commas', () => {
    const text =
      header.replaceAll(',', ';') +
      rows(40, (i) =>
        good(i)
          .replaceAll(',', ';')
          .replace(/;(\d+);/u, ';$1,5;'),
      );
    const { report, plan } = readText(text, schema);
    expect(plan.delimiter).toBe(';');
    expect(find(report, 'not-a-number:0')).toMatchObject({ row: 1, cell: '60,5', count: 40 });
    expect(first(report, 'not-a-number:0')).toEqual({ kind: 'decimal', column: 0, decimal: ',' });
    const again = repaired(text, schema, plan, first(report, 'not-a-number:0'));
    expect(again.report.findings).toEqual([]);
    expect(again.report.profiles[0]).toMatchObject({ minimum: 60.5 });
  });

  it('suggests what other texts of categories mean', () => {
    const text =
      header +
      rows(40, (i) =>
        good(i)
          .replace(/,([01]),/u, (_, sex) => (sex === '1' ? ',M,' : ',female,'))
          .replace('Basel', 'basel '),
      );
    const { report, plan } = readText(text, schema);
    expect(find(report, 'unknown-category:2')?.repairs).toEqual([
      { kind: 'replace', column: 2, from: 'female', to: '0' },
      { kind: 'replace', column: 2, from: 'M', to: '1' },
    ]);
    expect(first(report, 'unknown-category:3')).toEqual({ kind: 'replace', column: 3, from: 'basel', to: 'Basel' });
    const replacements = report.findings.flatMap(({ repairs }) => repairs.filter(({ kind }) => kind === 'replace'));
    expect(repaired(text, schema, plan, ...replacements).report.findings).toEqual([]);
  });

  it('suggests marks of missing values, but none that is a value elsewhere', () => {
    const text =
      header +
      rows(40, (i) =>
        i % 4 === 0 ? good(i).replace(/,\d+,/u, ',n/a,') : good(i).replace(/,\d{3},/u, i % 7 ? '$&' : ',-9,'),
      );
    const { report, plan } = readText(text, schema);
    expect(first(report, 'not-a-number:0')).toEqual({ kind: 'missing-mark', mark: 'n/a' });
    expect(first(report, 'out-of-range:1')).toEqual({ kind: 'missing-mark', mark: '-9' });
    const again = repaired(text, schema, plan, first(report, 'not-a-number:0'), first(report, 'out-of-range:1'));
    expect(again.report.findings).toEqual([]);
    expect(again.report.rows + again.report.droppedRows).toBe(40);
    expect(again.report.profiles[0]?.missing).toBe(10);
    const elsewhere =
      header + rows(40, (i) => (i < 3 ? good(i).replace(/,\d{3},/u, ',9,') : good(i)).replace(/,6\d,/u, ',9,'));
    const repairs = find(readText(elsewhere, schema).report, 'out-of-range:1')?.repairs;
    expect(repairs).toEqual([{ kind: 'drop-rows', column: 1 }]);
  });

  it('drops rows where the person says so', () => {
    const text =
      header + rows(40, (i) => (i === 7 ? good(i).replace(/,\d+,/u, ',heavy,') : i === 9 ? 'yes,70' : good(i)));
    const { report, plan } = readText(text, schema);
    expect(find(report, 'not-a-number:0')).toMatchObject({ row: 8, cell: 'heavy', count: 1 });
    expect(find(report, 'short-row:3')).toMatchObject({ row: 10, cell: 'yes,70', count: 1 });
    expect(report.rows).toBe(38);
    const drops: Repair[] = [
      { kind: 'drop-rows', column: 0 },
      { kind: 'drop-rows', column: 3 },
    ];
    expect(repaired(text, schema, plan, ...drops).report).toMatchObject({ findings: [], rows: 38, droppedRows: 2 });
  });

  it('says which column the file lacks, and what is near', () => {
    const text = (header + rows(40, good)).replace('weight', 'wieght').replace('ill', 'outcome');
    const { report, plan } = readText(text, schema);
    expect(first(report, 'unmapped:0')).toEqual({ kind: 'map', column: 0, source: 1 });
    expect(find(report, 'unmapped:4')).toMatchObject({ columnName: 'ill', severity: 'blocks' });
    expect(report.trainRows).toBe(0);
    const maps: Repair[] = [first(report, 'unmapped:0'), { kind: 'map', column: 4, source: 0 }];
    expect(repaired(text, schema, plan, ...maps).report).toMatchObject({ findings: [], rows: 40 });
  });

  it('says that nothing can be learnt from one class, and why', () => {
    const text = (header + rows(40, good)).replaceAll('yes', 'Yes');
    const { report, plan } = readText(text, schema);
    expect(find(report, 'one-class:4')).toMatchObject({
      severity: 'blocks',
      repairs: [{ kind: 'replace', column: 4, from: 'Yes', to: 'yes' }],
    });
    expect(repaired(text, schema, plan, first(report, 'one-class:4')).report.findings).toEqual([]);
    const alike = readText((header + rows(40, good)).replaceAll(/^(?:yes|no),/gmu, 'yes,'), schema).report;
    expect(alike.findings).toMatchObject([{ kind: 'one-class', severity: 'warns', repairs: [] }]);
  });

  it('warns of another unit that fits the range, too', () => {
    const wide: TableSpec = {
      ...schema,
      columns: schema.columns.map((column) => (column.kind === 'number' ? { ...column, minimum: 0 } : column)),
    };
    const text = header + rows(40, (i) => good(i).replace(/,\d{3},/u, `,${(4 + i / 20).toFixed(2)},`));
    const { report } = readText(text, wide);
    expect(report.findings).toMatchObject([{ kind: 'another-unit', severity: 'warns', column: 1 }]);
    expect(first(report, 'another-unit:1')).toMatchObject({ factor: 38.67, unit: 'mmol/l' });
    const named = readText((header + rows(40, good)).replace('chol', 'chol (mmol/l)'), schema).report;
    expect(first(named, 'another-unit:1')).toMatchObject({ factor: 38.67 });
  });

  it('warns of columns that look as if they named people, used or not', () => {
    const text = header.replace('\n', ',Patient name\n') + rows(40, (i) => `${good(i)},x`);
    const { report } = readText(text, schema);
    expect(report.findings).toMatchObject([
      { kind: 'identifying', severity: 'warns', identifying: 'name', columnName: 'Patient name' },
    ]);
    expect(report.findings[0]?.column).toBeUndefined();
    expect(report.trainRows).toBe(32);
  });

  it('tells of characters that the encoding does not have', () => {
    const { report } = readText((header + rows(40, good)).replaceAll('ü', '\uFFFD'), schema);
    expect(find(report, 'undecodable')).toMatchObject({ count: 20, row: 2, cell: 'Z\uFFFDrich' });
    expect(first(report, 'undecodable')).toEqual({ kind: 'encoding', encoding: 'windows-1252' });
  });

  it('mends a wrong delimiter and a header line that was taken for data', () => {
    const text = header + rows(40, good);
    const base = planFor(schema, headOf(text));
    const wrong = applyRepair(base, { kind: 'delimiter', delimiter: ';' });
    const { report } = readText(text, schema, wrong);
    const short = report.findings.find(({ kind }) => kind === 'short-row');
    expect(short?.repairs[0]).toEqual({ kind: 'delimiter', delimiter: ',' });
    expect(repaired(text, schema, wrong, short?.repairs[0] as Repair).report.findings).toEqual([]);
    const noHeader = readText(text, schema, applyRepair(base, { kind: 'header', header: false })).report;
    expect(first(noHeader, 'not-a-number:0')).toEqual({ kind: 'header', header: true });
  });
});

describe('a file that is no use', () => {
  it.each([
    ['', 'no-rows'],
    [header, 'no-rows'],
    ['a,b\n1,2\n3,4', 'unmapped'],
  ])('%j says why', (text, kind) => {
    const { report } = readText(text, schema);
    expect(isReady(report)).toBe(false);
    expect(report.findings.map((finding) => finding.kind)).toContain(kind);
  });

  it('is given up early', () => {
    const text = header + rows(HOPELESS_ROWS + 500, (i) => good(i).replace(/,\d+,/u, ',heavy,'));
    const { report, pass } = readText(text, schema, undefined, cut(text, 100_000));
    expect(report).toMatchObject({ stoppedEarly: true, rows: 0, profiles: [] });
    expect(pass.seenRows).toBe(HOPELESS_ROWS);
  });

  it.each([
    ['a line without end', 'x'.repeat(1_200_000), 'never ends'],
    ['binary bytes behind the first ones', `${header}${rows(9, good)}\0`, 'no text'],
    ['an open quotation mark', `${header}${rows(9, good)}\n"yes,1`, 'record 11'],
  ])('%s is an error', (_, text, message) => {
    expect(() => readText(text, schema)).toThrow(message);
  });
});

describe('files without a header line', () => {
  const heart = heartTaskSpec().data;
  const line =
    '63.0,1.0,1.0,145.0,233.0,1.0,2.0,150.0,0.0,2.3,3.0,0.0,6.0,0\n67.0,1.0,4.0,160.0,286.0,0.0,2.0,108.0,1.0,1.5,2.0,3.0,3.0,2\n';

  it('are read by position', () => {
    expect(readText(line, heart).report).toMatchObject({ findings: [], rows: 2 });
  });

  it('are read by name when there are names after all', () => {
    const names = 'age,sex,cp,trestbps,chol,fbs,restecg,thalach,exang,oldpeak,slope,ca,thal,num\n';
    const { report, plan } = readText(names + line, heart);
    expect(report).toMatchObject({ findings: [], rows: 2 });
    expect(plan.header).toBe(true);
    const turned = (names + line).replaceAll(/^([^,\n]+),([^,\n]+),/gmu, '$2,$1,');
    expect(readText(turned, heart).plan.columns[0]?.source).toBe(1);
  });
});

it('never fails but with a typed error, and every repair leads on', () => {
  const odd = [
    'yes',
    'no',
    '70',
    '70,5',
    '5.2',
    'M',
    'NA',
    '-9',
    '"',
    '""',
    ',',
    ';',
    '\n',
    '\r',
    '\uFFFD',
    '1e309',
    '__proto__',
  ];
  const texts = fc.tuple(
    fc.array(fc.oneof(fc.constantFrom(...odd), fc.string()), { maxLength: 60 }),
    fc.constantFrom(',', ';', '\n'),
    fc.constantFrom(header, ''),
  );
  const mendAll = (text: string) => {
    let { report, plan } = readText(text, schema);
    for (let turn = 0; turn < 5; turn++) {
      const repairs = report.findings.flatMap((finding) => finding.repairs.slice(0, 1));
      ({ report, plan } = repaired(text, schema, plan, ...repairs));
    }
    return report;
  };
  fc.assert(
    fc.property(texts, ([cells, glue, named]) => endsWell(() => mendAll(named + cells.join(glue)))),
    { numRuns: 300 },
  );
});
