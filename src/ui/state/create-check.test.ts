/** From a sample file's columns and what was typed to a task spec, for files of several shapes, at every bound, and for any allowed entry. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planTask } from '../../../workers/plan-task.ts';
import { roundLayout, trainingParts } from '../../aggregation/layouts.ts';
import { HEART_SITES } from '../../dataset/heart.ts';
import { type InferredColumn, InferPass } from '../../dataset/infer.ts';
import type { InferredTable } from '../../dataset/infer-data.ts';
import { parseTable } from '../../dataset/table.ts';
import { checkTaskParameters, taskParameters } from '../../protocol/task-parameters.ts';
import type { ServerKind } from '../../protocol/server-spec.ts';
import { weightCount } from '../../protocol/task-spec.ts';
import { MAX_ROWS } from '../../protocol/limits.ts';
import { tableOf } from '../../protocol/target.ts';
import { checkForm } from './create-check.ts';
import type { Problem } from './create-entries.ts';
import { type CreateForm, type ModelId, startForm } from './create-form.ts';
import { chooseLabel, type TableForm, usedColumns } from './create-table.ts';
import { fieldName, problemWords } from '../words/create-problems.ts';
import type { AlgorithmId, ScheduleId } from './create-training.ts';

const number = (name: string, place: number, more: Partial<InferredColumn> = {}): InferredColumn => ({
  name,
  place,
  samples: [],
  missing: 0,
  column: { kind: 'number', name, description: '', minimum: 11, maximum: 88 },
  values: [],
  ...more,
});
const category = (name: string, place: number, values: readonly string[], more = {}): InferredColumn => ({
  name,
  place,
  samples: [],
  missing: 0,
  column: { kind: 'category', name, description: '', categories: [...values] },
  values,
  ...more,
});
const text = (name: string, place: number, more = {}): InferredColumn => ({
  ...number(name, place, more),
  column: undefined,
});

/** Header, semicolons, categories: the shape of bank-marketing. */
const BANK: InferredTable = {
  kind: 'table',
  fileName: 'bank.csv',
  delimiter: ';',
  header: true,
  missingMarks: ['unknown'],
  rows: 4119,
  likelyLabel: 3,
  columns: [
    number('age', 0),
    category('job', 1, ['admin.', 'blue-collar', 'technician']),
    number('emp.var.rate', 2),
    category('y', 3, ['no', 'yes']),
  ],
};

/** No header, commas, numbers that are categories, a label of several values, a name and a record number. */
const CLINIC: InferredTable = {
  kind: 'table',
  fileName: 'clinic.data',
  delimiter: ',',
  header: false,
  missingMarks: ['?', ''],
  rows: 303,
  likelyLabel: 4,
  columns: [
    category('column 1', 0, ['Miller', 'Jones'], { identifying: 'name' }),
    text('column 2', 1, { identifying: 'record-number' }),
    number('column 3', 2, { values: ['1.0', '2.0', '3.0'] }),
    category('column 4', 3, ['0', '1']),
    category('column 5', 4, ['0', '2', '1', '3', '4']),
  ],
};

/** A form over a table. */
type TableTaskForm = CreateForm & { data: TableForm };
const formFor = (file: InferredTable, id = 'seed', before?: CreateForm) => startForm(file, id, before) as TableTaskForm;

const bank = (): TableTaskForm => {
  const form = formFor(BANK);
  form.title = 'Deposits';
  Object.assign(form.data.columns[0] ?? {}, { minimum: '18', maximum: '100', unit: 'years' });
  Object.assign(form.data.columns[2] ?? {}, { minimum: '-10', maximum: '10' });
  return form;
};
const problemsOf = (form: CreateForm): Record<string, Problem> => Object.fromEntries(checkForm(form).problems);
const draftOf = async (form: CreateForm) => {
  const { problems, wish } = checkForm(form);
  expect(Object.fromEntries(problems)).toEqual({});
  if (wish === undefined) throw new Error('no wish');
  const { trouble, spec } = await planTask(wish);
  expect(trouble).toBeUndefined();
  if (spec === undefined) throw new Error('no spec');
  return { spec, wish };
};
const specOf = async (form: CreateForm) => {
  const { spec } = await draftOf(form);
  return { ...spec, data: tableOf(spec.data) };
};

describe('a sample file', () => {
  it('with a header becomes a schema that reads it', async () => {
    const { data } = await specOf(bank());
    expect(data).toEqual({
      kind: 'table',
      columns: [
        { kind: 'number', name: 'age', description: '', unit: 'years', minimum: 18, maximum: 100 },
        { kind: 'category', name: 'job', description: '', categories: ['admin.', 'blue-collar', 'technician'] },
        { kind: 'number', name: 'emp.var.rate', description: '', minimum: -10, maximum: 10 },
      ],
      label: { name: 'y', description: '', positive: { equals: ['yes'] } },
      missingMarks: ['unknown'],
      delimiter: ';',
      header: true,
      missingRule: 'drop-row',
    });
    const file =
      '"age";"job";"emp.var.rate";"y"\n30;"admin.";-1.8;"no"\n44;"technician";1.1;"yes"\n50;"unknown";1;"no"\n';
    expect(await parseTable(file, data)).toMatchObject({ rows: 2, droppedRows: 1, labels: Uint8Array.of(0, 1) });
  });

  it('gives no range away, and leaves out what may name a person', () => {
    const form = formFor(CLINIC);
    expect(form.data.columns.map(({ minimum, maximum }) => minimum + maximum).join('')).toBe('');
    expect(usedColumns(form.data).map(({ index }) => index)).toEqual([2, 3]);
    expect(form.data.columns.map(({ kinds }) => kinds)).toEqual([
      ['category'],
      [],
      ['number', 'category'],
      ['category', 'number'],
      ['category', 'number'],
    ]);
  });

  it('without a header is read by places, and a label may be above a number', async () => {
    const form = formFor(CLINIC);
    form.title = 'Clinic';
    form.data.columns[2] = { ...(form.data.columns[2] as TableForm['columns'][0]), minimum: '0', maximum: '9' };
    expect(problemsOf(form)).toEqual({ positives: { kind: 'no-positive' } });
    form.data.labelBy = 'above';
    form.data.above = '0';
    const { data } = await specOf(form);
    expect(data).toMatchObject({
      header: false,
      missingMarks: ['?', ''],
      columns: [{ position: 2 }, { position: 3, categories: ['0', '1'] }],
      label: { position: 4, positive: { above: 0 } },
    });
    const table = await parseTable('Miller,1,2.0,1,3\nJones,2,3.0,0,0\nJones,3,,0,0\n', data);
    expect(table).toMatchObject({ rows: 2, droppedRows: 1, labels: Uint8Array.of(1, 0) });
  });

  it('that is exchanged for another keeps what does not describe it', () => {
    const form = bank();
    form.rounds = '33';
    const next = formFor(CLINIC, 'other', form);
    expect(next).toMatchObject({ title: 'Deposits', rounds: '33', id: 'other', data: { header: false, label: '4' } });
  });

  it('may have its label chosen anew; free text can be none and stays out', () => {
    const form = bank();
    chooseLabel(form.data, '1');
    expect(form.data).toMatchObject({ labelBy: 'equals', positives: [] });
    chooseLabel(form.data, '0');
    expect(form.data).toMatchObject({ labelBy: 'above' });
    chooseLabel(form.data, '');
    expect(problemsOf(form)).toMatchObject({ label: { kind: 'no-label' } });
  });
});

/** As the worker infers it. */
function inferred(fileName: string, file: string): InferredTable {
  const pass = new InferPass({ text: file, whole: true });
  pass.push(file);
  return { kind: 'table', ...pass.end(fileName) };
}

/** The form of a file with wide ranges and a title. */
function formOf(fileName: string, file: string): TableTaskForm {
  const form = formFor(inferred(fileName, file));
  form.title = fileName;
  for (const column of form.data.columns) Object.assign(column, { minimum: '-10000', maximum: '10000' });
  return form;
}

describe('real files', () => {
  it.each(HEART_SITES)('of $name: the schema reads the file that it came from', async ({ file }) => {
    const text = readFileSync(`public/data/heart/${file}`, 'utf8');
    const form = formOf(file, text);
    const label = form.data.columns.findIndex(({ place }) => place === 13);
    chooseLabel(form.data, String(label));
    form.data.labelBy = 'above';
    form.data.above = '0';
    // The columns of the known task; the others are nearly empty at some sites.
    for (const column of form.data.columns) column.use = column.kinds.length > 0 && column.place < 5;
    const { data } = await specOf(form);
    const table = await parseTable(text, data);
    expect(table.rows + table.droppedRows).toBe(inferred(file, text).rows);
    expect(table.rows).toBeGreaterThan(40);
  });

  it('of a bank: header, semicolons, quoted words and an answer of yes or no', async () => {
    const lines = Array.from({ length: 60 }, (_, i) => {
      const job = ['blue-collar', 'services', 'admin.'][i % 3];
      return `${30 + (i % 40)};"${job}";"${i % 7 === 0 ? 'unknown' : 'married'}";${100 + ((37 * i) % 45)};${-1.8 + (i % 5)};"${i % 4 === 0 ? 'yes' : 'no'}"`;
    });
    const text = ['"age";"job";"marital";"duration";"emp.var.rate";"y"', ...lines].join('\n');
    const form = formOf('bank.csv', text);
    expect(form.data.columns[Number(form.data.label)]?.name).toBe('y');
    expect(form.data.positives).toEqual(['yes']);
    const { data } = await specOf(form);
    expect(data.columns.map(({ name }) => name)).toEqual(['age', 'job', 'duration', 'emp.var.rate']);
    expect(await parseTable(text, data)).toMatchObject({ rows: 60, droppedRows: 0 });
  });

  it('of messages: free text can neither be learnt from nor predicted, and that is said', () => {
    const lines = Array.from(
      { length: 50 },
      (_, i) => `${i % 5 === 0 ? 'spam' : 'ham'}\tMessage ${i} with words of its own`,
    );
    const form = formOf('sms.tsv', lines.join('\n'));
    expect(problemsOf(form)).toMatchObject({ columns: { kind: 'no-columns' } });
  });
});

describe('what is wrong', () => {
  const cases: readonly [string, Partial<CreateForm & TableForm>, Problem][] = [
    ['title', { title: ' ' }, { kind: 'missing' }],
    ['title', { title: 'x'.repeat(121) }, { kind: 'too-long', most: 120 }],
    ['description', { description: 'x'.repeat(4001) }, { kind: 'too-long', most: 4000 }],
    ['labelDescription', { labelDescription: 'x'.repeat(501) }, { kind: 'too-long', most: 500 }],
    ['positives', { positives: [] }, { kind: 'no-positive' }],
    ['positives', { positives: ['yes', 'no'] }, { kind: 'all-positive' }],
    ['above', { labelBy: 'above' }, { kind: 'missing' }],
    ['missingMarks', { missingMarks: 'x'.repeat(33) }, { kind: 'many-marks' }],
    ['missingMarks', { missingMarks: Array.from({ length: 33 }, (_, i) => i).join() }, { kind: 'many-marks' }],
    ['rounds', { rounds: '' }, { kind: 'missing' }],
    ['rounds', { rounds: '0' }, { kind: 'outside', least: 1, most: 10_000 }],
    ['rounds', { rounds: '10001' }, { kind: 'outside', least: 1, most: 10_000 }],
    ['epochs', { epochs: '2.5' }, { kind: 'not-whole' }],
    ['epochs', { epochs: '1001' }, { kind: 'outside', least: 1, most: 1000 }],
    ['batchSize', { batchSize: 'many' }, { kind: 'not-a-number' }],
    ['batchSize', { batchSize: '65537' }, { kind: 'outside', least: 1, most: 65_536 }],
    ['learningRate', { learningRate: '0,1' }, { kind: 'not-a-number' }],
    ['learningRate', { learningRate: '0' }, { kind: 'outside', least: 0.000_001, most: 10 }],
    ['heldOutPercent', { heldOutPercent: '91' }, { kind: 'outside', least: 5, most: 90 }],
    ['minCohort', { minCohort: '2' }, { kind: 'outside', least: 3, most: 16 }],
    ['minCohort', { minCohort: '17' }, { kind: 'outside', least: 3, most: 16 }],
    ['maxCohort', { maxCohort: '129' }, { kind: 'outside', least: 3, most: 128 }],
    ['serverRate', { serverRate: '11' }, { kind: 'outside', least: 0.000_001, most: 10 }],
    ['l2', { l2: '-1' }, { kind: 'outside', least: 0, most: 10 }],
    ['noiseMultiplier', { noise: 'user', noiseMultiplier: '0' }, { kind: 'outside', least: 0.01, most: 1000 }],
    ['samplingPercent', { noise: 'records', samplingPercent: '101' }, { kind: 'outside', least: 0.001, most: 100 }],
    ['algorithm', { noise: 'user', algorithm: 'scaffold' }, { kind: 'noise-algorithm' }],
    ['algorithm', { noise: 'records', algorithm: 'fednova' }, { kind: 'noise-algorithm' }],
    ['rowCap', { rowCap: '0' }, { kind: 'outside', least: 1, most: MAX_ROWS }],
    ['joinSeconds', { joinSeconds: '0' }, { kind: 'outside', least: 1, most: 2_592_000 }],
    ['phaseSeconds', { phaseSeconds: '2592001' }, { kind: 'outside', least: 1, most: 2_592_000 }],
    ['stake', { stake: '-1' }, { kind: 'not-an-amount' }],
    ['pool', { pool: '1.0000000000000000001' }, { kind: 'not-an-amount' }],
    ['pool', { pool: '' }, { kind: 'missing' }],
  ];
  it.each(cases)('with %s of %o is told where it is', (field, change, problem) => {
    const form = bank();
    for (const [name, value] of Object.entries(change))
      Object.assign(name in form.data ? form.data : form, { [name]: value });
    expect(problemsOf(form)).toEqual({ [field]: problem });
  });

  const columnCases: readonly [string, number, Partial<TableForm['columns'][0]>, Problem][] = [
    ['name', 0, { name: '' }, { kind: 'missing' }],
    ['name', 2, { name: 'age' }, { kind: 'name-taken' }],
    ['name', 2, { name: 'y' }, { kind: 'name-taken' }],
    ['name', 0, { name: 'x'.repeat(65) }, { kind: 'too-long', most: 64 }],
    ['unit', 0, { unit: 'x'.repeat(33) }, { kind: 'too-long', most: 32 }],
    ['minimum', 0, { minimum: '' }, { kind: 'missing' }],
    ['minimum', 0, { minimum: '-2e12' }, { kind: 'outside', least: -1e12, most: 1e12 }],
    ['maximum', 0, { maximum: '18' }, { kind: 'not-above-minimum' }],
    ['categories', 1, { categories: 'one' }, { kind: 'few-categories' }],
    ['categories', 1, { categories: '1\n1.0' }, { kind: 'same-category' }],
    ['categories', 1, { categories: `a\n${'x'.repeat(65)}` }, { kind: 'long-category' }],
    ['categories', 1, { categories: Array.from({ length: 257 }, (_, i) => i).join('\n') }, { kind: 'many-categories' }],
  ];
  it.each(columnCases)('with %s of column %i is told there', (field, index, change, problem) => {
    const form = bank();
    Object.assign(form.data.columns[index] ?? {}, change);
    expect(problemsOf(form)).toEqual({ [`columns.${index}.${field}`]: problem });
  });

  it('with no column at all, or too many features, is told at the columns', () => {
    const form = bank();
    for (const column of form.data.columns) column.use = false;
    expect(problemsOf(form)).toEqual({ columns: { kind: 'no-columns' } });
    const categories = Array.from({ length: 256 }, (_, i) => `c${i}`);
    const wide = {
      ...BANK,
      likelyLabel: 17,
      columns: Array.from({ length: 17 }, (_, i) => category(`c${i}`, i, categories)),
    };
    const many = formFor({ ...wide, columns: [...wide.columns, category('y', 17, ['no', 'yes'])] });
    many.title = 'Wide';
    expect(problemsOf(many)).toEqual({ columns: { kind: 'many-features', count: 4352, most: 4096 } });
  });
});

describe('how it trains', () => {
  const trainedBy = async (change: Partial<CreateForm>) => {
    const { training, server } = await specOf({ ...bank(), ...change });
    return { ...training, server: server.kind };
  };

  it('is what it always was when nothing is changed', async () => {
    expect(await trainedBy({})).toEqual({
      rounds: 12,
      epochs: 5,
      batchSize: 512,
      learningRate: 0.1,
      optimiser: 'sgd',
      l2: 0.01,
      server: 'fedadam',
    });
  });

  it.each<[string, Partial<CreateForm>, object]>([
    ['steps', { workBy: 'steps', steps: '30', epochs: '' }, { steps: 30 }],
    ['FedProx', { algorithm: 'fedprox', mu: '0.5' }, { algorithm: { kind: 'fedprox', mu: 0.5 } }],
    ['SCAFFOLD', { algorithm: 'scaffold', sites: '40' }, { algorithm: { kind: 'scaffold', sites: 40 } }],
    ['FedNova', { algorithm: 'fednova' }, { algorithm: { kind: 'fednova' } }],
    [
      'a budget of time',
      { algorithm: 'fednova', budgetSeconds: '20' },
      { algorithm: { kind: 'fednova', budgetSeconds: 20 } },
    ],
    ['a warm-up', { warmUp: '2' }, { schedule: { kind: 'constant', warmUp: 2 } }],
    ['halving', { schedule: 'step', halfEvery: '3' }, { schedule: { kind: 'step', warmUp: 0, every: 3, factor: 0.5 } }],
    ['a cosine', { schedule: 'cosine' }, { schedule: { kind: 'cosine', warmUp: 0, floor: 0.01 } }],
    ['patience', { patience: '3' }, { earlyStop: { patience: 3, least: 0 } }],
    ['momentum', { server: 'fedavgm' }, { server: 'fedavgm' }],
  ])('takes %s', async (_, change, expected) => {
    expect(await trainedBy(change)).toMatchObject(expected);
  });

  it.each<[string, Partial<CreateForm>, Problem]>([
    ['steps', { workBy: 'steps', steps: '0' }, { kind: 'outside', least: 1, most: 100_000 }],
    ['mu', { algorithm: 'fedprox', mu: 'strong' }, { kind: 'not-a-number' }],
    ['sites', { algorithm: 'scaffold', sites: '2.5' }, { kind: 'not-whole' }],
    ['budgetSeconds', { algorithm: 'fednova', budgetSeconds: '0.5' }, { kind: 'outside', least: 1, most: 86_400 }],
    ['warmUp', { warmUp: '12' }, { kind: 'outside', least: 0, most: 11 }],
    ['halfEvery', { schedule: 'step', halfEvery: '' }, { kind: 'missing' }],
    ['patience', { patience: '3', release: 'off' }, { kind: 'needs-scores' }],
  ])('tells what is wrong with %s', (field, change, problem) => {
    expect(problemsOf({ ...bank(), ...change })).toEqual({ [field]: problem });
    expect(problemWords(problem)).toMatch(/\.$/);
    expect(fieldName(field, String)).not.toBe(field);
  });

  it('does not look at entries that are not asked for', () => {
    expect(problemsOf({ ...bank(), mu: '', sites: '', steps: '', halfEvery: '' })).toEqual({});
  });
});

describe('any task that the form allows', () => {
  const whole = (min: number, max: number) => fc.oneof(fc.integer({ min, max }), fc.constantFrom(min, max)).map(String);
  const entries = fc.record({
    model: fc.constantFrom<ModelId>('logistic', 'mlp', '2nn'),
    rounds: whole(1, 10_000),
    workBy: fc.constantFrom('epochs' as const, 'steps' as const),
    epochs: whole(1, 1000),
    steps: whole(1, 100_000),
    server: fc.constantFrom<ServerKind>('fedavg', 'fedavgm', 'fedadagrad', 'fedadam', 'fedyogi'),
    algorithm: fc.constantFrom<AlgorithmId>('fedavg', 'fedprox', 'scaffold', 'fednova'),
    budgetSeconds: fc.constantFrom('', '2.5'),
    schedule: fc.constantFrom<ScheduleId>('constant', 'step', 'cosine'),
    batchSize: whole(1, 65_536),
    learningRate: fc.oneof(
      fc.constantFrom('0.000001', '10', '1e-3'),
      fc.double({ min: 1e-6, max: 10, noNaN: true }).map(String),
    ),
    heldOutPercent: whole(5, 90),
    maxCohort: whole(3, 128),
    rowCap: whole(1, MAX_ROWS),
    joinSeconds: whole(1, 2_592_000),
    phaseSeconds: whole(1, 2_592_000),
    stake: fc.constantFrom('0', '0.5', '99999999999999999999.999999999999999999'),
    release: fc.constantFrom('exact' as const, 'off' as const),
    retry: fc.constantFrom('strict' as const, 'accept' as const),
  });

  it('has a spec that checks, a layout that cannot wrap, an update that fits its rounding, and parameters that the contract takes', async () => {
    await fc.assert(
      fc.asyncProperty(entries, fc.nat(), async (more, least) => {
        const minCohort = 3 + (least % (Number(more.maxCohort) - 2));
        const { spec, wish } = await draftOf({ ...bank(), ...more, minCohort: String(minCohort) });
        for (const step of [0, 1, spec.training.rounds + 1]) roundLayout(spec, step);
        const delta = new Float32Array(weightCount(spec)).fill(1e9);
        const { length } =
          roundLayout({ ...spec, evaluation: { bins: 20, release: 'exact' } }, 1).find(
            ({ purpose }) => purpose === 'evaluation',
          ) ?? {};
        const evaluation = new Float64Array(length ?? 0);
        const { steps = 1, learningRate } = spec.training;
        const control = { delta, steps, learningRate, own: undefined, server: new Float64Array(delta.length) };
        expect(trainingParts({ spec, delta, rows: 1, evaluation, steps, control }).clipped).toBe(true);
        const { joinSeconds, phaseSeconds } = wish;
        const choices = { minCohort, joinSeconds, phaseSeconds, beaconSeconds: 100, stake: 0n, pool: 0n };
        checkTaskParameters(taskParameters(spec, choices), 60);
      }),
      { numRuns: 300 },
    );
  });

  it('leaves an honest update whole at the defaults, and as finely rounded as the heart task', async () => {
    expect((await specOf(bank())).masking).toEqual({
      clipNorm: 1,
      updateWidth: 32,
      updateFractionBits: 26,
      rowCap: 256,
      maxCohort: 16,
    });
  });
});
