/** From real files of every kind to a task, as the page and its worker make it; own layers against the schema; noise and its cost. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import type { TaskWish } from '../../../workers/api/create.ts';
import { planTask } from '../../../workers/plan-task.ts';
import { inferData } from '../../dataset/infer-data.ts';
import { readExamples } from '../../dataset/read-examples.ts';
import { memoryFile } from '../../dataset/testing/files.ts';
import { ModelSchema } from '../../protocol/model-spec.ts';
import { fieldName, problemWords } from '../words/create-problems.ts';
import { checkForm, fieldOf } from './create-check.ts';
import { Entries, type Problem } from './create-entries.ts';
import { type CreateForm, type DataForm, restartLearning, startForm } from './create-form.ts';
import { addLayer, LAYER_KINDS, type LayerForm, LAYERS, layersOf, moveLayer, readLayers } from './create-layers.ts';
import { chooseNoise } from './create-noise.ts';
import { chooseLowerCase } from './create-texts.ts';

const FILES = {
  pictures: 'pneumonia-mnist/site-1.npz',
  pixels: 'optdigits/site-1.csv.gz',
  texts: 'sms-spam/phone-1.txt.gz',
  series: 'beijing-air/dongsi.csv.gz',
} as const;

/** Public ranges that nobody's readings leave. */
const RANGE = { minimum: '-1000', maximum: '20000' };

const fileOf = (path: string) => {
  const bytes = readFileSync(`public/data/${path}`);
  return memoryFile(path.replace(/\.gz$/u, ''), path.endsWith('.gz') ? gunzipSync(bytes) : bytes);
};

async function formOf<Kind extends DataForm['kind']>(
  kind: Kind,
  path: string,
): Promise<CreateForm & { data: Extract<DataForm, { kind: Kind }> }> {
  const form = startForm(await inferData([fileOf(path)], undefined), 'seed');
  form.title = path;
  if (form.data.kind === 'series') for (const sensor of form.data.sensors) Object.assign(sensor, RANGE);
  expect(form.data.kind).toBe(kind);
  return form as CreateForm & { data: Extract<DataForm, { kind: Kind }> };
}

const problemsOf = (form: CreateForm): Record<string, Problem> => Object.fromEntries(checkForm(form).problems);

async function planOf(form: CreateForm) {
  expect(problemsOf(form)).toEqual({});
  return planTask(checkForm(form).wish as TaskWish);
}

describe('a task over', () => {
  it.each([
    ['pictures', FILES.pictures],
    ['pictures', FILES.pixels],
    ['texts', FILES.texts],
    ['series', FILES.series],
  ] as const)('%s of %s reads the files that it came from', async (kind, path) => {
    const form = await formOf(kind, path);
    const { spec, trouble, cost, roundBytes, presets } = await planOf(form);
    expect(trouble).toBeUndefined();
    if (spec === undefined) throw new Error('no spec');
    const { report, data } = await readExamples([fileOf(path)], spec);
    expect(report.findings.filter(({ severity }) => severity === 'blocks')).toEqual([]);
    expect(data?.rows).toBeGreaterThan(300);
    expect(presets).toContain(form.model);
    expect(cost?.weights).toBeGreaterThan(0);
    expect(cost?.stepSeconds).toBeGreaterThan(0);
    expect(roundBytes).toBeGreaterThan(4 * (cost?.weights ?? 0));
  });

  it('messages can learn the next character as well, by a model and numbers of its own', async () => {
    const form = await formOf('texts', FILES.texts);
    form.data.learn = 'next';
    restartLearning(form);
    expect(form).toMatchObject({ model: 'small-transformer', rounds: '30' });
    const { spec } = await planOf(form);
    expect(spec?.data).toMatchObject({ lowerCase: true, learn: { kind: 'next', position: 1 } });
    expect(spec?.data).toHaveProperty('alphabet', expect.stringMatching(/^abc.*□$/u));
  });

  it('an alphabet that nobody changed follows the capitals; another stays', async () => {
    const { data } = await formOf('texts', FILES.texts);
    chooseLowerCase(data, false);
    expect(data.alphabet).toMatch(/^A/u);
    data.alphabet = 'AB';
    chooseLowerCase(data, true);
    expect(data.alphabet).toBe('AB');
  });

  it('readings can tell a sensor from the others, which is no input then', async () => {
    const form = await formOf('series', FILES.series);
    Object.assign(form.data, { learn: 'above', above: '75' });
    const { spec } = await planOf(form);
    const { columns, learn } = spec?.data.kind === 'series' ? spec.data : { columns: [], learn: undefined };
    expect(columns.map(({ name }) => name)).not.toContain('PM2.5');
    expect(learn).toEqual({ kind: 'above', name: 'PM2.5', description: '', above: 75 });
  });

  it('another kind begins with its usual numbers, and keeps title and rules', async () => {
    const before = await formOf('series', FILES.series);
    Object.assign(before, { minCohort: '5', rounds: '77', learningRate: '0.5' });
    const pictures = await inferData([fileOf(FILES.pixels)], undefined);
    const form = startForm(pictures, 'id', before);
    expect(form).toMatchObject({
      title: FILES.series,
      minCohort: '5',
      rounds: '15',
      learningRate: '0.05',
      model: '2nn',
    });
    expect(startForm(pictures, 'id', { ...form, rounds: '9' })).toMatchObject({ rounds: '9' });
  });
});

describe('what is wrong', () => {
  it.each<[DataForm['kind'], string, (data: never) => void, string, Problem]>([
    [
      'pictures',
      FILES.pixels,
      (d: { width: string }) => (d.width = '300'),
      'width',
      { kind: 'outside', least: 1, most: 256 },
    ],
    [
      'pictures',
      FILES.pixels,
      (d: { pixelMaximum: string }) => (d.pixelMaximum = 'x'),
      'pixelMaximum',
      { kind: 'not-a-number' },
    ],
    [
      'pictures',
      FILES.pixels,
      (d: { classes: { use: boolean }[] }) => d.classes.forEach((each, i) => (each.use = i === 0)),
      'classes',
      { kind: 'few-classes' },
    ],
    [
      'pictures',
      FILES.pixels,
      (d: { classes: { name: string }[] }) => Object.assign(d.classes[1] ?? {}, { name: '0' }),
      'classes.1.name',
      { kind: 'class-taken' },
    ],
    ['texts', FILES.texts, (d: { alphabet: string }) => (d.alphabet = 'a'), 'alphabet', { kind: 'few-characters' }],
    ['texts', FILES.texts, (d: { alphabet: string }) => (d.alphabet = 'aba'), 'alphabet', { kind: 'same-character' }],
    ['texts', FILES.texts, (d: { alphabet: string }) => (d.alphabet = 'aB'), 'alphabet', { kind: 'capitals' }],
    [
      'texts',
      FILES.texts,
      (d: { length: string }) => (d.length = '1'),
      'length',
      { kind: 'outside', least: 2, most: 1024 },
    ],
    ['texts', FILES.texts, (d: { labelName: string }) => (d.labelName = ''), 'labelName', { kind: 'missing' }],
    ['series', FILES.series, (d: { window: string }) => (d.window = '1.5'), 'window', { kind: 'not-whole' }],
    [
      'series',
      FILES.series,
      (d: { sensors: { maximum: string }[] }) => Object.assign(d.sensors[2] ?? {}, { maximum: '-2000' }),
      'sensors.2.maximum',
      { kind: 'not-above-minimum' },
    ],
    [
      'series',
      FILES.series,
      (d: { learn: string; sensors: { use: boolean }[] }) => {
        d.learn = 'next';
        d.sensors.forEach((each) => (each.use = false));
        Object.assign(d, { learn: 'above', above: '1' });
      },
      'sensors',
      { kind: 'no-sensors' },
    ],
  ])('with %s of %s is told where it is', async (kind, path, change, field, problem) => {
    const form = await formOf(kind, path);
    change(form.data as never);
    expect(problemsOf(form)).toEqual({ [field]: problem });
    expect(problemWords(problem)).toMatch(/\.$/u);
    expect(fieldName(field, (_, index) => String(index))).not.toBe(field);
  });
});

describe('own layers', () => {
  it('are within bounds that the schema has, too', () => {
    for (const kind of LAYER_KINDS) {
      const layer = (change: Record<string, string>) => {
        const layers: LayerForm[] = [];
        addLayer(layers, kind, false);
        Object.assign(layers[0]?.values ?? {}, change);
        const entries = new Entries();
        const model = { layers: readLayers(entries, layers) };
        return { typed: entries.problems.size === 0, fits: v.safeParse(ModelSchema, model).success };
      };
      const tries = LAYERS[kind].flatMap((parameter) => {
        const { name } = parameter;
        if ('options' in parameter) return parameter.options.map((option) => [{ [name]: option }, true] as const);
        const { least, most } = parameter;
        return [least, most, least - 1, most + 1].map(
          (value) => [{ [name]: String(value) }, value >= least && value <= most] as const,
        );
      });
      for (const [change, good] of [[{}, true] as const, ...tries])
        expect(layer(change), `${kind} ${JSON.stringify(change)}`).toEqual({ typed: good, fits: good });
    }
  });

  it('begin as a preset’s, which they leave as it is', async () => {
    const form = await formOf('pictures', FILES.pictures);
    form.model = 'small-resnet';
    const preset = await planOf(form);
    form.layers = layersOf(preset.layers.slice(0, -1).map(({ layer }) => layer));
    form.model = 'own';
    expect((await planOf(form)).spec?.model).toEqual(preset.spec?.model);
  });

  it('tell at the layer what does not fit, with the shapes before it', async () => {
    const form = await formOf('pictures', FILES.pictures);
    form.model = 'own';
    addLayer(form.layers, 'conv2d', false);
    addLayer(form.layers, 'flatten', false);
    addLayer(form.layers, 'max-pool', false);
    const { layers, trouble, cost } = await planOf(form);
    expect(trouble).toEqual({
      path: 'model.layers.2',
      message: 'layer 3 (max-pool) needs [height, width, channels], it gets [12544]',
    });
    expect(trouble && fieldOf(trouble, form)).toBe('layers.2');
    expect(layers.map(({ output }) => output)).toEqual([[28, 28, 16], [12_544], undefined, undefined]);
    expect(cost).toBeUndefined();
    moveLayer(form.layers, 2, -1);
    moveLayer(form.layers, 0, -1);
    expect((await planOf(form)).layers.map(({ output }) => output)).toEqual([[28, 28, 16], [14, 14, 16], [3136], [1]]);
  });

  it('of a text get the number of its characters, and answer at every place when the next one is learnt', async () => {
    const form = await formOf('texts', FILES.texts);
    form.data.learn = 'next';
    restartLearning(form);
    form.model = 'own';
    addLayer(form.layers, 'embedding', true);
    addLayer(form.layers, 'gru', true);
    addLayer(form.layers, 'transformer', true);
    const { spec, trouble } = await planOf(form);
    expect(trouble).toBeUndefined();
    const codes = spec?.data.kind === 'texts' ? [...spec.data.alphabet].length + 1 : 0;
    expect(spec?.model.layers.slice(0, 3)).toEqual([
      { kind: 'embedding', codes, units: 32 },
      { kind: 'gru', units: 32, sequences: true },
      { kind: 'transformer', heads: 4, causal: true },
    ]);
    expect(spec?.model.layers[3]).toEqual({ kind: 'dense', units: codes, activation: 'linear' });
  });
});

describe('noise', () => {
  it('for participants has a cost for the whole task, in a ring as narrow as it may be', async () => {
    const form = await formOf('pictures', FILES.pixels);
    form.patience = '3';
    chooseNoise(form, 'user');
    expect(form).toMatchObject({ release: 'off', patience: '' });
    const { spec, privacy, masking } = await planOf(form);
    expect(spec?.privacy).toEqual({ kind: 'user', noiseMultiplier: 1, delta: 1e-5, honest: 2 });
    expect(masking).toMatchObject({ clipNorm: 1, updateWidth: 16 });
    // 15 rounds of one clip norm each: the Gaussian mechanism costs 15/2 + sqrt(30 ln(10^5)) = 26 by the simplest bound.
    expect(privacy).toMatchObject({ protects: 'user', delta: 1e-5, rounds: 15 });
    const epsilon = privacy && 'epsilon' in privacy ? privacy.epsilon : NaN;
    expect(epsilon).toBeGreaterThan(20);
    expect(epsilon).toBeLessThan(26);
    const stronger = await planOf({ ...form, noiseMultiplier: '4' });
    expect(stronger.privacy && 'epsilon' in stronger.privacy ? stronger.privacy.epsilon : NaN).toBeLessThan(
      epsilon / 3,
    );
  });

  it('for records is that of DP-SGD, and costs nothing more for the sum', async () => {
    const form = await formOf('texts', FILES.texts);
    chooseNoise(form, 'records');
    const { spec, privacy, cost } = await planOf(form);
    expect(spec?.privacy).toEqual({
      kind: 'records',
      noiseMultiplier: 1,
      delta: 1e-5,
      clipNorm: 1,
      samplingRate: 0.05,
    });
    // 20 rounds of 20 steps; privacy-defaults.ts: 400 steps cost 7.4.
    expect(cost?.steps).toBe(20);
    expect(privacy && 'epsilon' in privacy ? privacy.epsilon : NaN).toBeCloseTo(7.4, 1);
  });

  it('does not help where scores are published, and is no more than the algorithm allows', async () => {
    const form = await formOf('pictures', FILES.pixels);
    chooseNoise(form, 'records');
    expect((await planOf({ ...form, release: 'exact' })).privacy).toMatchObject({
      open: ['evaluation'],
      noise: 'records',
    });
    expect(problemsOf({ ...form, algorithm: 'scaffold' })).toEqual({ algorithm: { kind: 'noise-algorithm' } });
    expect((await planOf({ ...form, noise: 'none' })).privacy).toMatchObject({
      open: expect.arrayContaining(['update']),
    });
  });
});
