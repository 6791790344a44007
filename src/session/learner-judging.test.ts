/** How a site judges models of every kind, with a trainer that says what the test wants. */
import { describe, expect, it } from 'vitest';
import { metricsFromCounts } from '../aggregation/evaluation-counts.ts';
import { roundLayout } from '../aggregation/layouts.ts';
import { heartTaskSpec } from '../dataset/heart.ts';
import type { EncodedRows } from '../dataset/split.ts';
import type { Checkpoint } from '../model/checkpoint.ts';
import { type DataSpec } from '../protocol/data-spec.ts';
import { featureWidth, standardisedWidth, targetOf } from '../protocol/target.ts';
import { Verdict } from '../protocol/phases.ts';
import type { TrainerPort } from '../protocol/ports.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { Learner } from './learner.ts';

const heart = heartTaskSpec();
const named = (...names: string[]) => ({
  name: 'kind',
  description: '',
  classes: names.map((name) => ({ name, marks: [name] })),
});
const pictures: DataSpec = { kind: 'pictures', height: 1, width: 1, channels: 1, label: named('cat', 'dog', 'owl') };
const texts: DataSpec = {
  kind: 'texts',
  alphabet: 'ab',
  lowerCase: true,
  length: 2,
  delimiter: ',',
  learn: { kind: 'next' },
};
const series: DataSpec = {
  kind: 'series',
  columns: [{ kind: 'number', name: 'pm', description: '', unit: 'µg/m³', minimum: 0, maximum: 100 }],
  window: 1,
  stride: 1,
  missingMarks: [],
  delimiter: ',',
  learn: { kind: 'next', name: 'pm', description: '' },
};

const taskOf = (data: DataSpec): TaskSpec => ({ ...heart, data });

/** The weights' first number is the model: what `say` makes of it, row by row. */
function learnerOf(
  spec: TaskSpec,
  labels: Uint8Array | Float32Array,
  rows: number,
  say: (model: number, row: number, feature: number) => readonly number[],
) {
  const blocks: number[] = [];
  const width = featureWidth(spec.data);
  const trainer: TrainerPort = {
    backend: 'cpu',
    train: () => Promise.reject(new Error('this test does not train')),
    predict: (weights, features, count) => {
      const from = blocks.reduce((sum, block) => sum + block, 0);
      blocks.push(count);
      const outputs = Array.from({ length: count }, (_, i) =>
        say(weights[0] as number, from + i, features[i * width] as number),
      );
      return Promise.resolve(Float32Array.from(outputs.flat()));
    },
  };
  // A feature tells its own row: 0, 1/16, 2/16...
  const features = Float32Array.from({ length: rows * width }, (_, i) => (Math.floor(i / width) % 16) / 16);
  const heldOut = { features, labels, rows, width } as unknown as EncodedRows;
  return { learner: new Learner(spec, { train: heldOut, heldOut }, () => Promise.resolve(trainer)), blocks };
}

function modelOf(spec: TaskSpec, number: number, mean = 0, scale = 1): Checkpoint {
  const width = standardisedWidth(spec.data);
  return {
    weights: Float32Array.of(number),
    normaliser: {
      mean: new Float64Array(width).fill(mean),
      scale: new Float64Array(width).fill(scale),
      rows: 9,
      positives: 0,
    },
    server: {
      step: 0,
      firstMoment: new Float64Array(0),
      secondMoment: new Float64Array(0),
      beta1Power: 1,
      beta2Power: 1,
    },
  };
}

const LAST = heart.training.rounds + 1;
const contribute = async (learner: Learner, base: Checkpoint) =>
  (await learner.contribution({ step: LAST, base, baseModel: new Uint8Array(32), site: new Uint8Array(20) })).parts;

describe('classes', () => {
  const spec = taskOf(pictures);
  const labels = Uint8Array.from({ length: 30 }, (_, row) => row % 3);
  /** gives the true class that chance, and the rest to the next one */
  const say = (chance: number, row: number) =>
    [0, 1, 2].map((i) => (i === row % 3 ? chance : i === (row + 1) % 3 ? 1 - chance : 0));

  it('sends counts of its layout, and votes by log-loss', async () => {
    const { learner } = learnerOf(spec, labels, 30, (chance, row) => say(chance, row % 30));
    const [counts] = await contribute(learner, modelOf(spec, 0.75));
    expect(counts).toHaveLength(roundLayout(spec, LAST)[0]?.length ?? -1);
    expect(metricsFromCounts(targetOf(pictures), counts as Float64Array)).toMatchObject({
      kind: 'classes',
      rows: 30,
      accuracy: 1,
      calibrationError: 0.25,
    });
    expect(await learner.verdict(modelOf(spec, 0.5), modelOf(spec, 0.75))).toBe(Verdict.Better);
    expect(await learner.verdict(modelOf(spec, 0.75), modelOf(spec, 0.5))).toBe(Verdict.Worse);
    expect(await learner.verdict(modelOf(spec, 0.5), modelOf(spec, 0.5))).toBe(Verdict.Abstain);
  });

  it('shows curves, and pictures of the worst rows of each class', async () => {
    const { learner } = learnerOf(spec, labels, 30, (chance, row) => say(row === 5 ? 0.125 : chance, row));
    const judged = await learner.judged(modelOf(spec, 0.75));
    expect(judged?.curves.map(({ name }) => name)).toEqual(['cat', 'dog', 'owl']);
    expect(judged?.worst).toHaveLength(30);
    expect(judged?.worst[0]).toMatchObject({
      row: 5,
      actual: 2,
      said: 0,
      confidence: 0.875,
      example: { kind: 'pictures', pixels: Uint8ClampedArray.of(80) },
    });
  });
});

describe('value', () => {
  const spec = taskOf(series);

  it('turns standardised outputs back before it judges', async () => {
    // Places 0.5 ± 0.25 of a column of mean 0.5 and deviation 0.25; the model is 4 µg/m³ too high everywhere.
    const labels = Float32Array.from({ length: 12 }, (_, row) => (row % 2 === 0 ? 0.25 : 0.75));
    const say = (off: number, row: number) => [(row % 2 === 0 ? -1 : 1) + off];
    const { learner } = learnerOf(spec, labels, 12, (off, row) => say(off, row % 12));
    const model = (off: number) => modelOf(spec, off, 0.5, 0.25);
    expect(await learner.metrics(model(0.16))).toMatchObject({
      kind: 'value',
      rows: 12,
      rmse: expect.closeTo(4, 3) as number,
      mae: expect.closeTo(4, 3) as number,
      unit: 'µg/m³',
    });
    expect(await learner.verdict(model(0.16), model(0))).toBe(Verdict.Better);
    const judged = await learner.judged(model(0.16));
    expect(judged?.curves).toEqual([]);
    expect(judged?.worst[0]?.example).toMatchObject({ kind: 'series', sensors: [{ name: 'pm', unit: 'µg/m³' }] });
  });
});

describe('next', () => {
  const spec = taskOf(texts);
  const labels = Uint8Array.from({ length: 20 }, (_, i) => (i % 4 === 3 ? 0 : 1 + (i % 2)));

  it('judges characters, and leaves padding out', async () => {
    const { learner } = learnerOf(spec, labels, 10, (chance) => [
      ...[0, chance, 1 - chance],
      ...[0, 1 - chance, chance],
    ]);
    expect(await learner.metrics(modelOf(spec, 0.5))).toMatchObject({
      kind: 'next',
      characters: 15,
      accuracy: 10 / 15,
      bitsPerCharacter: expect.closeTo(1, 2) as number,
    });
    expect((await learner.judged(modelOf(spec, 0.75)))?.worst[0]?.example).toMatchObject({ kind: 'texts' });
  });
});

describe('blocks', () => {
  it('predicts as many rows at a time as fit, each once and in order', async () => {
    const wide: DataSpec = { ...pictures, height: 256, width: 256, label: named('cat', 'dog') };
    const spec = taskOf(wide);
    const { learner, blocks } = learnerOf(spec, new Uint8Array(150), 150, (_, row) => [row / 150]);
    expect(await learner.metrics(modelOf(spec, 0))).toMatchObject({ rows: 150, accuracy: 0.5 });
    expect(blocks).toEqual([64, 64, 22]);
  });

  it('asks for nothing without held-out rows, or where nothing is released', async () => {
    const none = learnerOf(taskOf(pictures), new Uint8Array(0), 0, () => []);
    expect(await none.learner.metrics(modelOf(taskOf(pictures), 0))).toBeUndefined();
    expect(await none.learner.judged(modelOf(taskOf(pictures), 0))).toBeUndefined();
    const off = { ...taskOf(pictures), evaluation: { bins: 20, release: 'off' as const } };
    const silent = learnerOf(off, new Uint8Array(1), 1, () => []);
    expect(await contribute(silent.learner, modelOf(off, 0))).toEqual([Float64Array.of(1)]);
    expect(none.blocks.concat(silent.blocks)).toEqual([]);
  });
});
