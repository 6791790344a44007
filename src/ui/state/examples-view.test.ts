import { describe, expect, it } from 'vitest';
import type { ExamplesReport } from '../../dataset/example-report.ts';
import { lineRuns, rangeOf, splitRule } from './examples-view.ts';

const report: ExamplesReport = {
  kind: 'texts',
  fileName: 'a.txt',
  sizeBytes: 1,
  plan: { classes: {}, columns: {}, fit: 'squeeze', accepted: [] },
  findings: [],
  rows: 2,
  droppedRows: 0,
  trainRows: 1,
  heldOutRows: 1,
  classes: [{ name: 'ham', count: 2 }],
  preview: { kind: 'texts', texts: [] },
};

describe('a report on examples', () => {
  it('tells how they were split', () => {
    expect(splitRule(report)).toBe('byClass');
    expect(splitRule({ ...report, classes: [] })).toBe('byChance');
    expect(splitRule({ ...report, kind: 'series' })).toBe('byTime');
  });

  it('breaks a line where values are missing', () => {
    const runs = lineRuns([1, NaN, 3, 4, NaN]);
    expect(runs).toEqual([
      [{ x: 0, y: 1 }],
      [
        { x: 2, y: 3 },
        { x: 3, y: 4 },
      ],
    ]);
    expect(lineRuns([NaN])).toEqual([]);
  });

  it('takes the range of what is known', () => {
    expect(rangeOf([3, NaN, -1])).toEqual([-1, 3]);
    expect(rangeOf([NaN])).toBeUndefined();
  });
});
