import { describe, expect, it } from 'vitest';
import { checkLayout } from '../protocol/layout.ts';
import { heartTaskSpec } from './heart.ts';
import type { EncodedRows } from './split.ts';
import {
  normalise,
  normaliserFrom,
  standardiseLabels,
  statisticsSegment,
  statisticsVector,
  predictionsFrom,
} from './statistics.ts';
import { type DataSpec, targetOf } from '../protocol/data-spec.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { mnistTaskSpec } from './examples/pictures.ts';
import { forecastTaskSpec } from './examples/series.ts';
import { smsWriterTaskSpec } from './examples/texts.ts';

const base = heartTaskSpec();
const spec = heartTaskSpec({
  data: {
    ...base.data,
    columns: [
      { kind: 'number', name: 'a', description: '', position: 0, minimum: 0, maximum: 1 },
      { kind: 'number', name: 'b', description: '', position: 1, minimum: 0, maximum: 1 },
    ],
  },
});
// a = 0, 0.5, 1 and b constant
const rows: EncodedRows = {
  features: Float32Array.of(0, 0.25, 0.5, 0.25, 1, 0.25),
  labels: Uint8Array.of(0, 1, 1),
  rows: 3,
  width: 2,
};

describe('statistics', () => {
  it('counts, adds and squares; worked by hand', () => {
    expect(Array.from(statisticsVector(spec, rows))).toEqual([3, 3, 1.5, 0.75, 1.25, 0.1875, 1, 2]);
    expect(statisticsSegment(spec).length).toBe(8);
    checkLayout([statisticsSegment(spec)], 128);
  });

  it('gives mean and scale; a constant feature is only centred', () => {
    const normaliser = normaliserFrom(spec, statisticsVector(spec, rows));
    expect(normaliser).toEqual({
      mean: Float64Array.of(0.5, 0.25),
      scale: Float64Array.of(Math.sqrt(1.25 / 3 - 0.25), 1),
      rows: 3,
      positives: 2,
    });
    const scaled = normalise(rows.features, normaliser);
    expect(scaled[0]).toBeCloseTo(-Math.sqrt(1.5), 6);
    expect(Array.from(scaled).filter((_, i) => i % 2 === 1)).toEqual([0, 0, 0]);
  });

  it.each([
    ['no rows', 6, 0, 7, 0],
    ['a fraction of a row', 6, 0.5, 7, 2.5],
    ['a count unlike the rows', 0, 4, 0, 4],
    ['a sum past the rows', 2, 3.5, 2, 3.5],
    ['squares past the sum', 4, 1.6, 4, 1.6],
    ['a negative variance', 4, 0.5, 4, 0.5],
  ])('voids %s', (_, i, value, j, other) => {
    const sums = statisticsVector(spec, rows);
    sums[i] = value;
    sums[j] = other;
    expect(() => normaliserFrom(spec, sums)).toThrow(expect.objectContaining({ code: 'void' }));
  });

  it('refuses features that were not scaled by the public range', () => {
    expect(() => statisticsVector(spec, { ...rows, features: rows.features.map((value) => 2 * value) })).toThrow(
      'outside [0, 1]',
    );
  });
});

describe('statistics of other kinds', () => {
  const withData = (task: TaskSpec, data: Partial<DataSpec>): TaskSpec => ({
    ...task,
    data: { ...task.data, ...data } as DataSpec,
  });

  it('takes the mean over the places of a picture, and counts classes; worked by hand', () => {
    const pictures = withData(mnistTaskSpec(), { width: 2, height: 1, channels: 3 });
    // Two pictures of two pixels in three colours; red is 0, 1 and 0.5, 0.5
    const features = Float32Array.of(0, 0.25, 1, 1, 0.25, 1, 0.5, 0.25, 1, 0.5, 0.25, 1);
    const vector = statisticsVector(pictures, { features, labels: Uint8Array.of(3, 9), rows: 2, width: 6 });
    expect([...vector.subarray(0, 9)]).toEqual([2, 2, 2, 1, 0.5, 2, 0.75, 0.125, 2]);
    expect([...vector.subarray(9)]).toEqual([0, 0, 0, 1, 0, 0, 0, 0, 0, 1]);
    expect(statisticsSegment(pictures).length).toBe(19);
    const normaliser = normaliserFrom(pictures, vector);
    // Red has the mean 1/2 and the mean square 3/8.
    expect(normaliser).toMatchObject({ rows: 2, positives: 0, classRows: vector.slice(9) });
    expect(normaliser.mean[0]).toBe(0.5);
    expect(normaliser.scale[0]).toBeCloseTo(Math.sqrt(1 / 8), 12);
    expect(normalise(features, normaliser)[3]).toBeCloseTo(0.5 / Math.sqrt(1 / 8), 6);
    expect(() => statisticsVector(pictures, { features, labels: Uint8Array.of(3, 10), rows: 2, width: 6 })).toThrow(
      'label 10',
    );
  });

  it('counts the rows of texts and leaves their codes alone', () => {
    const writer = withData(smsWriterTaskSpec(), { length: 2 });
    const features = Float32Array.of(5, 7, 9, 0);
    const vector = statisticsVector(writer, { features, labels: Uint8Array.of(7, 1, 0, 0), rows: 2, width: 2 });
    expect([...vector]).toEqual([2]);
    const normaliser = normaliserFrom(writer, vector);
    expect(normaliser).toEqual({ mean: new Float64Array(0), scale: new Float64Array(0), rows: 2, positives: 0 });
    expect(normalise(features, normaliser)).toEqual(features);
  });

  it('standardises a value like its column, and turns a prediction back', () => {
    const forecast = forecastTaskSpec();
    const target = targetOf(forecast.data);
    const normaliser = { mean: Float64Array.of(0.25, 0), scale: Float64Array.of(0.5, 1), rows: 2, positives: 0 };
    const labels = standardiseLabels(Float32Array.of(0.25, 0.75), target, normaliser);
    expect([...labels]).toEqual([0, 1]);
    expect([...predictionsFrom(target, normaliser, labels as Float32Array)]).toEqual([0.25, 0.75]);
    const chances = Float32Array.of(0.5);
    expect(predictionsFrom(targetOf(mnistTaskSpec().data), normaliser, chances)).toBe(chances);
    expect(standardiseLabels(Uint8Array.of(1), targetOf(mnistTaskSpec().data), normaliser)).toEqual(Uint8Array.of(1));
  });
});
