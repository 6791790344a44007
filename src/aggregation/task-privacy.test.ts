import { describe, expect, it } from 'vitest';
import { heartTaskSpec } from '../dataset/heart.ts';
import { gaussianCost } from '../privacy/accountant.ts';
import { largestFractionBits } from '../protocol/noise-plan.ts';
import type { UserPrivacySpec } from '../protocol/privacy-spec.ts';
import { checkTaskSpec, type TaskSpec, weightCount } from '../protocol/task-spec.ts';
import { featureWidth } from '../protocol/target.ts';
import { fewestHonest } from '../protocol/threshold.ts';
import { evaluationParts, roundLayout, statisticsParts } from './layouts.ts';
import { taskPrivacy } from './task-privacy.ts';

const heart = heartTaskSpec();
const user: UserPrivacySpec = { kind: 'user', noiseMultiplier: 8, delta: 1e-5, honest: 20 };
const silent = { ...heart.evaluation, release: 'off' } as const;

function userTask(changes: Partial<TaskSpec> = {}, privacy = user): TaskSpec {
  const masking = { ...heart.masking, clipNorm: 1, maxCohort: 40, updateWidth: 18 };
  const weights = weightCount(heart);
  const updateFractionBits = largestFractionBits(weights, masking, 18, privacy) as number;
  return checkTaskSpec({
    ...heart,
    evaluation: silent,
    masking: { ...masking, updateFractionBits },
    privacy,
    ...changes,
  });
}

describe('taskPrivacy', () => {
  it('is none where nothing has noise, and says what is released', () => {
    expect(taskPrivacy(heart, 10)).toEqual({
      kind: 'none',
      open: ['statistics', 'weight', 'update', 'evaluation', 'verdict'],
    });
  });

  it('is none where the evaluation is exact', () => {
    expect(taskPrivacy(userTask({ evaluation: heart.evaluation }), 20)).toEqual({ kind: 'none', open: ['evaluation'] });
  });

  it('comes near the Gaussian for a participant, and below it nowhere', () => {
    const cost = taskPrivacy(userTask(), 20);
    const ideal = gaussianCost({ z: 8, rounds: heart.training.rounds, q: 1, delta: 1e-5 }).epsilon;
    if (cost.kind === 'none') throw new Error('no epsilon');
    expect(cost).toMatchObject({ kind: 'epsilon', protects: 'user', delta: 1e-5, mechanism: 'skellam' });
    expect(cost.epsilon).toBeGreaterThan(ideal);
    expect(cost.epsilon).toBeLessThan(1.25 * ideal);
    expect(cost.order).toBeGreaterThan(1);
  });

  it('costs more with fewer honest members, and everything with none', () => {
    const [all, half] = [20, 10].map((honest) => taskPrivacy(userTask(), honest));
    if (all?.kind !== 'epsilon' || half?.kind !== 'epsilon') throw new Error('no epsilon');
    expect(half.epsilon).toBeGreaterThan(1.3 * all.epsilon);
    expect(taskPrivacy(userTask(), 0)).toEqual({ kind: 'none', open: [] });
  });

  it('is that of DP-SGD for records', () => {
    const privacy = { kind: 'records', noiseMultiplier: 1.1, delta: 1e-5, clipNorm: 1, samplingRate: 0.05 } as const;
    const task = checkTaskSpec({ ...heart, evaluation: silent, privacy });
    const { rounds, epochs = 1 } = heart.training;
    const expected = gaussianCost({ z: 1.1, rounds: rounds * epochs * 20, q: 0.05, delta: 1e-5 });
    expect(taskPrivacy(task, 1)).toMatchObject({ kind: 'epsilon', protects: 'records', ...expected });
    expect(taskPrivacy({ ...task, evaluation: heart.evaluation }, 1)).toEqual({ kind: 'none', open: ['evaluation'] });
  });
});

describe('a task with privacy', () => {
  it('releases noisy updates and constants only', async () => {
    const task = userTask();
    const purposes = (step: number) =>
      roundLayout(task, step).map(({ purpose, encoding }) => `${purpose} ${encoding.kind}`);
    expect(purposes(0)).toEqual(['weight fixed']);
    expect(purposes(1)).toEqual(['weight fixed', 'update noisy']);
    expect(purposes(task.training.rounds + 1)).toEqual(['weight fixed']);
    const rows = { features: new Float32Array(0), labels: new Uint8Array(0), rows: 0, width: featureWidth(task.data) };
    expect(await statisticsParts(task, rows)).toEqual([Float64Array.of(1)]);
    expect(evaluationParts(task, new Float64Array(0))).toEqual([Float64Array.of(1)]);
  });

  it('is refused where its noisy sum does not fit the ring', () => {
    const task = userTask();
    const { updateFractionBits } = task.masking;
    const finer = { ...task, masking: { ...task.masking, updateFractionBits: updateFractionBits + 1 } };
    expect(() => checkTaskSpec(finer)).toThrow(`fits 18 bits with at most ${updateFractionBits} fraction bits`);
    expect(() => checkTaskSpec({ ...task, masking: { ...task.masking, updateWidth: 4 } })).toThrow(
      'with no fraction bits',
    );
    expect(() => checkTaskSpec({ ...task, privacy: { ...user, honest: 41 } })).toThrow('at most 40 members');
    expect(() => checkTaskSpec({ ...task, privacy: { ...user, epsilon: 1 } })).toThrow('privacy');
  });
});

it('fewestHonest takes the worst cohort', () => {
  // n = 4: C = 1, t = 3, floor 3, so 2. n = 5: C = 1, t = 4: 3.
  expect(fewestHonest({ minCohort: 4, maxCohort: 5, corruptBps: 2500, survivorFloor: 3 })).toBe(2);
  expect(fewestHonest({ minCohort: 5, maxCohort: 5, corruptBps: 2500, survivorFloor: 5 })).toBe(4);
  // n = 8: C = 2, t = 6, so 4; n = 7: C = 1, t = 5, so 4; n = 12: C = 3, t = 8: 5.
  expect(fewestHonest({ minCohort: 7, maxCohort: 12, corruptBps: 2500, survivorFloor: 0 })).toBe(4);
});
