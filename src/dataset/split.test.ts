import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DataSpec, SeriesSpec } from '../protocol/data-spec.ts';
import { forecastTaskSpec } from './examples/series.ts';
import { mnistTaskSpec } from './examples/pictures.ts';
import { smsWriterTaskSpec } from './examples/texts.ts';
import { type EncodedRows, joinRows, labelsPerRow, selectRows, splitHeldOut, splitSizes } from './split.ts';

const heldOut = { fraction: 0.25, seed: 'test' };
/** Rows that say their number. */
const numbered = (rows: number, width: number, labels: EncodedRows['labels']): EncodedRows => ({
  features: Float32Array.from({ length: rows * width }, (_, i) => Math.floor(i / width)),
  labels,
  rows,
  width,
});
const numbersOf = ({ features, rows, width }: EncodedRows) =>
  Array.from({ length: rows }, (_, row) => features[row * width] as number);

describe('splitHeldOut', () => {
  it('keeps the share of each of ten classes', async () => {
    const rows = numbered(
      40,
      1,
      Uint8Array.from({ length: 40 }, (_, i) => i % 10),
    );
    const { train, heldOut: held } = await splitHeldOut(rows, { data: mnistTaskSpec().data, heldOut });
    expect([...held.labels].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect([...numbersOf(train), ...numbersOf(held)].sort((a, b) => a - b)).toEqual(numbersOf(rows));
  });

  it('takes labels of several numbers along', async () => {
    const rows = numbered(
      8,
      1,
      Uint8Array.from({ length: 16 }, (_, i) => i >> 1),
    );
    const spec = { data: smsWriterTaskSpec().data, heldOut };
    const { train, heldOut: held } = await splitHeldOut(rows, spec);
    expect([train.rows, held.rows]).toEqual([6, 2]);
    for (const part of [train, held]) expect([...part.labels]).toEqual(numbersOf(part).flatMap((row) => [row, row]));
    expect(await splitHeldOut(rows, spec)).toEqual({ train, heldOut: held });
  });

  const series = (window: number, stride: number): DataSpec => ({
    ...(forecastTaskSpec().data as SeriesSpec),
    window,
    stride,
  });

  it('holds out the end of a series and leaves a gap before it; worked by hand', async () => {
    const rows = numbered(12, 1, new Float32Array(12));
    // Windows of 4 lines and the next one, a line apart: 3 held out from row 9 on, so rows 5 to 8 could hold a line of theirs.
    const { train, heldOut: held } = await splitHeldOut(rows, { data: series(4, 1), heldOut });
    expect(numbersOf(held)).toEqual([9, 10, 11]);
    expect(numbersOf(train)).toEqual([0, 1, 2, 3, 4]);
    expect(held.labels).toBeInstanceOf(Float32Array);
  });

  it('never lets a window over the border', async () => {
    const size = fc.integer({ min: 1, max: 6 });
    await fc.assert(
      fc.asyncProperty(fc.nat(60), size, size, async (rows, window, stride) => {
        const spec = { data: series(window, stride), heldOut };
        const { train, heldOut: held } = await splitHeldOut(numbered(rows, 1, new Float32Array(rows)), spec);
        expect(splitSizes([rows], spec)).toEqual({ train: train.rows, heldOut: held.rows });
        // Row i begins at line i · stride and ends with the line that it forecasts.
        const last = Math.max(-1, ...numbersOf(train).map((row) => row * stride + window));
        const first = Math.min(Infinity, ...numbersOf(held).map((row) => row * stride));
        expect(last).toBeLessThan(first);
      }),
    );
  });
});

it('joins what was selected, and refuses sets of different kinds', () => {
  const rows = numbered(4, 2, Float32Array.of(0, 0, 1, 1, 2, 2, 3, 3));
  expect(labelsPerRow(rows)).toBe(2);
  expect(joinRows([selectRows(rows, Uint32Array.of(0, 1)), selectRows(rows, Uint32Array.of(2, 3))])).toEqual(rows);
  expect(() => joinRows([rows, numbered(1, 2, new Uint8Array(2))])).toThrow('differ in their labels');
  expect(() => joinRows([rows, numbered(1, 3, new Float32Array(2))])).toThrow('differ in width');
  expect(() => joinRows([])).toThrow('no rows');
});
