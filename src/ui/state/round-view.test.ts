import { describe, expect, it } from 'vitest';
import type { ModelMetrics, ParticipationStatus, RoundProgress } from '../../session/status.ts';
import {
  cohortSites,
  collusion,
  curveOf,
  curvePoints,
  lostAt,
  maskState,
  phaseStates,
  seriesOf,
  standing,
} from './round-view.ts';

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
  it('shows who has spoken, and oneself', () => {
    expect(cohortSites(live).map(({ state, you }) => (you ? `you ${state}` : state))).toEqual([
      'waiting',
      'you spoken',
      'waiting',
      'gone',
    ]);
    expect(cohortSites({ ...live, phase: 'join', index: -1 }).every(({ state }) => state === 'spoken')).toBe(true);
  });

  it('says where the round went on without a site', () => {
    const full = { ...live, dealt: [0, 1, 2], u2: [0, 1], masked: [0, 1], u3: [0], joined: 4 };
    const at = (phase: RoundProgress['phase']) => [0, 1, 2, 3].map((index) => lostAt({ ...full, phase }, index));
    expect(at('share')).toEqual([undefined, undefined, undefined, undefined]);
    expect(at('ack')).toEqual([undefined, undefined, undefined, 'no-shares']);
    expect(at('mask')).toEqual([undefined, undefined, 'not-acknowledged', 'no-shares']);
    expect(at('unmask')).toEqual([undefined, 'not-attested', 'not-acknowledged', 'no-shares']);
    expect(lostAt({ ...full, phase: 'have', masked: [0] }, 1)).toBe('no-vector');
  });

  it('tells of a void round only what it got to', () => {
    const early = { ...live, phase: 'void', dealt: [0, 1], u2: [], masked: [] } as const;
    expect([0, 2].map((index) => lostAt(early, index))).toEqual([undefined, 'no-shares']);
    expect(lostAt({ ...live, phase: 'void' }, 0)).toBeUndefined();
  });

  it('tells a silent survivor from one that left', () => {
    const voting = { ...live, phase: 'vote', masked: [0, 1, 2], u3: [0, 1, 2], answered: [0, 1], voted: [0] } as const;
    expect(cohortSites(voting).map(({ silent }) => silent)).toEqual([false, false, true, false]);
    expect(cohortSites(voting)[2]?.state).toBe('waiting');
  });
});

describe('maskState', () => {
  it('has masks once they are made, and none in the sum', () => {
    expect(maskState(undefined)).toBe('none');
    expect(maskState({ ...live, phase: 'ack' })).toBe('none');
    expect(maskState(live)).toBe('shared');
    expect(maskState({ ...live, phase: 'vote' })).toBe('cancelled');
  });
});

describe('standing', () => {
  it('tells whether the round counts on this tab', () => {
    expect(standing(undefined)).toBe('between');
    expect(standing({ ...live, phase: 'settled' })).toBe('between');
    expect(standing(live)).toBe('in');
    expect(standing({ ...live, index: -1 })).toBe('outside');
    expect(standing({ ...live, index: 3 })).toBe('left-behind');
    const { index: _, ...early } = live;
    expect(standing(early)).toBe('in');
  });
});

describe('collusion', () => {
  it('needs the threshold with the relay, everybody else without', () => {
    expect(collusion({ ...live, joined: 8, threshold: 6 })).toEqual({ members: 8, withRelay: 6, without: 7 });
    expect(collusion({ ...live, joined: 3, threshold: 3 })).toEqual({ members: 3, withRelay: 2, without: 2 });
  });

  it('counts those in the sum once they are known', () => {
    const late = { ...live, phase: 'vote', joined: 8, threshold: 6, u3: [0, 1, 2, 3, 4, 5] } as const;
    expect(collusion(late)).toEqual({ members: 6, withRelay: 5, without: 5 });
    expect(collusion({ ...live, phase: 'join' })).toBeUndefined();
  });
});

describe('curvePoints', () => {
  const confusion = { truePositives: 4, falsePositives: 1, trueNegatives: 3, falseNegatives: 1 };
  const metrics = (accuracy: number): ModelMetrics => ({
    kind: 'binary',
    names: ['no', 'yes'],
    rows: 9,
    accuracy,
    balancedAccuracy: accuracy,
    f1: undefined,
    auc: undefined,
    logLoss: 1 - accuracy,
    confusion,
  });
  const round = {
    kind: 'training',
    reason: 0,
    joined: 4,
    survivors: 4,
    part: 'counted',
    released: true,
    modelHash: '',
    durationMs: 1,
    uploadBytes: 1,
  } as const;
  const status: ParticipationStatus = {
    state: 'round',
    note: 'taking-part',
    task: '1',
    trainingRounds: 3,
    step: 3,
    modelHash: '',
    history: [
      { ...round, round: 1, step: 0, kind: 'statistics', outcome: 'accepted', own: metrics(0.4), alone: metrics(0.3) },
      { ...round, round: 2, step: 1, outcome: 'accepted', together: metrics(0.5), own: metrics(0.6) },
      { ...round, round: 3, step: 2, outcome: 'void', together: metrics(0.1), own: metrics(0.1) },
      { ...round, round: 4, step: 2, outcome: 'rejected', together: metrics(0.7) },
      {
        ...round,
        round: 5,
        step: 4,
        kind: 'evaluation',
        outcome: 'accepted',
        together: metrics(0.8),
        own: metrics(0.9),
      },
    ],
  };

  it('puts each figure at the model that it is of, void rounds left out', () => {
    expect(curvePoints(status, 'accuracy')).toEqual([
      { after: 0, together: 0.4, alone: 0.3, pooled: 0.5 },
      { after: 1, together: 0.6, alone: undefined, pooled: 0.7 },
      { after: 3, together: 0.9, alone: undefined, pooled: 0.8 },
    ]);
    expect(curvePoints(status, 'auc')).toEqual([]);
    expect(curvePoints(undefined, 'accuracy')).toEqual([]);
  });

  it('has curves of every kind, and falls back on its first', () => {
    expect(curveOf('binary', 'auc')).toBe('auc');
    expect(curveOf('value', 'auc')).toBe('rmse');
    const next = { kind: 'next', characters: 9, accuracy: 0.5, bitsPerCharacter: 2 } as const;
    const texts = { ...status, history: [{ ...round, round: 1, step: 1, outcome: 'accepted' as const, own: next }] };
    expect(curvePoints(texts, curveOf('next', ''))).toEqual([
      { after: 1, together: 2, alone: undefined, pooled: undefined },
    ]);
    expect(curvePoints(texts, 'rmse')).toEqual([]);
  });

  it('gives lines without the points that nobody knows', () => {
    expect(seriesOf(curvePoints(status, 'accuracy'), 'alone')).toEqual([{ x: 0, y: 0.3 }]);
  });
});
