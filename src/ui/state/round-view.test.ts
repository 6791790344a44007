import { describe, expect, it } from 'vitest';
import type { ParticipationStatus, RoundProgress } from '../../session/status.ts';
import { cohortSites, curvePoints, curvesCsv, hasMasks, phaseStates } from './round-view.ts';

const live: RoundProgress = {
  round: 3,
  step: 2,
  kind: 'training',
  phase: 'mask',
  phaseEndsAtMs: 0,
  index: 1,
  joined: 4,
  threshold: 3,
  dealt: [0, 1, 2, 3],
  acked: [0, 1, 2],
  u2: [0, 1, 2],
  masked: [1],
  attested: [],
  u3: [],
  answered: [],
  voted: [],
};

describe('phaseStates', () => {
  it('marks what is over, what is now and what comes', () => {
    expect(phaseStates(live).map(({ state }) => state)).toEqual(['done', 'done', 'now', 'next', 'next', 'next']);
    expect(phaseStates(live)[2]?.count).toEqual({ done: 1, of: 3 });
    expect(phaseStates(live)[3]?.count).toBeUndefined();
  });

  it('counts deals while dealing, and acknowledgements afterwards', () => {
    expect(phaseStates({ ...live, phase: 'share', dealt: [0] })[1]?.count).toEqual({ done: 1, of: 4 });
    expect(phaseStates(live)[1]?.count).toEqual({ done: 3, of: 4 });
  });

  it('has all done when settled and all to come before a round', () => {
    expect(phaseStates({ ...live, phase: 'settled' }).every(({ state }) => state === 'done')).toBe(true);
    expect(phaseStates(undefined).every(({ state }) => state === 'next')).toBe(true);
  });
});

describe('cohortSites', () => {
  it('shows who left, and oneself', () => {
    expect(cohortSites(live).map(({ state }) => state)).toEqual(['in', 'you', 'in', 'gone']);
    expect(cohortSites({ ...live, phase: 'join', index: -1 }).map(({ state }) => state)).toEqual([
      'in',
      'in',
      'in',
      'in',
    ]);
    expect(cohortSites({ ...live, phase: 'vote', u3: [1, 2] }).map(({ state }) => state)).toEqual([
      'gone',
      'you',
      'in',
      'gone',
    ]);
  });

  it('draws masks once shares are out', () => {
    expect(hasMasks(undefined)).toBe(false);
    expect(hasMasks({ ...live, phase: 'share' })).toBe(false);
    expect(hasMasks(live)).toBe(true);
  });
});

describe('curvePoints', () => {
  const confusion = { truePositives: 4, falsePositives: 1, trueNegatives: 3, falseNegatives: 1 };
  const metrics = (accuracy: number) => ({
    rows: 9,
    accuracy,
    balancedAccuracy: accuracy,
    auc: 0.9,
    logLoss: 0.5,
    confusion,
  });
  const round = {
    kind: 'training',
    reason: '',
    joined: 4,
    survivors: 4,
    modelHash: '',
    durationMs: 1,
    uploadBytes: 1,
  } as const;
  const status: ParticipationStatus = {
    state: 'round',
    message: '',
    task: '1',
    trainingRounds: 3,
    step: 3,
    modelHash: '',
    history: [
      { ...round, round: 1, step: 0, kind: 'statistics', outcome: 'accepted' },
      { ...round, round: 2, step: 1, outcome: 'accepted', together: metrics(0.5) },
      { ...round, round: 3, step: 2, outcome: 'void', together: metrics(0.1) },
      { ...round, round: 4, step: 2, outcome: 'rejected', together: metrics(0.7) },
    ],
  };

  it('takes each evaluated model once, void rounds left out', () => {
    expect(curvePoints(status).map(({ after, accuracy }) => [after, accuracy])).toEqual([
      [0, 0.5],
      [1, 0.7],
    ]);
    expect(curvePoints(undefined)).toEqual([]);
  });

  it('writes them as CSV', () => {
    expect(curvesCsv(curvePoints(status))).toBe(
      'training_rounds,accuracy,auc,log_loss\n0,0.5,0.9,0.5\n1,0.7,0.9,0.5\n',
    );
  });
});
