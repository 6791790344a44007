import { describe, expect, it } from 'vitest';
import type { JudgedModel, ModelMetrics, WorstRow } from '../../session/status.ts';
import { resultWords } from '../words/result.ts';
import {
  calibrationRange,
  calibrationRows,
  classNames,
  confusedPairs,
  curveNames,
  curvesOf,
  extremeClasses,
  gainOf,
  precisionPoints,
  precisionRows,
  rocRows,
  worstRows,
} from './result-view.ts';

const binary = (right: number, names: [string, string] = ['no', 'yes']) =>
  ({
    kind: 'binary',
    names,
    rows: 26,
    accuracy: right / 26,
    balancedAccuracy: undefined,
    f1: undefined,
    auc: undefined,
    logLoss: 0.5,
    confusion: { truePositives: right - 10, trueNegatives: 10, falsePositives: 26 - right, falseNegatives: 0 },
  }) satisfies ModelMetrics;
const classes = {
  kind: 'classes',
  rows: 10,
  accuracy: 0.7,
  balancedAccuracy: 0.6,
  f1: 0.6,
  logLoss: 1,
  calibrationError: 0.1,
  classes: [
    { name: 'cat', rows: 5, precision: 0.8, recall: 0.8, f1: 0.8 },
    { name: 'dog', rows: 5, precision: 0.6, recall: 0.6, f1: 0.6 },
    { name: 'owl', rows: 0, precision: undefined, recall: undefined, f1: undefined },
  ],
  confusion: [
    [4, 1, 0],
    [2, 3, 0],
    [0, 0, 0],
  ],
} as const satisfies ModelMetrics;
const value = (rmse: number) => ({ kind: 'value', rows: 9, rmse, mae: 1, r2: 0.5, unit: '°C' }) as const;
const next = (bits: number) => ({ kind: 'next', characters: 1204, accuracy: 0.5, bitsPerCharacter: bits }) as const;

const judged: JudgedModel = {
  metrics: binary(22),
  curves: [
    {
      name: 'yes',
      roc: [
        { falsePositiveRate: 0, truePositiveRate: 0 },
        { falsePositiveRate: 1, truePositiveRate: 1 },
      ],
      precisionRecall: [
        { recall: 0.5, precision: 1 },
        { recall: 1, precision: 0.75 },
      ],
      auc: 0.5,
      averagePrecision: 0.875,
    },
  ],
  calibration: [{ predicted: 0.2, observed: 0.25, rows: 4 }],
  worst: [],
};
const models = [
  { name: 'Together', kind: 'accent', judged },
  { name: 'Alone', kind: 'soft', judged: { ...judged, curves: [] } },
] as const;

describe('gainOf', () => {
  it('compares rows right where a row is right or wrong', () => {
    expect(gainOf(binary(22), binary(19))).toBe('better');
    expect(gainOf(binary(19), binary(19))).toBe('same');
    expect(gainOf(binary(18), binary(19))).toBe('worse');
    expect(gainOf(classes, { ...classes, accuracy: 0.6 })).toBe('better');
  });

  it('compares errors and bits, smaller ones better, a thousandth no difference', () => {
    expect(gainOf(value(10), value(11))).toBe('better');
    expect(gainOf(value(11), value(10))).toBe('worse');
    expect(gainOf(value(10.005), value(10))).toBe('same');
    expect(gainOf(next(2), next(2.5))).toBe('better');
  });
});

describe('sentences', () => {
  it('say of each kind what its figure means', () => {
    expect(resultWords.sentence(binary(22), binary(19), false)).toBe(
      'On your 26 held-out rows the common model got 22 right, yours alone 19.',
    );
    expect(resultWords.sentence(classes, undefined, false)).toBe(
      'On your 10 held-out rows the common model got 7 right.',
    );
    expect(resultWords.sentence(classes, undefined, true)).toBe(
      'On your 10 held-out rows the common model with your own layers got 7 right.',
    );
    expect(resultWords.sentence(value(12.34), value(15), false)).toBe(
      'On your 9 held-out rows the common model is typically off by 12.3 °C, yours alone by 15 °C.',
    );
    expect(resultWords.sentence(next(2.5), undefined, false)).toBe(
      'On your 1,204 held-out characters the common model needs 2.500 bits a character.',
    );
    expect(resultWords.sentencePublic(binary(22))).toBe('Of 26 held-out rows of all sites the model got 22 right.');
  });
});

describe('classes', () => {
  it('have the names of the task, or plain ones', () => {
    expect(classNames(binary(22), ['negative', 'positive'])).toEqual(['negative', 'positive']);
    expect(classNames(binary(22, ['normal', 'pneumonia']), ['negative', 'positive'])).toEqual(['normal', 'pneumonia']);
    expect(classNames(classes, ['negative', 'positive'])).toEqual(['cat', 'dog', 'owl']);
    expect(classNames(value(1), ['negative', 'positive'])).toEqual([]);
  });

  it('are mixed up, and told apart', () => {
    expect(confusedPairs(classes)).toEqual([
      { actual: 'dog', said: 'cat', rows: 2 },
      { actual: 'cat', said: 'dog', rows: 1 },
    ]);
    expect(extremeClasses(classes)).toEqual({ best: 'cat', worst: 'dog' });
    expect(extremeClasses({ ...classes, classes: classes.classes.slice(0, 1) })).toBeUndefined();
  });
});

describe('rows of the charts', () => {
  it('name the model of each point', () => {
    expect(curveNames(models)).toEqual(['yes']);
    const curves = curvesOf(models, 'yes');
    expect(rocRows(curves)).toEqual([
      ['Together', 0, 0],
      ['Together', 1, 1],
    ]);
    expect(precisionRows(curves)).toEqual([
      ['Together', 0.5, 1],
      ['Together', 1, 0.75],
    ]);
    expect(calibrationRows(models)).toEqual([
      ['Together', 0.2, 0.25, 4],
      ['Alone', 0.2, 0.25, 4],
    ]);
  });

  it('draw precision in steps, and numbers over what there is', () => {
    expect(precisionPoints(judged.curves[0]?.precisionRecall ?? [])).toEqual([
      { x: 0, y: 1 },
      { x: 0.5, y: 1 },
      { x: 0.5, y: 0.75 },
      { x: 1, y: 0.75 },
    ]);
    expect(calibrationRange(models)).toEqual([0.2, 0.25]);
    const one = { ...judged, calibration: [{ predicted: 5, observed: 5, rows: 1 }] };
    expect(calibrationRange([{ name: 'Together', kind: 'accent', judged: one }])).toEqual([4, 6]);
  });
});

describe('worstRows', () => {
  const row = (at: number, actual: number | undefined, said: number | undefined): WorstRow => ({
    row: at,
    loss: 1,
    actual,
    said,
    confidence: undefined,
    example: { kind: 'texts', text: '' },
  });
  const rows = [row(0, 0, 1), row(1, 1, 1), row(2, 2, 0)];
  const ids = (filter: Partial<Parameters<typeof worstRows>[1]>) =>
    worstRows(rows, { actual: '', said: '', wrong: false, ...filter }, true).map(({ row: at }) => at);

  it('filters by what is true, what was said, and wrong ones', () => {
    expect(ids({})).toEqual([0, 1, 2]);
    expect(ids({ actual: '1' })).toEqual([1]);
    expect(ids({ said: '0' })).toEqual([2]);
    expect(ids({ said: '1', wrong: true })).toEqual([0]);
  });

  it('hides no number and no text', () => {
    const filter = { actual: '1', said: '1', wrong: true };
    expect(worstRows([row(0, 5, 7), row(1, undefined, undefined)], filter, false)).toHaveLength(2);
  });
});
