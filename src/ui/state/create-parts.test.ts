/** A start, adapters and private layers: from what was entered to a spec whose masked vector has what is sent and no more. */
import { describe, expect, it } from 'vitest';
import type { TaskWish } from '../../../workers/api/create.ts';
import { planTask } from '../../../workers/plan-task.ts';
import { startFileInspector } from '../../../workers/start-file.ts';
import { utf8 } from '../../core/bytes.ts';
import type { InferredTable } from '../../dataset/infer-data.ts';
import { writeStart } from '../../model/start.ts';
import { MAX_START_BYTES } from '../../protocol/limits.ts';
import { sharedCount } from '../../protocol/task-spec.ts';
import { fieldName, problemWords } from '../words/create-problems.ts';
import { checkForm, fieldOf } from './create-check.ts';
import { type CreateForm, startForm } from './create-form.ts';
import { addLayer, layersOf, moveLayer } from './create-layers.ts';
import { chooseNoise } from './create-noise.ts';
import { LAST_LAYER, removeLayer, setPrivate, startOf, startProblem } from './create-parts.ts';

/** Of one number, three categories: 4 features. */
const WARD: InferredTable = {
  kind: 'table',
  fileName: 'ward.csv',
  delimiter: ';',
  header: true,
  missingMarks: [],
  rows: 40,
  likelyLabel: 2,
  columns: (['age', 'ward', 'readmitted'] as const).map((name, place) => {
    const values = name === 'age' ? [] : name === 'ward' ? ['a', 'b', 'c'] : ['no', 'yes'];
    const column =
      name === 'age'
        ? ({ kind: 'number', name, description: '', minimum: 0, maximum: 120 } as const)
        : ({ kind: 'category', name, description: '', categories: values } as const);
    return { name, place, samples: [], missing: 0, values, column };
  }) as unknown as InferredTable['columns'],
};

/** With the layers 4 x 32, 32 x 16 and 16 x 1: 160 + 528 + 17 = 705 weights. */
function ward(): CreateForm {
  const form = startForm(WARD, 'seed');
  form.title = 'Readmission';
  if (form.data.kind === 'table') Object.assign(form.data.columns[0] ?? {}, { minimum: '0', maximum: '120' });
  return form;
}

function wishOf(form: CreateForm): TaskWish {
  const { problems, wish } = checkForm(form);
  expect(Object.fromEntries(problems)).toEqual({});
  return wish as TaskWish;
}

const planOf = (form: CreateForm, start?: Blob) => planTask(wishOf(form), start);

async function startFile(form = ward(), value = 0.5): Promise<Blob> {
  const { spec } = await planOf(form);
  if (spec === undefined) throw new Error('no spec');
  return new Blob([writeStart(spec, new Float32Array(705).fill(value))]);
}

describe('what is sent', () => {
  it('is all of a model without parts', async () => {
    const { cost, spec, roundBytes } = await planOf(ward());
    expect(cost).toMatchObject({ weights: 705, sentWeights: 705 });
    expect(spec?.model).not.toHaveProperty('start');
    expect(roundBytes).toBeGreaterThan(4 * 705);
  });

  it('is adapters and head, adapters alone, or what is not private', async () => {
    const start = await startFile();
    const whole = (await planOf(ward())).roundBytes ?? 0;
    // Rank 2: 2 (4 + 32) = 72 and 2 (32 + 16) = 96 beside the layers, 2 (16 + 1) = 34 would be more than the head's 17.
    const cases = [
      [{ adapter: 'trained', rank: '2' }, 873, 185],
      [{ adapter: 'trained', rank: '2', privateLayers: [0] }, 801, 113],
      [{ adapter: 'trained', rank: '2', privateLayers: [LAST_LAYER] }, 873, 168],
      [{ privateLayers: [LAST_LAYER, 0] }, 705, 528],
    ] as const;
    for (const [parts, weights, sent] of cases) {
      const { trouble, cost, spec, roundBytes = 0 } = await planOf(Object.assign(ward(), parts), start);
      expect(trouble).toBeUndefined();
      expect(cost).toMatchObject({ weights, sentWeights: sent });
      expect(spec && sharedCount(spec)).toBe(sent);
      expect(whole - roundBytes).toBe(4 * (705 - sent));
    }
  });

  it('is what noise is counted for', async () => {
    const form = ward();
    chooseNoise(form, 'user');
    const adapted = Object.assign({ ...form }, { adapter: 'trained', rank: '2' });
    const { trouble, masking } = await planOf(adapted, await startFile());
    expect(trouble).toBeUndefined();
    expect(masking?.updateWidth).toBeLessThanOrEqual((await planOf(form)).masking?.updateWidth ?? 0);
  });
});

describe('parts of the model', () => {
  it('stand in the spec in order, with the strength as alpha / rank', async () => {
    const form = Object.assign(ward(), {
      adapter: 'trained',
      rank: '4',
      strength: '2',
      privateLayers: [LAST_LAYER, 0],
    });
    const { spec } = await planOf(form, await startFile());
    expect(spec?.model).toMatchObject({
      adapter: { kind: 'lora', rank: 4, alpha: 8, head: 'trained' },
      private: [0, 2],
      start: { bytes: (await startFile()).size, sha256: expect.stringMatching(/^0x[0-9a-f]{64}$/u) },
    });
  });

  it('go with own layers as these move, and go when these are taken away', async () => {
    const form = ward();
    form.layers = layersOf((await planOf(form)).layers.slice(0, -1).map(({ layer }) => layer));
    form.model = 'own';
    setPrivate(form, 0, true);
    moveLayer(form.layers, 0, 1);
    expect((await planOf(form)).spec?.model.private).toEqual([1]);
    removeLayer(form, 1);
    addLayer(form.layers, 'dense', false);
    expect((await planOf(form)).spec?.model).not.toHaveProperty('private');
  });

  it.each([
    [{ adapter: 'trained', rank: '0' }, 'rank'],
    [{ adapter: 'trained', rank: '1025' }, 'rank'],
    [{ adapter: 'adapted', strength: 'much' }, 'strength'],
  ])('of %o are told at once', (parts, field) => {
    const problems = checkForm(Object.assign(ward(), parts)).problems;
    expect([...problems.keys()]).toEqual([field]);
    expect(fieldName(field, String)).not.toBe(field);
  });

  it.each([
    [{ adapter: 'trained', rank: '4' as string, privateLayers: [] as number[] }, undefined],
    [{ adapter: 'adapted', rank: '1', privateLayers: [] }, 'rank'],
    [{ adapter: 'trained', rank: '32', privateLayers: [] }, 'rank'],
    [{ adapter: 'trained', rank: '1', privateLayers: [0, 1] }, 'adapter'],
    [{ adapter: 'none', rank: '1', privateLayers: [0, 1, LAST_LAYER] }, 'private'],
  ])('%o that do not fit the layers are told at %s, with the layers’ shapes', async (parts, field) => {
    const form = Object.assign(ward(), parts);
    const { trouble, layers } = await planOf(form, await startFile());
    expect(trouble && fieldOf(trouble, form)).toBe(field);
    expect(layers.map(({ weights }) => weights)).toEqual([160, 528, 17]);
  });
});

describe('a file to start from', () => {
  it('is missed by adapters, and after a reload', async () => {
    const form = Object.assign(ward(), { adapter: 'trained' as const });
    const { trouble } = await planOf(form);
    expect(trouble && fieldOf(trouble, form)).toBe('start');
    expect(startProblem(form, false, trouble)).toEqual({ kind: 'needs-start' });
    form.start = startOf(new File([], 'weights.safetensors'));
    expect(startProblem(form, false, trouble)).toEqual({ kind: 'start-gone' });
    expect(startProblem(form, true, undefined)).toBeUndefined();
    for (const kind of ['needs-start', 'start-gone'] as const) expect(problemWords({ kind })).toMatch(/\.$/u);
  });

  it('that does not fit is told with what to do, and the figures stay', async () => {
    const other = Object.assign(ward(), { model: 'logistic' as const });
    const { spec: small } = await planOf(other);
    if (small === undefined) throw new Error('no spec');
    const good = new Uint8Array(await (await startFile()).arrayBuffer());
    const withNaN = good.slice();
    new DataView(withNaN.buffer).setFloat32(withNaN.length - 4, NaN, true);
    const cases: readonly [BlobPart, RegExp][] = [
      [
        writeStart(small, new Float32Array(5)),
        /starting weights: .* the model needs .*\. Choose the weights of a model/u,
      ],
      [utf8('no weights at all'), /header .*\. Choose a safetensors file/u],
      [good.slice(0, -1), /ends inside it\. Choose a safetensors file/u],
      [withNaN, /not finite.*\. Choose a safetensors file/u],
      [new Uint8Array(MAX_START_BYTES + 1), /more than \d+\. Choose the weights of a smaller model/u],
    ];
    for (const [part, words] of cases) {
      const form = Object.assign(ward(), { start: startOf(new File([], 'weights.safetensors')) });
      const { trouble, cost, spec } = await planOf(form, new Blob([part]));
      const problem = startProblem(form, true, trouble);
      expect(problem && problemWords(problem)).toMatch(words);
      expect(cost?.weights).toBe(705);
      expect(spec).toBeUndefined();
    }
  });

  it('is read once while the form changes, and anew when it is another one or could not be read', async () => {
    const bytes = await (await startFile()).arrayBuffer();
    let reads = 0;
    let gone = false;
    /** As the worker gets it: with every call another copy. */
    const copy = (lastModified: number) => {
      const file = new File([bytes], 'weights.safetensors', { lastModified });
      file.arrayBuffer = () => {
        reads++;
        return gone ? Promise.reject(new Error('NotReadableError')) : Promise.resolve(bytes);
      };
      return file;
    };
    const inspect = startFileInspector();
    const plan = (lastModified: number, parts: Partial<CreateForm> = {}) =>
      planTask(wishOf(Object.assign(ward(), parts)), copy(lastModified), inspect);
    const first = await plan(1);
    expect(first.spec?.model.start).toEqual((await planOf(ward(), new Blob([bytes]))).spec?.model.start);
    expect((await plan(1, { adapter: 'trained', rank: '2' })).spec?.model.start).toEqual(first.spec?.model.start);
    // A model that it does not fit is told from what is remembered, too.
    expect((await plan(1, { model: 'logistic' })).trouble?.path).toBe('model.start');
    expect(reads).toBe(1);
    gone = true;
    expect((await plan(2)).trouble?.message).toMatch(/cannot be read any more/u);
    gone = false;
    expect((await plan(2)).spec?.model.start).toEqual(first.spec?.model.start);
    expect(reads).toBe(3);
  });
});
