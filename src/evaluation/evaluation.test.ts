import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import { pairedBootstrap } from './bootstrap.ts';
import { metricsFromCounts as readCounts } from '../aggregation/evaluation-counts.ts';
import type { BinaryMetrics } from '../protocol/metrics.ts';
import { exactAuc } from './auc.ts';
import { exactMetrics as exactOf } from './examination.ts';
import { rowLosses } from './losses.ts';
import { createTally } from './tally.ts';
import { judge, verdict } from './verdict.ts';

const target = { kind: 'binary', names: ['no', 'yes'] } as const;
const evaluate = (predictions: Float32Array, truth: Uint8Array, bins: number) => {
  const tally = createTally(target, bins);
  tally.accumulate(predictions, truth);
  return tally.counts();
};
const metricsFromCounts = (sum: Float64Array) => readCounts(target, sum) as BinaryMetrics | undefined;
const exactMetrics = (predictions: Float32Array, truth: Uint8Array) => exactOf(target, predictions, truth);
const perRowLogLoss = (predictions: Float32Array, truth: Uint8Array) => rowLosses(target, predictions, truth);

// negatives 0.1 and 0.4, positives 0.4 and 0.8: the pairs are won 1, tied ½, won 2 of 4
const scores = Float32Array.of(0.1, 0.4, 0.4, 0.8);
const labels = Uint8Array.of(0, 1, 0, 1);

describe('evaluate', () => {
  it('counts; worked by hand', () => {
    const vector = evaluate(scores, labels, 4);
    const loss = -(Math.log(0.9) + Math.log(0.4) + Math.log(0.6) + Math.log(0.8));
    expect(Array.from(vector)).toEqual([1, 0, 2, 1, 4, 2, 2, Math.round(loss * 65_536), 1, 1, 0, 0, 0, 1, 0, 1]);
    expect(metricsFromCounts(vector)).toEqual({
      kind: 'binary',
      names: ['no', 'yes'],
      rows: 4,
      accuracy: 0.75,
      balancedAccuracy: 0.75,
      f1: 2 / 3,
      auc: 3.5 / 4,
      logLoss: expect.closeTo(loss / 4, 5) as number,
      confusion: { truePositives: 1, falsePositives: 0, trueNegatives: 2, falseNegatives: 1 },
    });
  });

  it('takes scores of exactly 0, 0.5 and 1, and no others at the edge', () => {
    const metrics = metricsFromCounts(evaluate(Float32Array.of(0, 0.5, 1), Uint8Array.of(0, 1, 0), 10));
    expect(metrics?.confusion).toEqual({ truePositives: 1, falsePositives: 1, trueNegatives: 1, falseNegatives: 0 });
    expect(metrics?.logLoss).toBeCloseTo((23 * Math.LN2 + Math.LN2) / 3, 4);
    expect(() => evaluate(Float32Array.of(1.5), Uint8Array.of(0), 10)).toThrow('outside [0, 1]');
    expect(() => evaluate(Float32Array.of(Number.NaN), Uint8Array.of(0), 10)).toThrow('outside [0, 1]');
  });

  it('says nothing of no rows and of one class', () => {
    expect(metricsFromCounts(evaluate(new Float32Array(0), new Uint8Array(0), 4))).toBeUndefined();
    expect(exactMetrics(new Float32Array(0), new Uint8Array(0))).toBeUndefined();
    const one = metricsFromCounts(evaluate(Float32Array.of(0.9), Uint8Array.of(1), 4));
    expect(one).toMatchObject({ accuracy: 1, balancedAccuracy: undefined, auc: undefined });
  });

  const rows = fc.array(fc.tuple(fc.float({ min: 0, max: 1, noNaN: true }), fc.nat(1)), {
    minLength: 1,
    maxLength: 40,
  });

  it('always gives counts that a fold accepts, whose sum is that of all rows', () => {
    fc.assert(
      fc.property(rows, rows, (a, b) => {
        const vector = (set: typeof a) =>
          evaluate(
            Float32Array.from(set, ([score]) => score),
            Uint8Array.from(set, ([, label]) => label),
            6,
          );
        const sum = vector(a).map((count, i) => count + (vector(b)[i] as number));
        const joint = vector([...a, ...b]);
        expect(metricsFromCounts(sum)?.confusion).toEqual(metricsFromCounts(joint)?.confusion);
        expect(metricsFromCounts(sum)?.auc).toBe(metricsFromCounts(joint)?.auc);
      }),
    );
  });

  it('agrees with an AUC over all pairs', () => {
    fc.assert(
      fc.property(rows, (set) => {
        const negatives = set.filter(([, label]) => label === 0);
        const positives = set.filter(([, label]) => label === 1);
        const exact = exactAuc(
          Float32Array.from(set, ([score]) => score),
          Uint8Array.from(set, ([, label]) => label),
        );
        const pairs = positives.flatMap(([p]) => negatives.map(([q]) => (p > q ? 1 : p === q ? 0.5 : 0)));
        const won = pairs.reduce((sum: number, value) => sum + value, 0);
        expect(exact === undefined).toBe(pairs.length === 0);
        expect((exact ?? 0) * pairs.length).toBeCloseTo(won, 9);
      }),
    );
    expect(exactAuc(scores, labels)).toBe(0.875);
  });
});

describe('pairedBootstrap', () => {
  const seed = () => sha256(utf8('bootstrap'));

  it('is exact where it can be worked by hand', async () => {
    // All differences are 0.25: every resample has that mean.
    const before = Float64Array.of(1, 2, 3);
    expect(
      pairedBootstrap({ before, after: before.map((loss) => loss + 0.25), replicates: 40, seed: await seed() }),
    ).toEqual({ low: 0.25, high: 0.25, mean: 0.25 });
    // Differences 0 and 1: resamples have mean 0, ½, 1 with chances ¼, ½, ¼, so the 95 % interval is [0, 1].
    expect(
      pairedBootstrap({
        before: Float64Array.of(0, 0),
        after: Float64Array.of(0, 1),
        replicates: 1000,
        seed: await seed(),
      }),
    ).toEqual({ low: 0, high: 1, mean: 0.5 });
  });

  it('is near the normal interval on many rows, and repeats', async () => {
    // Differences alternate between -1 and 1.2: mean 0.1, standard error 1.1 / √400 = 0.055.
    const after = Float64Array.from({ length: 400 }, (_, i) => (i % 2 === 0 ? -1 : 1.2));
    const input = { before: new Float64Array(400), after, replicates: 4000, seed: await seed() };
    const interval = pairedBootstrap(input);
    expect(interval.low).toBeCloseTo(0.1 - 1.96 * 0.055, 1.5);
    expect(interval.high).toBeCloseTo(0.1 + 1.96 * 0.055, 1.5);
    expect(pairedBootstrap(input)).toEqual(interval);
  });
});

describe('verdict', () => {
  it('abstains while the interval holds zero', () => {
    expect(verdict({ low: 0.1, high: 0.2, mean: 0.15 })).toBe('worse');
    expect(verdict({ low: -0.2, high: -0.1, mean: -0.15 })).toBe('better');
    expect(verdict({ low: 0, high: 0.1, mean: 0.05 })).toBe('abstain');
    expect(verdict({ low: -0.1, high: 0.1, mean: 0 })).toBe('abstain');
  });

  it('judges by the losses of rows, and abstains on a handful', async () => {
    const seed = await sha256(utf8('judge'));
    const good = perRowLogLoss(new Float32Array(20).fill(0.9), new Uint8Array(20).fill(1));
    const poor = perRowLogLoss(new Float32Array(20).fill(0.2), new Uint8Array(20).fill(1));
    expect(judge({ before: good, after: poor, seed })).toBe('worse');
    expect(judge({ before: poor, after: good, seed })).toBe('better');
    expect(judge({ before: poor.slice(0, 9), after: good.slice(0, 9), seed })).toBe('abstain');
    expect(judge({ before: new Float64Array(0), after: new Float64Array(0), seed })).toBe('abstain');
  });
});
