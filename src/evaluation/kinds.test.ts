/** Counts, metrics and losses of targets other than binary; numbers worked by hand. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CLASSES_UNITS, classesPlaces } from '../aggregation/classes-counts.ts';
import { evaluationLength, metricsFromCounts } from '../aggregation/evaluation-counts.ts';
import { NEXT_LOSS_UNIT } from '../aggregation/next-counts.ts';
import { VALUE_UNIT } from '../aggregation/value-counts.ts';
import { MAX_COHORT, MAX_ROWS } from '../protocol/limits.ts';
import { lossOf, mainMeasure, measureOf, measuresOf, measureValue, rightCount } from '../protocol/metrics.ts';
import { MAX_ROW_LOSS } from '../aggregation/consistent.ts';
import { Examination, exactMetrics } from './examination.ts';
import { type Labels, rowLosses } from './losses.ts';
import { createTally } from './tally.ts';

const classes = { kind: 'classes', names: ['cat', 'dog', 'owl'] } as const;
const value = { kind: 'value', column: 0, minimum: -10, maximum: 10, unit: '°C' } as const;
const next = { kind: 'next', characters: 3, steps: 2 } as const;

function counts(target: Parameters<typeof createTally>[0], predictions: Float32Array, labels: Labels, bins = 4) {
  const tally = createTally(target, bins);
  tally.accumulate(predictions, labels);
  return tally.counts();
}

describe('bounds', () => {
  it('no sum of any kind comes to 2^47', () => {
    const rows = MAX_ROWS * MAX_COHORT;
    expect(rows * MAX_ROW_LOSS * CLASSES_UNITS.logLoss).toBeLessThan(2 ** 47);
    expect(rows * CLASSES_UNITS.confidence).toBeLessThan(2 ** 47);
    expect(rows * VALUE_UNIT).toBeLessThan(2 ** 47);
    expect(rows * 1024 * MAX_ROW_LOSS * NEXT_LOSS_UNIT).toBeLessThan(2 ** 47);
  });
});

describe('classes', () => {
  // True cat, cat, dog, dog; said cat (0.5), dog (0.75), dog (1), dog (0.5, before the tied owl).
  const chances = Float32Array.of(0.5, 0.25, 0.25, 0.25, 0.75, 0, 0, 1, 0, 0, 0.5, 0.5);
  const labels = Uint8Array.of(0, 0, 1, 1);
  const loss = -(Math.log(0.5) + Math.log(0.25) + Math.log(1) + Math.log(0.5));

  it('counts', () => {
    const place = classesPlaces(3, 4);
    const vector = counts(classes, chances, labels);
    expect(vector).toHaveLength(evaluationLength(classes, 4));
    expect(Array.from(vector.subarray(0, 9))).toEqual([1, 1, 0, 0, 2, 0, 0, 0, 0]);
    expect(vector[place.rows]).toBe(4);
    expect(vector[place.logLoss]).toBe(Math.round(loss * 65_536));
    expect(Array.from(vector.subarray(place.right, place.wrong))).toEqual([0, 0, 2, 1]);
    expect(Array.from(vector.subarray(place.wrong, place.confidence))).toEqual([0, 0, 0, 1]);
    expect(Array.from(vector.subarray(place.confidence), (sum) => sum / CLASSES_UNITS.confidence)).toEqual([
      0, 0, 1, 1.75,
    ]);
  });

  it('gives figures', () => {
    // Recall 1/2 and 1; F1 2/3 and 4/5; the owl neither occurs nor is said. Bins: |2 − 1| and |1 − 1.75| of 4 rows.
    const metrics = metricsFromCounts(classes, counts(classes, chances, labels));
    expect(metrics).toEqual({
      kind: 'classes',
      rows: 4,
      accuracy: 0.75,
      balancedAccuracy: 0.75,
      f1: (2 / 3 + 4 / 5) / 2,
      logLoss: expect.closeTo(loss / 4, 5) as number,
      calibrationError: 1.75 / 4,
      classes: [
        { name: 'cat', rows: 2, precision: 1, recall: 0.5, f1: 2 / 3 },
        { name: 'dog', rows: 2, precision: 2 / 3, recall: 1, f1: 4 / 5 },
        { name: 'owl', rows: 0, precision: undefined, recall: undefined, f1: undefined },
      ],
      confusion: [
        [1, 1, 0],
        [0, 2, 0],
        [0, 0, 0],
      ],
    });
    expect(metrics && mainMeasure(metrics)).toEqual({ id: 'accuracy', value: 0.75, better: 'higher' });
    expect(metrics && rightCount(metrics)).toBe(3);
    expect(metricsFromCounts(classes, new Float64Array(evaluationLength(classes, 4)))).toBeUndefined();
  });

  it.each<[string, (vector: Float64Array, place: ReturnType<typeof classesPlaces>) => void]>([
    ['a confusion count too many', (vector) => void (vector[3] = 1)],
    ['a log-loss too large', (vector, { logLoss }) => void (vector[logLoss] = 65 * 65_536)],
    ['a right row too many', (vector, { right, wrong }) => void ((vector[right + 3] = 2), (vector[wrong + 3] = 0))],
    ['a confidence outside its bin', (vector, { confidence }) => void (vector[confidence + 2] = 2 ** 20 - 100)],
    ['confidence in an empty bin', (vector, { confidence }) => void (vector[confidence] = 1)],
    ['half a row', (vector, { rows }) => void (vector[rows] = 3.5)],
    ['less than nothing', (vector) => void ((vector[0] = -1), (vector[1] = 3))],
  ])('refuses %s', (_, change) => {
    const vector = counts(classes, chances, labels);
    change(vector, classesPlaces(3, 4));
    expect(() => metricsFromCounts(classes, vector)).toThrow('evaluation:');
  });

  it('refuses chances that are none, labels that it does not have, and lengths that do not fit', () => {
    expect(() => counts(classes, Float32Array.of(2, 0, 0), Uint8Array.of(0))).toThrow('outside [0, 1]');
    expect(() => counts(classes, Float32Array.of(Number.NaN, 0, 0), Uint8Array.of(0))).toThrow('outside [0, 1]');
    expect(() => counts(classes, Float32Array.of(1, 0, 0), Uint8Array.of(3))).toThrow('the label of row 1');
    expect(() => counts(classes, Float32Array.of(1, 0), Uint8Array.of(0))).toThrow('2 predictions for 1 labels');
    expect(() => metricsFromCounts(classes, new Float64Array(12))).toThrow('no evaluation vector');
  });

  const rows = fc.array(fc.tuple(fc.nat(1000), fc.nat(1000), fc.nat(1000), fc.nat(2)), { minLength: 1, maxLength: 30 });
  it('sums of sites are what all rows in one place give, and always pass the checks', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const of = (set: typeof a): [Float32Array, Uint8Array] => [
          Float32Array.from(
            set.flatMap(([x, y, z]) => [x, y, z].map((part) => (x + y + z === 0 ? 1 / 3 : part / (x + y + z)))),
          ),
          Uint8Array.from(set, ([, , , label]) => label),
        ];
        const theirs = counts(classes, ...of(b), 10);
        const sum = counts(classes, ...of(a), 10).map((count, i) => count + (theirs[i] as number));
        const pooled = metricsFromCounts(classes, sum);
        const joint = exactMetrics(classes, ...of([...a, ...b]));
        if (pooled?.kind !== 'classes' || joint?.kind !== 'classes') throw new Error('no rows');
        expect(pooled.confusion).toEqual(joint.confusion);
        expect(pooled.calibrationError).toBeCloseTo(joint.calibrationError, 5);
        expect(pooled.logLoss).toBeCloseTo(joint.logLoss, 4);
      }),
    );
  });
});

describe('value', () => {
  // Places in [-10, 10] °C; the last prediction is past the end and counts as 1.
  const predicted = Float32Array.of(0.5, 0.25, 1.5);
  const labels = Float32Array.of(0.25, 0.25, 0.75);

  it('counts and gives figures in the unit', () => {
    const vector = counts(value, predicted, labels);
    expect(Array.from(vector, (count, i) => (i === 0 ? count : count / VALUE_UNIT))).toEqual([
      3, 0.5, 0.125, 1.25, 0.6875,
    ]);
    // Labels spread by 0.6875 − 1.25² / 3 = 1/6.
    expect(metricsFromCounts(value, vector)).toEqual({
      kind: 'value',
      rows: 3,
      rmse: expect.closeTo(20 * Math.sqrt(0.125 / 3), 9) as number,
      mae: expect.closeTo((20 * 0.5) / 3, 9) as number,
      r2: expect.closeTo(1 - 0.125 * 6, 9) as number,
      unit: '°C',
    });
    expect(measuresOf(metricsFromCounts(value, vector) as never)[0]).toMatchObject({
      id: 'rmse',
      better: 'lower',
      unit: '°C',
    });
  });

  it('says no R2 of labels that are all the same, and nothing of no rows', () => {
    const same = metricsFromCounts(value, counts(value, Float32Array.of(0.1, 0.2), Float32Array.of(0.3, 0.3)));
    expect(same).toMatchObject({ r2: undefined, rows: 2 });
    expect(metricsFromCounts(value, new Float64Array(5))).toBeUndefined();
  });

  it.each<[string, readonly number[]]>([
    ['an error of more than the range', [1, 2, 1, 0, 0]],
    ['squares above what is squared', [4, 1, 2, 0, 0]],
    ['a mean square below the square of the mean', [4, 2, 0.5, 0, 0]],
    ['labels above the rows', [2, 0, 0, 3, 1]],
    ['labels without squares', [2, 0, 0, 1, 0]],
    ['anything without rows', [0, 0, 0, 1, 1]],
  ])('refuses %s', (_, sums) => {
    const vector = Float64Array.from(sums, (sum, i) => (i === 0 ? sum : sum * VALUE_UNIT));
    expect(() => metricsFromCounts(value, vector)).toThrow('evaluation:');
  });

  it('refuses what is no number', () => {
    expect(() => counts(value, Float32Array.of(Number.NaN), Float32Array.of(0.5))).toThrow('is no number');
    expect(() => counts(value, Float32Array.of(0.5), Float32Array.of(1.5))).toThrow('outside [0, 1]');
  });

  const rows = fc.array(
    fc.tuple(fc.float({ min: -1, max: 2, noNaN: true }), fc.float({ min: 0, max: 1, noNaN: true })),
    {
      minLength: 1,
      maxLength: 30,
    },
  );
  it('always passes the checks, also summed', () => {
    fc.assert(
      fc.property(fc.array(rows, { minLength: 1, maxLength: 6 }), (sites) => {
        const vectors = sites.map((set) =>
          counts(
            value,
            Float32Array.from(set, ([x]) => x),
            Float32Array.from(set, ([, y]) => y),
          ),
        );
        const sum = vectors.reduce((a, b) => a.map((count, i) => count + (b[i] as number)));
        expect(metricsFromCounts(value, sum)).toMatchObject({ rows: sites.flat().length });
      }),
    );
  });
});

describe('next', () => {
  // Two texts of two places; the second one ends after its first character.
  const chances = Float32Array.of(0, 0.5, 0.5, 0, 0.25, 0.75, 0, 0, 1, 1, 0, 0);
  const labels = Uint8Array.of(1, 2, 1, 0);

  it('counts characters, and leaves padding out', () => {
    const loss = Math.log(2) - Math.log(0.75) + 23 * Math.LN2;
    const vector = counts(next, chances, labels);
    expect(Array.from(vector)).toEqual([3, 2, Math.round(loss * 64)]);
    expect(metricsFromCounts(next, vector)).toEqual({
      kind: 'next',
      characters: 3,
      accuracy: 2 / 3,
      bitsPerCharacter: expect.closeTo(loss / 3 / Math.LN2, 2) as number,
    });
    expect(Array.from(rowLosses(next, chances, labels))).toEqual([
      expect.closeTo((Math.log(2) - Math.log(0.75)) / 2, 9),
      expect.closeTo(23 * Math.LN2, 9),
    ]);
    expect(rowLosses(next, chances.subarray(0, 6), Uint8Array.of(0, 0))[0]).toBe(0);
  });

  it('refuses counts that cannot be', () => {
    expect(() => metricsFromCounts(next, Float64Array.of(3, 4, 0))).toThrow('evaluation:');
    expect(() => metricsFromCounts(next, Float64Array.of(1, 0, 16 * 64 + 1))).toThrow('evaluation:');
    expect(() => metricsFromCounts(next, Float64Array.of(1, 0))).toThrow('no evaluation vector');
    expect(metricsFromCounts(next, new Float64Array(3))).toBeUndefined();
  });
});

describe('blocks', () => {
  it.each([
    ['classes', classes, Float32Array.of(0.2, 0.3, 0.5, 0.6, 0.2, 0.2, 0.1, 0.8, 0.1), Uint8Array.of(2, 1, 1), 3, 1],
    ['value', value, Float32Array.of(0.2, 0.3, 0.5), Float32Array.of(0.1, 0.3, 0.9), 1, 1],
    [
      'next',
      next,
      Float32Array.of(0, 0.5, 0.5, 0, 1, 0, 0, 0.25, 0.75, 1, 0, 0, 0, 1, 0, 0, 1, 0),
      Uint8Array.of(1, 2, 2, 0, 1, 1),
      6,
      2,
    ],
  ] as const)('%s: give the same as all at once', (_, target, predictions, labels, width, each) => {
    const [whole, parts] = [new Examination(target), new Examination(target)];
    whole.accumulate(predictions, labels);
    for (let row = 0; row < 3; row++)
      parts.accumulate(
        predictions.subarray(row * width, (row + 1) * width),
        labels.subarray(row * each, (row + 1) * each),
      );
    for (const read of ['metrics', 'losses', 'curves', 'calibration'] as const)
      expect(parts[read]()).toEqual(whole[read]());
    expect(parts.worst(3, 1)).toEqual(whole.worst(3, 1));
  });
});

describe('Examination', () => {
  it('has a curve a class that occurs, and tells of the likeliest class', () => {
    const examination = new Examination(classes);
    examination.accumulate(
      Float32Array.of(0.5, 0.25, 0.25, 0.25, 0.75, 0, 0, 1, 0, 0, 0.5, 0.5),
      Uint8Array.of(0, 0, 1, 1),
    );
    // Chances of a cat: 0.5, 0.25 for cats, 0, 0 for dogs; of a dog: 1, 0.5 for dogs, 0.75, 0.25 for cats.
    expect(examination.curves()).toMatchObject([
      { name: 'cat', auc: 1, averagePrecision: 1 },
      { name: 'dog', auc: 0.75, averagePrecision: (1 + 2 / 3) / 2 },
    ]);
    expect(examination.calibration()).toEqual([
      { predicted: 0.5, observed: 1, rows: 2 },
      { predicted: 0.75, observed: 0, rows: 1 },
      { predicted: 1, observed: 1, rows: 1 },
    ]);
    expect(examination.worst(2, 1)).toEqual([
      { row: 1, loss: expect.closeTo(Math.log(4), 6) as number, actual: 0, said: 1, confidence: 0.75 },
      { row: 3, loss: expect.closeTo(Math.LN2, 6) as number, actual: 1, said: 1, confidence: 0.5 },
    ]);
  });

  it('tells of a number in its unit', () => {
    const examination = new Examination(value);
    examination.accumulate(Float32Array.of(0.5, 0.25), Float32Array.of(0.25, 0.25));
    expect(examination.curves()).toEqual([]);
    expect(examination.calibration()).toEqual([
      { predicted: -5, observed: -5, rows: 1 },
      { predicted: 0, observed: -5, rows: 1 },
    ]);
    expect(examination.worst(1, 4)).toEqual([{ row: 0, loss: 5, actual: -5, said: 0, confidence: undefined }]);
  });

  it('says what is exact of two classes', () => {
    const examination = new Examination({ kind: 'binary', names: ['no', 'yes'] });
    examination.accumulate(Float32Array.of(0.75, 0.25), Uint8Array.of(0, 0));
    expect(examination.metrics()).toMatchObject({ auc: undefined, f1: 0, logLoss: (Math.log(4) - Math.log(0.75)) / 2 });
    expect(examination.worst(9, 2)[0]).toMatchObject({ row: 0, actual: 0, said: 1, confidence: 0.75 });
  });
});

describe('figures of any kind', () => {
  const rmse = { kind: 'value', rows: 9, rmse: 12, mae: 9, r2: undefined, unit: 'm' } as const;
  const next = { kind: 'next', characters: 10, accuracy: 0.5, bitsPerCharacter: 2 } as const;

  it('are found by their id, and absent where the kind has none', () => {
    expect(measureValue(rmse, 'mae')).toBe(9);
    expect(measureValue(rmse, 'auc')).toBeUndefined();
    expect(measureValue(undefined, 'auc')).toBeUndefined();
    expect(measureOf(rmse, 'mae')).toEqual({ id: 'mae', value: 9, better: 'lower', unit: 'm' });
    expect(measureOf(next, 'mae')).toEqual({ id: 'mae', value: undefined, better: 'lower' });
    expect(rightCount(next)).toBe(5);
    expect(rightCount(rmse)).toBeUndefined();
  });

  it('have a loss that training makes smaller', () => {
    expect([lossOf(rmse), lossOf(next)]).toEqual([12, 2]);
  });
});
