import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { averagePrecision, calibrationBins, precisionRecallCurve, rocCurve, type RocPoint } from './curves.ts';
import { exactAuc } from './auc.ts';

/** Trapezoids. */
function area(points: readonly RocPoint[]): number {
  return points.slice(1).reduce((sum, to, i) => {
    const from = points[i] as RocPoint;
    return sum + ((to.falsePositiveRate - from.falsePositiveRate) * (to.truePositiveRate + from.truePositiveRate)) / 2;
  }, 0);
}

const pairs = (points: readonly RocPoint[]) =>
  points.map(({ falsePositiveRate, truePositiveRate }) => [falsePositiveRate, truePositiveRate]);

describe('rocCurve', () => {
  it('is worked by hand: a tie of both classes is a slope', () => {
    // By falling score: 0.9 is 1, 0.6 is one of each, 0.3 is 0.
    const curve = rocCurve(Float32Array.of(0.6, 0.9, 0.3, 0.6), Uint8Array.of(1, 1, 0, 0));
    expect(pairs(curve)).toEqual([
      [0, 0],
      [0, 0.5],
      [0.5, 1],
      [1, 1],
    ]);
    expect(area(curve)).toBe(3.5 / 4);
  });

  it('keeps corners only', () => {
    const perfect = rocCurve(Float32Array.of(0.9, 0.8, 0.7, 0.2, 0.1), Uint8Array.of(1, 1, 1, 0, 0));
    expect(pairs(perfect)).toEqual([
      [0, 0],
      [0, 1],
      [1, 1],
    ]);
    const blind = rocCurve(Float32Array.of(0.5, 0.5, 0.5), Uint8Array.of(1, 0, 0));
    expect(pairs(blind)).toEqual([
      [0, 0],
      [1, 1],
    ]);
  });

  it('is empty where a class is absent', () => {
    expect(rocCurve(Float32Array.of(0.5), Uint8Array.of(1))).toEqual([]);
    expect(rocCurve(new Float32Array(0), new Uint8Array(0))).toEqual([]);
  });

  it('rises from (0, 0) to (1, 1) over the exact area, thinned or not', () => {
    const rows = fc.array(fc.tuple(fc.nat(3000), fc.nat(1)), { minLength: 2, maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(rows, (set) => {
        const scores = Float32Array.from(set, ([score]) => score / 3000);
        const labels = Uint8Array.from(set, ([, label]) => label);
        const curve = rocCurve(scores, labels);
        const auc = exactAuc(scores, labels);
        fc.pre(auc !== undefined);
        expect(curve.length).toBeLessThanOrEqual(200);
        expect(pairs(curve)[0]).toEqual([0, 0]);
        expect(pairs(curve).at(-1)).toEqual([1, 1]);
        for (const [i, to] of curve.entries()) {
          const from = curve[Math.max(0, i - 1)] as RocPoint;
          expect(to.falsePositiveRate).toBeGreaterThanOrEqual(from.falsePositiveRate);
          expect(to.truePositiveRate).toBeGreaterThanOrEqual(from.truePositiveRate);
        }
        expect(area(curve)).toBeCloseTo(auc ?? Number.NaN, 9);
      }),
      { numRuns: 60 },
    );
  });
});

describe('precisionRecallCurve', () => {
  it('is worked by hand: steps, a tie is one threshold', () => {
    // By falling score: 1, then a tie of 1 and 0, then 0, then 1: found 1 of 1, 2 of 3, 3 of 5.
    const steps = precisionRecallCurve(Float32Array.of(0.9, 0.6, 0.6, 0.3, 0.1), Uint8Array.of(1, 1, 0, 0, 1));
    expect(steps).toEqual([
      { recall: 1 / 3, precision: 1 },
      { recall: 2 / 3, precision: expect.closeTo(2 / 3, 12) as number },
      { recall: 1, precision: expect.closeTo(3 / 5, 12) as number },
    ]);
    expect(averagePrecision(steps)).toBeCloseTo((1 + 2 / 3 + 3 / 5) / 3, 12);
    expect(precisionRecallCurve(Float32Array.of(0.5), Uint8Array.of(0))).toEqual([]);
    expect(averagePrecision([])).toBeUndefined();
  });

  it('has the same area thinned or not, and precisions in (0, 1]', () => {
    const rows = fc.array(fc.tuple(fc.nat(3000), fc.nat(1)), { minLength: 2, maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(rows, (set) => {
        const sorted = [...set].sort(([a], [b]) => b - a);
        const positives = set.filter(([, label]) => label === 1).length;
        fc.pre(positives > 0);
        // Mean precision over positives, each at its score's threshold.
        const at = (score: number) => sorted.filter(([other]) => other >= score);
        const thresholds = new Map<number, number>();
        for (const [score] of sorted)
          if (!thresholds.has(score)) {
            const above = at(score);
            thresholds.set(score, above.filter(([, label]) => label === 1).length / above.length);
          }
        const exact =
          set.reduce((sum, [score, label]) => sum + label * (thresholds.get(score) as number), 0) / positives;
        const steps = precisionRecallCurve(
          Float32Array.from(set, ([score]) => score / 3000),
          Uint8Array.from(set, ([, label]) => label),
        );
        expect(steps.length).toBeLessThanOrEqual(200);
        expect(steps.at(-1)?.recall).toBe(1);
        for (const { precision } of steps) {
          expect(precision).toBeGreaterThan(0);
          expect(precision).toBeLessThanOrEqual(1 + 1e-9);
        }
        expect(averagePrecision(steps)).toBeCloseTo(exact, 9);
      }),
      { numRuns: 20 },
    );
  });
});

describe('calibrationBins', () => {
  it('is worked by hand: means of what was said and of what was so; empty bins are left out', () => {
    const bins = calibrationBins(Float32Array.of(0.125, 0.25, 0.5, 0.75, 1), Uint8Array.of(0, 1, 0, 1, 1), 2);
    expect(bins).toEqual([
      { predicted: 0.1875, observed: 0.5, rows: 2 },
      { predicted: 0.75, observed: 2 / 3, rows: 3 },
    ]);
    expect(calibrationBins(Float32Array.of(0.95), Uint8Array.of(1), 10)).toEqual([
      { predicted: expect.closeTo(0.95, 6) as number, observed: 1, rows: 1 },
    ]);
  });

  it('refuses what is no probability', () => {
    expect(() => calibrationBins(Float32Array.of(-0.1), Uint8Array.of(0), 10)).toThrow('outside [0, 1]');
    expect(() => calibrationBins(Float32Array.of(Number.NaN), Uint8Array.of(0), 10)).toThrow('outside [0, 1]');
    expect(() => calibrationBins(Float32Array.of(0.5), Uint8Array.of(0, 1), 10)).toThrow('1 scores for 2 labels');
  });
});
