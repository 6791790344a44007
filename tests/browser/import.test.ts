/** A person's file through the worker's reading into a real IndexedDB, from real Files. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secureRandom } from '../../src/core/random.ts';
import type { ReadingPlan } from '../../src/dataset/reading-plan.ts';
import type { TableSpec } from '../../src/protocol/task-spec.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { type Library, openLibrary } from '../../src/storage/library.ts';
import { openVault } from '../../src/storage/vault.ts';
import type { ReadingOrder } from '../../workers/api/data.ts';
import { importFile } from '../../workers/import-file.ts';
import { inferSample } from '../../workers/sample.ts';

const data: TableSpec = {
  kind: 'table',
  columns: [
    { kind: 'number', name: 'weight', description: 'Weight', unit: 'kg', minimum: 2, maximum: 200 },
    { kind: 'category', name: 'city', description: '', categories: ['Zürich', 'Basel'] },
  ],
  label: { name: 'ill', description: '', positive: { equals: ['yes'] } },
  missingMarks: [''],
  delimiter: ',',
  header: true,
  missingRule: 'drop-row',
};
const rows = Array.from(
  { length: 40 },
  (_, i) => `${i % 3 ? 'no' : 'yes'},${50 + ((7 * i) % 40)},${i % 2 ? 'Zürich' : 'Basel'}`,
);
const text = `ill,weight,city\n${rows.join('\n')}\n`;

let name: string;
let database: Database;
let library: Library;

beforeEach(async () => {
  name = `test-${crypto.randomUUID()}`;
  database = await openDatabase(name);
  library = openLibrary(database, openVault(database, secureRandom));
});

afterEach(() => {
  database.close();
  indexedDB.deleteDatabase(name);
});

interface Options {
  readonly order?: ReadingOrder;
  readonly onProgress?: (read: number, total: number) => void;
  readonly signal?: AbortSignal;
}

function read(parts: BlobPart[], { order = {}, ...options }: Options = {}) {
  const spec = { data, heldOut: { fraction: 0.2, seed: 'a' } };
  const file = { name: 'ours.csv', blob: new File(parts, 'ours.csv') };
  return importFile(file, { library, spec, schema: '0x01', order, nowMs: 7, ...options });
}

const latin1 = (from: string) => Uint8Array.from(from, (character) => character.charCodeAt(0));
const utf16 = (from: string) => new Uint8Array(Uint16Array.from(from, (character) => character.charCodeAt(0)).buffer);

describe('a file that fits', () => {
  it.each([
    ['UTF-8', [text]],
    ['UTF-8 with a byte order mark', [`\uFEFF${text}`]],
    ['Windows-1252', [latin1(text)]],
    ['UTF-16 with a byte order mark', [utf16(`\uFEFF${text}`)]],
    ['UTF-16 without', [utf16(text)]],
    ['Windows line ends', [text.replaceAll('\n', '\r\n')]],
    ['quoted cells with line ends in them', [text.replaceAll('Basel', '"\nBasel "')]],
    ['tabs', [text.replaceAll(',', '\t')]],
  ])('in %s is stored at once', async (_, parts) => {
    const { report, dataset = '' } = await read(parts);
    expect(report.findings).toEqual([]);
    expect(report).toMatchObject({ fileName: 'ours.csv', rows: 40, trainRows: 32, heldOutRows: 8 });
    const stored = await library.get(dataset);
    expect(stored?.rows).toBe(40);
    expect(Array.from(stored?.features.subarray(0, 6) ?? [])).toEqual(
      [48 / 198, 0, 1, 55 / 198, 1, 0].map(Math.fround),
    );
    expect(await library.describe(dataset)).toMatchObject({ schema: '0x01', columns: ['weight', 'city'], readAtMs: 7 });
  });

  it('is larger than a piece, tells its progress and gives the same rows as one piece', async () => {
    const long = Array.from({ length: 4000 }, () => rows.join('\n')).join('\n');
    const seen: [number, number][] = [];
    const { report } = await read([`ill,weight,city\n${long}`], { onProgress: (...progress) => seen.push(progress) });
    expect(report).toMatchObject({ rows: 160_000, droppedRows: 0, findings: [] });
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.at(-1)).toEqual([report.sizeBytes, report.sizeBytes]);
  });
});

describe('a file that does not fit', () => {
  it('stores nothing until it is mended, and then the mended rows', async () => {
    const odd = text.replaceAll(/,(\d+),/gu, ',"$1,5",').replaceAll('Zürich', 'zurich');
    const first = await read([odd]);
    expect(first.dataset).toBeUndefined();
    expect(await library.all()).toEqual([]);
    expect(first.report.findings.map(({ kind, columnName, row }) => [kind, columnName, row])).toEqual([
      ['not-a-number', 'weight', 1],
      ['unknown-category', 'city', 2],
    ]);
    const repairs = first.report.findings.flatMap((finding) => finding.repairs.slice(0, 1));
    const second = await read([odd], { order: { plan: first.report.plan, repairs } });
    expect(second.report.findings).toEqual([]);
    const stored = await library.get(second.dataset ?? '');
    expect(stored?.features[0]).toBe(Math.fround(48.5 / 198));
  });

  it('is read in another encoding on demand', async () => {
    const wrong: ReadingPlan = { ...(await read([text])).report.plan, encoding: 'utf-8' };
    const first = await read([latin1(text)], { order: { plan: wrong } });
    const [finding] = first.report.findings;
    expect(finding).toMatchObject({ kind: 'undecodable', row: 2 });
    const second = await read([latin1(text)], { order: { plan: wrong, repairs: finding?.repairs.slice(0, 1) ?? [] } });
    expect(second.report).toMatchObject({ findings: [], rows: 40 });
  });

  it.each([
    ['nothing', '', 'no-rows'],
    ['a header line alone', 'ill,weight,city\n', 'no-rows'],
    ['another schema', 'age;height\n3;4\n5;6\n', 'unmapped'],
    ['no label', text.replace('ill', 'remark'), 'unmapped'],
  ])('with %s says so', async (_, content, kind) => {
    const { report, dataset } = await read([content]);
    expect(dataset).toBeUndefined();
    expect(report.findings[0]?.kind).toBe(kind);
  });
});

describe('what is no table', () => {
  /** 200 MB of which only slices are ever in memory. */
  function nonsense(megabyte: Uint8Array<ArrayBuffer>): BlobPart[] {
    return Array.from({ length: 200 }, () => new Blob([megabyte]));
  }

  it('is refused after its first piece when it is binary', async () => {
    const noise = new Uint8Array(1_000_000);
    for (let at = 0; at < noise.length; at += 50_000) noise.set(secureRandom(50_000), at);
    const seen: number[] = [];
    const reading = read(nonsense(noise), { onProgress: (bytes) => seen.push(bytes) });
    await expect(reading).rejects.toMatchObject({
      code: 'bad-input',
      message: 'the file is not text, so it holds no table',
    });
    expect(seen).toEqual([]);
  });

  it('is refused early when it is one endless line', async () => {
    const seen: number[] = [];
    const letters = new Uint8Array(1_000_000).fill(97);
    const reading = read(nonsense(letters), { onProgress: (bytes) => seen.push(bytes) });
    await expect(reading).rejects.toMatchObject({ code: 'bad-input', message: 'a line of the file never ends' });
    expect(Math.max(...seen)).toBeLessThan(4_000_000);
  });

  it('is given up early when no row can be used', async () => {
    const seen: number[] = [];
    const lines = latin1('lorem,ipsum,dolor\n'.repeat(55_000));
    const { report } = await read(nonsense(lines), { onProgress: (bytes) => seen.push(bytes) });
    expect(report).toMatchObject({ stoppedEarly: true, trainRows: 0 });
    expect(Math.max(...seen)).toBeLessThan(4_000_000);
  });
});

it('stops when it is told to, and stores nothing', async () => {
  const controller = new AbortController();
  const long = Array.from({ length: 4000 }, () => rows.join('\n')).join('\n');
  const reading = read([`ill,weight,city\n${long}`], {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  expect(await library.all()).toEqual([]);
});

it('infers a schema from a real file, and stores nothing', async () => {
  const files = [{ name: 'ours.csv', blob: new File([latin1(text)], 'ours.csv') }];
  const inferred = await inferSample(files, 'table');
  expect(inferred).toMatchObject({ kind: 'table', fileName: 'ours.csv', rows: 40, likelyLabel: 0 });
  if (inferred.kind !== 'table') throw new Error('no table');
  expect(inferred.columns[2]?.column).toMatchObject({ categories: ['Basel', 'Zürich'] });
  expect(await library.all()).toEqual([]);
});
