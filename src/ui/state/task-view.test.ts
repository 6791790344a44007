import { describe, expect, it } from 'vitest';
import type { TaskDetail, TaskRound, TaskSummary } from '../../../workers/api/tasks.ts';
import type { RoundMetrics } from '../../protocol/metrics.ts';
import { heartTaskSpec } from '../../dataset/heart.ts';
import {
  fileNameOf,
  foundTasks,
  hasModel,
  joinedPages,
  lastEvaluation,
  pooledPoints,
  roundsLeft,
  taskState,
  trainingDone,
} from './task-view.ts';
import { timeEstimate } from './task-time.ts';

const hash = `0x${'ab'.repeat(32)}` as const;
const summary = (task: string, more: Partial<TaskSummary> = {}): TaskSummary => ({
  task,
  title: `Heart ${task}`,
  description: 'Predict narrowing from ten measurements',
  creator: hash,
  status: 'running',
  step: 1,
  trainingRounds: 4,
  round: 2,
  phase: 'mask',
  phaseEndsAtMs: 0,
  joined: 4,
  sites: 4,
  minCohort: 3,
  maxCohort: 16,
  allowListed: false,
  stake: '0',
  poolLeft: '0',
  modelHash: hash,
  measure: 'accuracy',
  figures: [],
  ...more,
});
const round = (number: number, more: Partial<TaskRound> = {}): TaskRound => ({
  round: number,
  step: number - 1,
  kind: 'training',
  phase: 'settled',
  outcome: 'accepted',
  reason: 0,
  joined: 4,
  survivors: 4,
  openedAtBlock: number,
  openedAtMs: 1_000_000 + number * 60_000,
  phaseEndsAtMs: 0,
  modelHash: hash,
  ...more,
});
const metrics = (accuracy: number, auc?: number): RoundMetrics => ({
  kind: 'binary',
  names: ['no', 'yes'],
  rows: 40,
  accuracy,
  balancedAccuracy: accuracy,
  f1: 0.5,
  auc,
  logLoss: 0.5,
  confusion: { truePositives: 1, falsePositives: 1, trueNegatives: 1, falseNegatives: 1 },
});
const detail = (rounds: readonly TaskRound[], more: Partial<TaskDetail> = {}): TaskDetail => ({
  ...summary('1'),
  spec: heartTaskSpec(),
  privacy: { open: ['update'] },
  specHash: hash,
  samples: [],
  cost: { weights: 1, stepMultiplyAdds: 1, memoryBytes: 1, sentBytes: 1 },
  rounds,
  joinSeconds: 10,
  phaseSeconds: 20,
  beaconSeconds: 30,
  maxVoids: 20,
  corruptOfSmallest: 1,
  ...more,
});

describe('taskState', () => {
  it('is live only while a round runs', () => {
    expect(taskState(summary('1'))).toBe('live');
    for (const phase of ['none', 'settled', 'void'] as const)
      expect(taskState(summary('1', { phase }))).toBe('waiting');
    expect(taskState(summary('1', { status: 'finished' }))).toBe('finished');
    expect(taskState(summary('1', { status: 'failed' }))).toBe('failed');
  });
});

describe('foundTasks', () => {
  const tasks = [
    summary('5', { allowListed: true }),
    summary('4', { title: 'Lungs', description: 'Scans' }),
    summary('3', { status: 'finished' }),
    summary('2', { status: 'failed', title: '' }),
    summary('1', { round: 0, phase: 'none' }),
  ];
  const ids = (query: string, filter: Parameters<typeof foundTasks>[1]['filter'] = 'all', openTask = '0') =>
    foundTasks(tasks, { query, filter, openTask }).map(({ task }) => task);

  it('puts the network’s own task first and keeps the order of the others', () => {
    expect(ids('', 'all', '3')).toEqual(['3', '5', '4', '2', '1']);
  });

  it('searches words of title and description, in any case and order, and numbers', () => {
    expect(ids('lung')).toEqual(['4']);
    expect(ids('  TEN   heart ')).toEqual(['5', '3', '1']);
    expect(ids('2')).toEqual(['2']);
    expect(ids('liver')).toEqual([]);
  });

  it('filters by state', () => {
    expect(ids('', 'open')).toEqual(['4', '1']);
    expect(ids('', 'running')).toEqual(['5', '4']);
    expect(ids('', 'finished')).toEqual(['3']);
    expect(ids('', 'failed')).toEqual(['2']);
  });
});

describe('joinedPages', () => {
  it('has each task once, with its newest word, newest first', () => {
    const joined = joinedPages([summary('10', { joined: 7 })], [summary('9'), summary('10')], [summary('2')]);
    expect(joined.map(({ task, joined: sites }) => [task, sites])).toEqual([
      ['10', 7],
      ['9', 4],
      ['2', 4],
    ]);
  });
});

describe('rounds', () => {
  it('counts those that are done and those that are left', () => {
    expect([0, 1, 2, 4, 5].map((step) => trainingDone(summary('1', { step })))).toEqual([0, 0, 1, 3, 4]);
    expect([0, 1, 5].map((step) => roundsLeft(summary('1', { step })))).toEqual([6, 5, 1]);
    expect(trainingDone(summary('1', { status: 'finished', step: 6 }))).toBe(4);
    expect(roundsLeft(summary('1', { status: 'failed', step: 2 }))).toBe(0);
  });

  it('estimates by deadlines before there are two rounds', () => {
    const { typicalMs, longestMs, leftMs } = timeEstimate(detail([round(1)]));
    expect(typicalMs).toBeUndefined();
    expect(longestMs).toBe(180_000);
    expect(leftMs).toBe(5 * 180_000);
  });

  it('estimates by the middle one of the rounds so far, so that one long pause does not count', () => {
    const rounds = [
      round(4, { openedAtMs: 9_000_000 }),
      round(3, { openedAtMs: 130_000 }),
      round(2, { openedAtMs: 60_000 }),
      round(1, { openedAtMs: 0 }),
    ];
    expect(timeEstimate(detail(rounds))).toMatchObject({ typicalMs: 70_000, left: 5, leftMs: 350_000 });
  });
});

describe('figures of the common model', () => {
  const rounds = [
    round(6, { outcome: 'void', together: metrics(0.1) }),
    round(5, { step: 2, together: metrics(0.8, 0.9) }),
    round(4, { step: 2, outcome: 'rejected', together: metrics(0.7) }),
    round(3, { step: 1, together: metrics(0.5) }),
    round(2, { kind: 'statistics', step: 0 }),
  ];

  it('are one a model, void rounds left out', () => {
    expect(pooledPoints(rounds, 'accuracy')).toEqual([
      { x: 0, y: 0.5 },
      { x: 1, y: 0.8 },
    ]);
    expect(pooledPoints(rounds, 'auc')).toEqual([{ x: 1, y: 0.9 }]);
    expect(pooledPoints(rounds, 'rmse')).toEqual([]);
    const rmse = { kind: 'value', rows: 9, rmse: 12, mae: 9, r2: 0.5, unit: 'm' } as const;
    expect(pooledPoints([round(3, { step: 2, together: rmse })], 'rmse')).toEqual([{ x: 1, y: 12 }]);
    expect(lastEvaluation(rounds)?.round).toBe(5);
    expect(lastEvaluation([])).toBeUndefined();
  });
});

describe('fileNameOf', () => {
  it('keeps letters and digits only', () => {
    expect(fileNameOf('Heart disease, four hospitals', '1')).toBe('murmur-heart-disease-four-hospitals');
    expect(fileNameOf('../../Größe ✓', '1')).toBe('murmur-gro-e');
    expect(fileNameOf('心', '12')).toBe('murmur-task-12');
  });
});

describe('hasModel', () => {
  it('tells zero from a hash', () => {
    expect(hasModel({ modelHash: hash })).toBe(true);
    expect(hasModel({ modelHash: `0x${'00'.repeat(32)}` })).toBe(false);
  });
});
