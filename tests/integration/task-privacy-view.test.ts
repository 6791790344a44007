/** What the page hears of a task's cost in privacy, and when it may not be joined. */
import { expect, test } from 'vitest';
import { heartTaskSpec } from '../../src/dataset/heart.ts';
import { largestFractionBits } from '../../src/protocol/noise-plan.ts';
import type { UserPrivacySpec } from '../../src/protocol/privacy-spec.ts';
import { checkTaskSpec, type TaskSpec, weightCount } from '../../src/protocol/task-spec.ts';
import { checkHonest } from '../../src/session/releases.ts';
import { privacyOf } from '../../workers/task-privacy-view.ts';

const heart = heartTaskSpec();
// The worst roster is one of 28: the threshold is 18, and 7 of those may collude, so that 11 are sure to be honest.
const parameters = { minCohort: 24, maxCohort: 40, corruptBps: 2_500, survivorFloor: 18 };

function userTask(honest: number, release: 'off' | 'exact' = 'off'): TaskSpec {
  const privacy: UserPrivacySpec = { kind: 'user', noiseMultiplier: 8, delta: 1e-5, honest };
  const masking = { ...heart.masking, clipNorm: 1, maxCohort: 40, updateWidth: 18 };
  const updateFractionBits = largestFractionBits(weightCount(heart), masking, 18, privacy) as number;
  return checkTaskSpec({
    ...heart,
    evaluation: { ...heart.evaluation, release },
    masking: { ...masking, updateFractionBits },
    privacy,
  });
}

test('a task without noise has no limit, and anybody may join it', () => {
  const few = { minCohort: 3, maxCohort: 16, corruptBps: 2_500, survivorFloor: 3 };
  expect(privacyOf(heart, few)).toEqual({ open: ['statistics', 'weight', 'update', 'evaluation', 'verdict'] });
  expect(() => checkHonest(heart, few)).not.toThrow();
});

test('a task with noise tells the cost of all its rounds', () => {
  const privacy = privacyOf(userTask(10), parameters);
  expect(privacy).toMatchObject({ delta: 1e-5, protects: 'user', noise: 'user', rounds: heart.training.rounds });
  expect('epsilon' in privacy && privacy.epsilon).toBeGreaterThan(0);
  expect(privacy).not.toHaveProperty('tooFew');
});

test('exact scores leave no limit, although there is noise', () => {
  expect(privacyOf(userTask(10, 'exact'), parameters)).toEqual({ open: ['evaluation'], noise: 'user' });
});

test('a task whose noise counts on more honest sites than there are is not joined', () => {
  const privacy = privacyOf(userTask(20), parameters);
  expect(privacy.tooFew).toEqual({ needed: 20, sure: 11 });
  expect(() => checkHonest(userTask(20), parameters)).toThrow('counts on 20 honest sites');
  expect(() => checkHonest(userTask(11), parameters)).not.toThrow();
});

test('a record’s noise counts on nobody else', () => {
  const privacy = { kind: 'records', noiseMultiplier: 1.1, delta: 1e-5, clipNorm: 1, samplingRate: 0.05 } as const;
  const task = checkTaskSpec({ ...heart, evaluation: { ...heart.evaluation, release: 'off' }, privacy });
  const few = { minCohort: 3, maxCohort: 16, corruptBps: 2_500, survivorFloor: 3 };
  expect(privacyOf(task, few)).toMatchObject({ protects: 'records', noise: 'records' });
  expect(() => checkHonest(task, few)).not.toThrow();
});
