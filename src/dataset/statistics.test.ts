import { describe, expect, it } from 'vitest';
import { checkLayout } from '../protocol/layout.ts';
import { heartTaskSpec } from './heart.ts';
import type { EncodedRows } from './split.ts';
import { normalise, normaliserFrom, statisticsSegment, statisticsVector } from './statistics.ts';

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
