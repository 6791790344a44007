/** Pictures, texts and series, packed files and Parquet, through the worker's reading into a real IndexedDB, from real Files. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { secureRandom } from '../../src/core/random.ts';
import { allRows } from '../../src/dataset/row-sources.ts';
import { optdigitsTaskSpec } from '../../src/dataset/examples/pictures.ts';
import { forecastTaskSpec } from '../../src/dataset/examples/series.ts';
import { smsTaskSpec, smsWriterTaskSpec } from '../../src/dataset/examples/texts.ts';
import { readExamples } from '../../src/dataset/read-examples.ts';
import type { SplitSpec } from '../../src/dataset/split.ts';
import type { TableSpec } from '../../src/protocol/task-spec.ts';
import { type Database, openDatabase } from '../../src/storage/database.ts';
import { type Library, openLibrary } from '../../src/storage/library.ts';
import { openVault } from '../../src/storage/vault.ts';
import { importExamples } from '../../workers/import-examples.ts';
import { importFile } from '../../workers/import-file.ts';
import { type NamedBlob, sourceFile } from '../../workers/open-file.ts';

const HELD_OUT = { fraction: 0.25, seed: 'test' };
/** 40 rows of the columns ill, weight and city, written by hyparquet-writer. */
const PARQUET =
  'UEFSMRUEFRoVHkwVBBUAAAANMAMAAAB5ZXMCAAAAbm8VBhUSFRZcFVAVABVQFRAVBBUAAABQAQcYAQu2bdu2bRUGFcQCFcwCXBVQFQAVUBUAFQQVAAAAUAGgAfCfMgAAADkAAABAAAAARwAAAE4AAABVAAAANAAAADsAAABCAAAASQAAAFAAAABXAAAANgAAAD0AAABEAAAASwAAAFIAAABZAAAAOAAAAD8AAABGAAAATQAAAFQAAAAzAAAAOgAAAEEAAABIAAAATwAAAFYAAAA1AAAAPAAAAEMAAABKAAAAUQAAAFgAAAA3AAAAPgAAAEUAAABMAAAAUwAAABUEFSgVLEwVBBUAAAAUTAUAAABCYXNlbAcAAABaw7xyaWNoFQYVEhUWXBVQFQAVUBUQFQQVAAAAUAEHGAELqqqqqqoVBBlMSARyb290FQYAFQwlAhgDaWxsJQAAFQIlAhgGd2VpZ2h0ABUMJQIYBGNpdHklAAAWUBkcGTwmCBwVDBklABAZGANpbGwVAhZQFnAWeCZAJggcNgAoA3llcxgCbm8AGSwVBBUAFQIAFQYVEBUCAAAAJoABHBUCGRUAGRgGd2VpZ2h0FQIWUBbyAhb6AiaAATw2ACgEWQAAABgEMgAAAAAZHBUGFQAVAgAAACb6AxwVDBklABAZGARjaXR5FQIWUBZ+FoYBJsAEJvoDHDYAKAdaw7xyaWNoGAVCYXNlbAAZLBUEFQAVAgAVBhUQFQIAAAAW4AQWUDb4BAAoCWh5cGFycXVldBk8HAAAHAAAHAAAABMBAABQQVIx';

let name: string;
let database: Database;
let library: Library;

beforeEach(async () => {
  name = `test-${crypto.randomUUID()}`;
  database = await openDatabase(name);
  library = openLibrary(database, openVault(database, secureRandom));
});

async function storedRows(dataset: string) {
  const rows = await library.open(dataset);
  return rows && allRows(rows);
}

afterEach(() => {
  database.close();
  indexedDB.deleteDatabase(name);
});

function options(spec: SplitSpec) {
  return { library, spec, schema: '0x01', order: {}, nowMs: 7 };
}

const named = (path: string, ...parts: BlobPart[]): NamedBlob => ({ name: path, blob: new Blob(parts) });

async function gzipped(text: string): Promise<Blob> {
  return new Response(new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'))).blob();
}

/** A picture of one grey, as a file. */
async function picture(grey: number, type: 'image/png' | 'image/jpeg', size = 8): Promise<Blob> {
  const canvas = new OffscreenCanvas(size, size);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('no canvas');
  context.fillStyle = `rgb(${grey} ${grey} ${grey})`;
  context.fillRect(0, 0, size, size);
  return canvas.convertToBlob({ type, quality: 1 });
}

/** What is stored is what the pure reader gives. */
async function expectStored(files: readonly NamedBlob[], spec: SplitSpec, rows: number) {
  const { report, dataset = '' } = await importExamples(files, options(spec));
  expect(report.findings.filter(({ severity }) => severity === 'blocks')).toEqual([]);
  const stored = await storedRows(dataset);
  const sources = files.map((file) => sourceFile(file, () => undefined));
  expect(stored).toEqual((await readExamples(sources, spec)).data);
  expect(stored?.rows).toBe(rows);
}

describe('examples', () => {
  it('are pictures of a folder, PNG or JPEG, scaled', async () => {
    const files = [
      { name: 'digits/3/a.png', blob: await picture(51, 'image/png') },
      { name: 'digits/3/b.jpg', blob: await picture(102, 'image/jpeg', 16) },
      { name: 'digits/7/c.png', blob: await picture(255, 'image/png') },
      { name: 'digits/7/copy.png', blob: await picture(255, 'image/png') },
      named('digits/.DS_Store', 'x'),
    ];
    const spec = { data: optdigitsTaskSpec().data, heldOut: HELD_OUT };
    const progress: number[] = [];
    const { report, dataset = '' } = await importExamples(files, {
      ...options(spec),
      onProgress: (read) => progress.push(read),
    });
    expect(report).toMatchObject({ kind: 'pictures', rows: 3, droppedRows: 1 });
    expect(report.findings.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['duplicates', 'scaled']));
    const stored = await storedRows(dataset);
    expect(stored?.labels).toEqual(Uint8Array.of(3, 3, 7));
    expect([0, 64, 128].map((at) => Math.round(255 * (stored?.features[at] ?? 0)))).toEqual([51, 102, 255]);
    expect(progress.at(-1)).toBeGreaterThan(0);
  });

  it('are texts, with one label and with a label a character', async () => {
    const text = Array.from({ length: 30 }, (_, i) => `${i % 3 ? 'ham' : 'spam'}\tmessage number ${i}\n`).join('');
    await expectStored([named('phone.txt', text)], { data: smsTaskSpec().data, heldOut: HELD_OUT }, 30);
    await expectStored([named('phone.txt', text)], { data: smsWriterTaskSpec().data, heldOut: HELD_OUT }, 30);
  });

  it('are windows of series with values to forecast, in several blocks', async () => {
    const line = (i: number) => `${(i * 7) % 900},${i % 30},1000,0,0,${i % 9}\n`;
    const text = `PM2.5,TEMP,PRES,DEWP,RAIN,WSPM\n${Array.from({ length: 6000 }, (_, i) => line(i)).join('')}`;
    const spec = { data: forecastTaskSpec().data, heldOut: HELD_OUT };
    await expectStored([named('station.csv', text)], spec, 5992);
    expect((await library.all())[0]).toMatchObject({ blocks: 2, labels: { perRow: 1, bytes: 4 } });
  });

  it('are not stored where something stands in the way', async () => {
    const { report, dataset } = await importExamples(
      [named('other.txt', 'ham\tÄÖÜÄÖÜ\nspam\tÜÖÄÜÖÄ\n')],
      options({ data: smsTaskSpec().data, heldOut: HELD_OUT }),
    );
    expect([report.findings[0]?.kind, dataset]).toEqual(['unknown-characters', undefined]);
    expect(await library.all()).toEqual([]);
    const { plan, findings } = report;
    const again = await importExamples([named('other.txt', 'ham\tÄÖÜÄÖÜ\nspam\tÜÖÄÜÖÄ\nham\tÄÖÜ\n')], {
      ...options({ data: smsTaskSpec().data, heldOut: HELD_OUT }),
      order: { examples: { plan, repairs: findings[0]?.repairs ?? [] } },
    });
    expect(again.report.plan.accepted).toEqual(['unknown-characters']);
    expect((await storedRows(again.dataset ?? ''))?.rows).toBe(3);
  });

  it('are series whose columns have other names, once the person says which is which', async () => {
    const lines = Array.from({ length: 40 }, (_, i) => `${i},${i % 30},1000,0,0,${i % 9}\n`);
    const files = [named('station.csv', `dust,TEMP,PRES,DEWP,RAIN,WSPM\n${lines.join('')}`)];
    const spec = { data: forecastTaskSpec().data, heldOut: HELD_OUT };
    const { report, dataset } = await importExamples(files, options(spec));
    expect(dataset).toBeUndefined();
    expect(report.findings).toMatchObject([{ kind: 'unmapped', name: 'PM2.5', severity: 'blocks' }]);
    const again = await importExamples(files, {
      ...options(spec),
      order: { examples: { plan: report.plan, repairs: [{ kind: 'column', column: 'PM2.5', source: 'dust' }] } },
    });
    expect(again.report.mapping?.columns[0]).toEqual({ name: 'PM2.5', source: 'dust' });
    expect((await storedRows(again.dataset ?? ''))?.rows).toBe(32);
  });

  it('stop when they are told to', async () => {
    const controller = new AbortController();
    controller.abort();
    const spec = { data: smsTaskSpec().data, heldOut: HELD_OUT };
    const reading = importExamples([named('a.txt', 'ham\ta\n')], { ...options(spec), signal: controller.signal });
    await expect(reading).rejects.toMatchObject({ code: 'cancelled' });
  });
});

describe('packed files', () => {
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

  it('are read like plain ones, packed with gzip or as Parquet', async () => {
    const parquet = Uint8Array.from(atob(PARQUET), (character) => character.charCodeAt(0));
    const spec = { data, heldOut: HELD_OUT };
    const plain = await importFile(named('a.csv', text), options(spec));
    const zipped = await importFile({ name: 'a.csv.gz', blob: await gzipped(text) }, options(spec));
    const columnar = await importFile(named('a.parquet', parquet), options(spec));
    for (const { report } of [plain, zipped, columnar]) expect(report).toMatchObject({ rows: 40, findings: [] });
    expect(zipped.report.fileName).toBe('a.csv');
    // The same rows are the same data set.
    expect(new Set([plain.dataset, zipped.dataset, columnar.dataset]).size).toBe(1);
  });

  it('say when they are damaged', async () => {
    const spec = { data, heldOut: HELD_OUT };
    const zipped = await gzipped(text.repeat(20));
    const cut = { name: 'a.csv.gz', blob: zipped.slice(0, 60) };
    await expect(importFile(cut, options(spec))).rejects.toMatchObject({
      code: 'bad-input',
      hint: expect.stringMatching(/again/),
    });
    const parquet = named('a.parquet', 'PAR1 and nothing of the kind');
    await expect(importFile(parquet, options(spec))).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining('Parquet'),
    });
  });
});
