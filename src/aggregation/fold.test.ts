import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../dataset/heart.ts';
import { type Checkpoint, initialServerState, readCheckpoint, writeCheckpoint } from '../model/checkpoint.ts';
import { initialWeights } from '../model/initialise.ts';
import type { TableTask } from '../protocol/task-spec.ts';
import { type FoldInput, fold } from './fold.ts';
import { evaluationParts, roundLayout, statisticsParts, trainingParts } from './layouts.ts';

const heart = heartTaskSpec();
/** One feature, logistic: the weights are (kernel, bias). */
function tinySpec(overrides: Partial<TableTask> = {}): TableTask {
  return heartTaskSpec({
    data: {
      ...heart.data,
      columns: [{ kind: 'number', name: 'a', description: '', position: 0, minimum: 0, maximum: 1 }],
    },
    model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] },
    server: { kind: 'fedavg', learningRate: 1 },
    masking: { clipNorm: 1, updateWidth: 32, updateFractionBits: 26, rowCap: 4, maxCohort: 8 },
    evaluation: { bins: 2, release: 'exact' },
    training: { ...heart.training, rounds: 2 },
    ...overrides,
  });
}
const spec = tinySpec();
const base: Checkpoint = {
  weights: Float32Array.of(1, -0.5),
  normaliser: { mean: Float64Array.of(0.5), scale: Float64Array.of(0.25), rows: 6, positives: 2 },
  server: initialServerState(spec),
};
// TP 2, FP 1, TN 3, FN 0, 6 rows (4 negative, 2 positive), log-loss 3 nats, histograms of negatives (3, 1) and positives (0, 2)
const counts = Float64Array.of(2, 1, 3, 0, 6, 4, 2, 3 * 65_536, 3, 1, 0, 2);
const input = (changes: Partial<FoldInput>): FoldInput => ({
  spec,
  step: 1,
  base,
  sums: [Float64Array.of(1.5), Float64Array.of(0.75, -0.3), counts],
  beacon: new Uint8Array(32),
  members: 2,
  ...changes,
});

describe('fold', () => {
  it('draws M_0 from the beacon and freezes the statistics in step 0', async () => {
    const features = { features: Float32Array.of(0, 1), labels: Uint8Array.of(0, 1), rows: 2, width: 1 };
    const { checkpoint, metrics } = await fold(
      input({ step: 0, base: undefined, sums: await statisticsParts(spec, features) }),
    );
    expect(metrics).toBeUndefined();
    expect(checkpoint).toEqual({
      weights: await initialWeights(spec, new Uint8Array(32)),
      normaliser: { mean: Float64Array.of(0.5), scale: Float64Array.of(0.5), rows: 2, positives: 1 },
      server: initialServerState(spec),
    });
  });

  it('averages by weight and reads the metrics; worked by hand', async () => {
    const { checkpoint, metrics } = await fold(input({}));
    // delta = (0.75, -0.3) / 1.5 = (0.5, -0.2)
    expect(Array.from(checkpoint.weights)).toEqual([1.5, Math.fround(-0.5 - 0.3 / 1.5)]);
    expect(checkpoint.server.step).toBe(1);
    expect(checkpoint.normaliser).toEqual(base.normaliser);
    expect(metrics).toEqual({
      kind: 'binary',
      names: ['no', 'yes'],
      rows: 6,
      accuracy: 5 / 6,
      balancedAccuracy: (1 + 0.75) / 2,
      f1: 4 / 5,
      auc: (2 * (3 + 0.5)) / 8,
      logLoss: 0.5,
      confusion: { truePositives: 2, falsePositives: 1, trueNegatives: 3, falseNegatives: 0 },
    });
  });

  it('keeps the model in the evaluation step', async () => {
    const { checkpoint, metrics } = await fold(input({ step: 3, sums: [counts] }));
    expect(checkpoint).toBe(base);
    expect(metrics).toMatchObject({ rows: 6 });
  });

  it('has no metrics where the task releases none, and still settles the last step', async () => {
    const off = tinySpec({ evaluation: { bins: 2, release: 'off' } });
    expect(
      (await fold(input({ spec: off, sums: [Float64Array.of(1.5), Float64Array.of(0.75, -0.3)] }))).metrics,
    ).toBeUndefined();
    expect((await fold(input({ spec: off, step: 3, sums: [Float64Array.of(2)] }))).checkpoint).toBe(base);
    expect(evaluationParts(off, new Float64Array(0))).toEqual([Float64Array.of(1)]);
  });

  it('never leaves -0 in a model', async () => {
    const zeroed = { ...base, weights: Float32Array.of(0.5, 0.2) };
    const { checkpoint } = await fold(
      input({ base: zeroed, sums: [Float64Array.of(1), Float64Array.of(-0.5, -0), counts] }),
    );
    expect(Object.is(checkpoint.weights[0], 0)).toBe(true);
    await readCheckpoint(spec, await writeCheckpoint(spec, checkpoint));
  });

  const changed = (i: number, value: number) => counts.map((count, j) => (j === i ? value : count));
  it.each<[string, Partial<FoldInput>]>([
    ['a weight sum of zero', { sums: [Float64Array.of(0), Float64Array.of(0, 0), counts] }],
    ['a weight sum above the members', { sums: [Float64Array.of(2.5), Float64Array.of(0, 0), counts] }],
    ['an update above members · clip norm', { sums: [Float64Array.of(1), Float64Array.of(2, 0.1), counts] }],
    ['an update that is NaN', { sums: [Float64Array.of(1), Float64Array.of(Number.NaN, 0), counts] }],
    ['classes that do not add up', { sums: [Float64Array.of(1), Float64Array.of(0, 0), changed(4, 7)] }],
    ['confusion counts that do not add up', { sums: [Float64Array.of(1), Float64Array.of(0, 0), changed(0, 1)] }],
    ['a histogram against the confusion counts', { sums: [Float64Array.of(1), Float64Array.of(0, 0), changed(8, 2)] }],
    ['a log-loss too large', { sums: [Float64Array.of(1), Float64Array.of(0, 0), changed(7, 97 * 65_536)] }],
    [
      'a weight sum of zero in a silent last step',
      { spec: tinySpec({ evaluation: { bins: 2, release: 'off' } }), step: 3, sums: [Float64Array.of(0)] },
    ],
  ])('voids %s', async (_, changes) => {
    await expect(fold(input(changes))).rejects.toMatchObject({ code: 'void' });
  });

  it('refuses arguments that do not fit each other', async () => {
    await expect(fold(input({ step: 4 }))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(fold(input({ base: undefined }))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(fold(input({ members: 9 }))).rejects.toMatchObject({ code: 'bad-input' });
    await expect(fold(input({ sums: [counts] }))).rejects.toMatchObject({ code: 'bad-input' });
  });
});

describe('trainingParts', () => {
  const evaluation = new Float64Array(12);

  it('weights by rows up to the cap, then clips', () => {
    const small = trainingParts({ spec, delta: Float32Array.of(0.5, 1), rows: 2, evaluation });
    expect(small.clipped).toBe(false);
    expect(small.parts.slice(0, 2)).toEqual([Float64Array.of(0.5), Float64Array.of(0.25, 0.5)]);
    const large = trainingParts({ spec, delta: Float32Array.of(3, 4), rows: 9, evaluation });
    expect(large.clipped).toBe(true);
    expect(large.norm).toBe(5);
    expect(large.parts[0]).toEqual(Float64Array.of(1));
    expect(large.parts[1]?.[0]).toBeCloseTo(0.6, 6);
  });

  it('keeps the norm within the clip norm even after rounding to fixed point', () => {
    fc.assert(
      fc.property(
        fc.float({ noNaN: true, min: -1e6, max: 1e6 }),
        fc.float({ noNaN: true, min: -1e6, max: 1e6 }),
        fc.integer({ min: 1, max: 9 }),
        (a, b, rows) => {
          const { parts } = trainingParts({ spec, delta: Float32Array.of(a, b), rows, evaluation });
          const rounded = Array.from(parts[1] as Float64Array, (value) => Math.round(value * 2 ** 26) / 2 ** 26);
          expect(Math.hypot(...rounded)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });

  it('refuses an update that diverged, or of another length', () => {
    expect(() => trainingParts({ spec, delta: Float32Array.of(Number.NaN, 0), rows: 1, evaluation })).toThrow(
      'diverged',
    );
    expect(() => trainingParts({ spec, delta: Float32Array.of(0), rows: 1, evaluation })).toThrow(
      'expected an update of 2',
    );
  });
});

it('lays out every step of the task and no other', () => {
  const purposes = (step: number) =>
    roundLayout(heart, step).map(({ purpose, length, width }) => `${purpose} ${length} x ${width}`);
  expect(purposes(0)).toEqual(['statistics 56 x 48']);
  expect(purposes(1)).toEqual(['weight 1 x 48', 'update 161 x 32', 'evaluation 48 x 48']);
  expect(purposes(13)).toEqual(['evaluation 48 x 48']);
  expect(() => roundLayout(heart, 14)).toThrow('no step 14');
});
