import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../core/bytes.ts';
import { sha256 } from '../core/hash.ts';
import { HEART_SITES, heartTaskSpec } from './heart.ts';
import { joinRows } from './split.ts';
import { normaliserFrom, statisticsVector } from './statistics.ts';
import { encodeFeatures, parseTable, splitHeldOut } from './table.ts';

const spec = heartTaskSpec();
const read = (file: string) => readFile(new URL(`../../public/data/heart/${file}`, import.meta.url), 'utf8');
const load = async (file: string) => encodeFeatures(await parseTable(await read(file), spec.data), spec.data);

describe('the heart files under the FLamby rule', () => {
  // Rows and positives by FLamby's own count; dropped = rows of the file less rows kept.
  it.each([
    ['cleveland', 303, 139, 0],
    ['hungarian', 261, 98, 33],
    ['switzerland', 46, 45, 77],
    ['va', 130, 101, 70],
  ] as const)('%s keeps %i rows', async (id, rows, positives, dropped) => {
    const site = HEART_SITES.find((entry) => entry.id === id);
    expect(site?.rows).toBe(rows);
    const table = await parseTable(await read(site?.file as string), spec.data);
    expect(table.rows).toBe(rows);
    expect(table.droppedRows).toBe(dropped);
    expect(table.labels.reduce((sum, label) => sum + label, 0)).toBe(positives);
  });

  it('encodes the first row of Cleveland: 63, man, typical angina, 145, 233, sugar high, restecg 2, 150, no angina, 2.3', async () => {
    const { features, width } = await load('processed.cleveland.data');
    const wanted = [45 / 82, 0, 1, 1, 0, 0, 0, 145 / 300, 233 / 700, 0, 1, 0, 0, 1, 110 / 200, 1, 0, 7.3 / 15];
    expect(width).toBe(18);
    expect(Array.from(features.subarray(0, width))).toEqual(wanted.map(Math.fround));
  });

  it('gives the same rows whether the text comes whole or in odd chunks, with either line end', async () => {
    const text = await read('processed.va.data');
    const whole = await parseTable(text, spec.data);
    const windows = text.replaceAll('\n', '\r\n');
    for (const size of [1, 7, 1000]) {
      const chunks = Array.from({ length: Math.ceil(windows.length / size) }, (_, i) =>
        windows.slice(i * size, (i + 1) * size),
      );
      expect(await parseTable(chunks, spec.data)).toEqual(whole);
    }
  });

  it('splits alike twice, otherwise for another seed, and keeps the share of each class', async () => {
    const rows = await load('processed.hungarian.data');
    const heldOut = { fraction: 0.34, seed: 'a' };
    const first = await splitHeldOut(rows, { data: spec.data, heldOut });
    expect(await splitHeldOut(rows, { data: spec.data, heldOut })).toEqual(first);
    expect(await splitHeldOut(rows, { data: spec.data, heldOut: { ...heldOut, seed: 'b' } })).not.toEqual(first);
    expect(first.heldOut.rows).toBe(Math.round(98 * 0.34) + Math.round(163 * 0.34));
    expect(first.heldOut.labels.reduce((sum, label) => sum + label, 0)).toBe(Math.round(98 * 0.34));
    expect(first.train.rows + first.heldOut.rows).toBe(261);
    // Both sides together are the rows again.
    const key = ({ features, labels, width }: typeof rows, row: number) =>
      `${features.slice(row * width, (row + 1) * width).join()}:${labels[row]}`;
    const all = joinRows([first.train, first.heldOut]);
    const sorted = (set: typeof rows) => Array.from({ length: set.rows }, (_, row) => key(set, row)).sort();
    expect(sorted(all)).toEqual(sorted(rows));
    // A known answer, so that a change of the rule is seen.
    expect(toHex(await sha256(utf8(first.heldOut.features.join())))).toMatchInlineSnapshot(
      `"0x229a08a19dbb05545f6e1d7682fe26bf77799990dfb7bfba88cb11c4711c8109"`,
    );
  });

  it('sums site statistics to the statistics of all rows, exactly', async () => {
    const sites = await Promise.all(HEART_SITES.map(({ file }) => load(file)));
    const vectors = sites.map((site) => statisticsVector(spec, site));
    const sum = (vectors[0] as Float64Array).map((_, i) =>
      vectors.reduce((total, vector) => total + (vector[i] as number), 0),
    );
    expect(sum).toEqual(statisticsVector(spec, joinRows(sites)));
    const normaliser = normaliserFrom(spec, sum);
    expect(normaliser.rows).toBe(740);
    expect(normaliser.positives).toBe(383);
  });
});
