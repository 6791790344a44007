import { describe, expect, test } from 'vitest';
import { BINARY } from '../protocol/target.ts';
import type { TrainerJob } from '../protocol/ports.ts';
import { checkJob, checkRows } from './check-job.ts';
import { planNetwork } from './network.ts';

const network = planNetwork({
  model: { layers: [{ kind: 'dense', units: 1, activation: 'sigmoid' }] },
  shape: [2],
  target: BINARY,
});
const job: TrainerJob = {
  weights: new Float32Array(3),
  features: new Float32Array(8),
  labels: Uint8Array.of(0, 1, 0, 1),
  rows: 4,
  epochs: 1,
  batchSize: 2,
  learningRate: 0.1,
  l2: 0,
  seed: new Uint8Array(32),
};
const records = { clip: 1, noise: 1, rate: 0.5 };
const stream = { starts: Uint32Array.of(0, 2, 4), windowRows: 2, read: () => Promise.reject(new Error('not asked')) };
const streamed = { stream, features: new Float32Array(0), labels: new Uint8Array(0) };

describe('checkJob', () => {
  test.each<[string, Partial<TrainerJob>]>([
    ['rows in memory', {}],
    ['steps instead of epochs', { epochs: undefined, steps: 3 }],
    ['rows of a stream', streamed],
    ['DP-SGD', { records }],
    ['the terms of FedProx and SCAFFOLD', { proximal: 0.1, correction: new Float32Array(3), clip: 1 }],
  ])('lets %s pass', (_, more) => {
    expect(() => checkJob(network, { ...job, ...more })).not.toThrow();
  });

  test.each<[string, Partial<TrainerJob>]>([
    ['features', { features: new Float32Array(7) }],
    ['there are no rows', { rows: 0, features: new Float32Array(0), labels: new Uint8Array(0) }],
    ['labels', { labels: Uint8Array.of(0, 1, 2, 1) }],
    ['a stream', { ...streamed, rows: 5 }],
    ['features', { stream, labels: new Uint8Array(0) }],
    ['epochs or steps', { epochs: undefined }],
    ['epochs', { epochs: 1.5 }],
    ['batchSize', { batchSize: 0 }],
    ['budgetMs', { budgetMs: 0 }],
    ['learningRate', { learningRate: Number.NaN }],
    ['l2', { l2: -1 }],
    ['proximal', { proximal: -1 }],
    ['clip', { clip: 0 }],
    ['correction', { correction: new Float32Array(2) }],
    ['records.clip', { records: { ...records, clip: Infinity } }],
    ['records.noise', { records: { ...records, noise: -1 } }],
    ['records.rate', { records: { ...records, rate: 1.1 } }],
    ['record by record', { records, clip: 1 }],
  ])('names %s', (word, more) => {
    expect(() => checkJob(network, { ...job, ...more })).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message: expect.stringContaining(word),
      }),
    );
  });
});

test('checkRows wants whole rows, none at the least', () => {
  expect(() => checkRows(network, new Float32Array(0), 0)).not.toThrow();
  expect(() => checkRows(network, new Float32Array(3), 1.5)).toThrow('whole number');
});
