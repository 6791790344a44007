/** What a trainer is handed: the same arrays as ever within the bound, a stream of the same rows beyond it. */
import { expect, it } from 'vitest';
import { allRows, memoryRows } from '../dataset/row-sources.ts';
import { normalise } from '../dataset/statistics.ts';
import { BINARY, type Target } from '../protocol/target.ts';
import { consecutive } from '../protocol/row-source.ts';
import { TrainingRows } from './training-rows.ts';

const ROWS = 100;
const data = {
  features: Float32Array.from({ length: 3 * ROWS }, (_, i) => i / 300),
  labels: Uint8Array.from({ length: ROWS }, (_, i) => i % 2),
  rows: ROWS,
  width: 3,
};
const normaliser = { mean: Float64Array.of(0.1, 0.2, 0.3), scale: Float64Array.of(1, 2, 4), rows: ROWS, positives: 50 };
const source = memoryRows(data, 8);

it('gives one normalised copy of what fits, once for a normaliser', async () => {
  const rows = new TrainingRows(source, BINARY, 4 * 3 * ROWS);
  const given = await rows.of(normaliser);
  expect(given).toEqual({ features: normalise(data.features, normaliser), labels: data.labels, rows: ROWS });
  expect(await rows.of(normaliser)).toBe(given);
  const other = { ...normaliser, mean: new Float64Array(3) };
  expect((await rows.of(other)).features).toEqual(normalise(data.features, other));
});

it('gives a stream of what does not fit: windows of half the bound, the same rows normalised, the source untouched', async () => {
  const given = await new TrainingRows(source, BINARY, 4 * 3 * ROWS - 1).of(normaliser);
  expect([given.features.length, given.labels.length, given.rows]).toEqual([0, 0, ROWS]);
  expect(given.stream?.windowRows).toBe(Math.floor((4 * 3 * ROWS - 1) / 2 / 16));
  expect(given.stream?.starts).toBe(source.starts);
  const before = data.features.slice();
  const read = await given.stream?.read(consecutive(0, ROWS));
  expect(read).toEqual({ features: normalise(data.features, normaliser), labels: data.labels });
  expect(data.features).toEqual(before);
  expect(await allRows(source)).toEqual(data);
});

it('standardises values that are read as it does those in memory', async () => {
  const target: Target = { kind: 'value', column: 1, minimum: 0, maximum: 1, unit: undefined };
  const values = memoryRows({ ...data, labels: Float32Array.from(data.labels, (label) => label / 2) }, 8);
  const memory = await new TrainingRows(values, target).of(normaliser);
  const streamed = await new TrainingRows(values, target, 1).of(normaliser);
  expect((await streamed.stream?.read(consecutive(0, ROWS)))?.labels).toEqual(memory.labels);
  expect(streamed.stream?.windowRows).toBe(1);
});

it('tries again when the rows could not be read', async () => {
  let broken = true;
  const range: typeof source.range = (from, to) =>
    broken ? Promise.reject(new Error('the disk is gone')) : source.range(from, to);
  const rows = new TrainingRows({ ...source, range }, BINARY);
  await expect(rows.of(normaliser)).rejects.toThrow('the disk is gone');
  broken = false;
  expect((await rows.of(normaliser)).rows).toBe(ROWS);
});
