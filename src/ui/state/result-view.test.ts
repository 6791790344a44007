import { describe, expect, it } from 'vitest';
import type { JudgedModel } from '../../session/status.ts';
import { calibrationRows, gainOf, rightRows, rocRows } from './result-view.ts';

const metrics = (right: number) => ({
  rows: 26,
  accuracy: right / 26,
  balancedAccuracy: undefined,
  auc: undefined,
  logLoss: 0.5,
  confusion: { truePositives: right - 10, trueNegatives: 10, falsePositives: 26 - right, falseNegatives: 0 },
});
const judged: JudgedModel = {
  metrics: metrics(22),
  roc: [
    { falsePositiveRate: 0, truePositiveRate: 0 },
    { falsePositiveRate: 1, truePositiveRate: 1 },
  ],
  calibration: [{ predicted: 0.2, observed: 0.25, rows: 4 }],
};

describe('gainOf', () => {
  it('compares rows right', () => {
    expect(rightRows(metrics(22))).toBe(22);
    expect(gainOf(metrics(22), metrics(19))).toBe('better');
    expect(gainOf(metrics(19), metrics(19))).toBe('same');
    expect(gainOf(metrics(18), metrics(19))).toBe('worse');
  });
});

describe('rows of the charts', () => {
  it('name the model of each point', () => {
    const models = [
      { name: 'Together', kind: 'accent', judged },
      { name: 'Alone', kind: 'soft', judged: { ...judged, roc: [] } },
    ] as const;
    expect(rocRows(models)).toEqual([
      ['Together', 0, 0],
      ['Together', 1, 1],
    ]);
    expect(calibrationRows(models)).toEqual([
      ['Together', 0.2, 0.25, 4],
      ['Alone', 0.2, 0.25, 4],
    ]);
  });
});
