import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../dataset/heart.ts';
import { learningRateAt } from './learning-rate.ts';
import type { ScheduleSpec, TrainingSpec } from './training-spec.ts';

const training = (rounds: number, schedule?: ScheduleSpec): TrainingSpec => ({
  ...heartTaskSpec().training,
  rounds,
  learningRate: 0.8,
  ...(schedule && { schedule }),
});
const rates = (spec: TrainingSpec) => Array.from({ length: spec.rounds }, (_, i) => learningRateAt(spec, i + 1));
const near = (values: readonly number[]) => values.map((value): unknown => expect.closeTo(value, 12));

describe('learningRateAt', () => {
  it.each<[string, ScheduleSpec | undefined, number[]]>([
    ['none', undefined, [0.8, 0.8, 0.8, 0.8, 0.8]],
    ['a warm-up of three', { kind: 'constant', warmUp: 3 }, [0.2, 0.4, 0.6, 0.8, 0.8]],
    ['half every two rounds', { kind: 'step', warmUp: 0, every: 2, factor: 0.5 }, [0.8, 0.8, 0.4, 0.4, 0.2]],
    ['steps after a warm-up', { kind: 'step', warmUp: 1, every: 2, factor: 0.5 }, [0.4, 0.8, 0.8, 0.4, 0.4]],
    // 0.1 + 0.9 (1 + cos 0, 45, 90, 135, 180 degrees) / 2
    [
      'a cosine',
      { kind: 'cosine', warmUp: 0, floor: 0.1 },
      [0.8, 0.8 * (0.55 + 0.45 * Math.SQRT1_2), 0.44, 0.8 * (0.55 - 0.45 * Math.SQRT1_2), 0.08],
    ],
    ['a cosine of one round', { kind: 'cosine', warmUp: 4, floor: 0.1 }, [0.16, 0.32, 0.48, 0.64, 0.8]],
  ])('follows %s', (_, schedule, expected) => {
    expect(rates(training(5, schedule))).toEqual(near(expected));
  });

  it('is above zero and at most the rate for every schedule, and refuses rounds that there are not', () => {
    const warmUp = fc.integer({ min: 0, max: 10_000 });
    const share = fc.double({ min: 0.001, max: 1, noNaN: true });
    const schedules: fc.Arbitrary<ScheduleSpec> = fc.oneof(
      fc.record({ kind: fc.constant('constant' as const), warmUp }),
      fc.record({ kind: fc.constant('step' as const), warmUp, every: fc.integer({ min: 1, max: 10 }), factor: share }),
      fc.record({ kind: fc.constant('cosine' as const), warmUp, floor: share }),
    );
    fc.assert(
      fc.property(schedules, fc.integer({ min: 1, max: 10_000 }), fc.nat(), (schedule, rounds, place) => {
        const rate = learningRateAt(training(rounds, schedule), 1 + (place % rounds));
        expect(rate).toBeGreaterThan(0);
        expect(rate).toBeLessThanOrEqual(0.8 * (1 + 1e-12));
      }),
    );
    expect(() => learningRateAt(training(5), 0)).toThrow('no training round 0');
    expect(() => learningRateAt(training(5), 6)).toThrow('no training round 6');
  });
});
