import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { zipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bankTaskSpec } from '../src/dataset/examples/bank.ts';
import { mnistTaskSpec, optdigitsTaskSpec } from '../src/dataset/examples/pictures.ts';
import { smsTaskSpec } from '../src/dataset/examples/texts.ts';
import { KNOWN_JPEGS } from '../src/dataset/testing/known-jpegs.ts';
import { pngBytes } from '../src/dataset/testing/picture-files.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { readDataset } from './data-files.ts';

const inPublic = (path: string) => fileURLToPath(new URL(`../public/data/${path}`, import.meta.url));
/** 40 rows of the columns ill, weight and city, written by hyparquet-writer. */
const PARQUET =
  'UEFSMRUEFRoVHkwVBBUAAAANMAMAAAB5ZXMCAAAAbm8VBhUSFRZcFVAVABVQFRAVBBUAAABQAQcYAQu2bdu2bRUGFcQCFcwCXBVQFQAVUBUAFQQVAAAAUAGgAfCfMgAAADkAAABAAAAARwAAAE4AAABVAAAANAAAADsAAABCAAAASQAAAFAAAABXAAAANgAAAD0AAABEAAAASwAAAFIAAABZAAAAOAAAAD8AAABGAAAATQAAAFQAAAAzAAAAOgAAAEEAAABIAAAATwAAAFYAAAA1AAAAPAAAAEMAAABKAAAAUQAAAFgAAAA3AAAAPgAAAEUAAABMAAAAUwAAABUEFSgVLEwVBBUAAAAUTAUAAABCYXNlbAcAAABaw7xyaWNoFQYVEhUWXBVQFQAVUBUQFQQVAAAAUAEHGAELqqqqqqoVBBlMSARyb290FQYAFQwlAhgDaWxsJQAAFQIlAhgGd2VpZ2h0ABUMJQIYBGNpdHklAAAWUBkcGTwmCBwVDBklABAZGANpbGwVAhZQFnAWeCZAJggcNgAoA3llcxgCbm8AGSwVBBUAFQIAFQYVEBUCAAAAJoABHBUCGRUAGRgGd2VpZ2h0FQIWUBbyAhb6AiaAATw2ACgEWQAAABgEMgAAAAAZHBUGFQAVAgAAACb6AxwVDBklABAZGARjaXR5FQIWUBZ+FoYBJsAEJvoDHDYAKAdaw7xyaWNoGAVCYXNlbAAZLBUEFQAVAgAVBhUQFQIAAAAW4AQWUDb4BAAoCWh5cGFycXVldBk8HAAAHAAAHAAAABMBAABQQVIx';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'murmur-data-'));
});
afterAll(() => rm(folder, { recursive: true }));

it.each([
  ['a packed table', 'bank-marketing/branch-4.csv.gz', bankTaskSpec(), 731],
  ['a zip of pictures', 'mnist-10k/site-1.zip', mnistTaskSpec(), 2500],
  ['packed texts', 'sms-spam/phone-1.txt.gz', smsTaskSpec(), 1291],
])('reads %s', async (_, path, spec, rows) => {
  const { train, heldOut } = await readDataset(inPublic(path), spec);
  expect(train.rows + heldOut.rows).toBe(rows);
});

it('reads all files of a folder', async () => {
  const line = (label: number) => `${Array.from({ length: 64 }, (_, i) => (i * label) % 17).join()},${label}\n`;
  await writeFile(join(folder, 'a.csv'), line(1) + line(2));
  await writeFile(join(folder, 'b.csv.gz'), gzipSync(line(3)));
  const { train, heldOut } = await readDataset(folder, optdigitsTaskSpec());
  expect([...train.labels, ...heldOut.labels].sort()).toEqual([1, 2, 3]);
});

describe('PNG and JPEG', () => {
  const square = (grey: number) =>
    pngBytes(
      { width: 8, height: 8, colour: 0 },
      Array.from({ length: 8 }, () => new Uint8Array(8).fill(grey)),
    );
  const jpeg = KNOWN_JPEGS[0]?.file ?? new Uint8Array();
  const files: Readonly<Record<string, Uint8Array>> = {
    '3/a.png': square(51),
    '3/b.jpg': jpeg,
    '7/c.png': square(255),
    '7/copy.png': square(255),
  };

  it('are read from a folder and from a zip, a folder a class', async () => {
    const [open, packed] = [join(folder, 'digits'), join(folder, 'digits.zip')];
    for (const [path, bytes] of Object.entries(files)) {
      await mkdir(join(open, path, '..'), { recursive: true });
      await writeFile(join(open, path), bytes);
    }
    await writeFile(packed, zipSync({ ...files }));
    for (const path of [open, packed]) {
      const { train, heldOut } = await readDataset(path, optdigitsTaskSpec());
      expect([...train.labels, ...heldOut.labels].sort()).toEqual([3, 3, 7]);
      const corners = [train, heldOut].flatMap(({ features, rows, width }) =>
        Array.from({ length: rows }, (_, row) => Math.round(255 * (features[row * width] as number))),
      );
      expect(corners).toEqual(expect.arrayContaining([51, 255]));
    }
  });

  it('say which file is damaged, and why', async () => {
    const damaged = join(folder, 'damaged.zip');
    await writeFile(damaged, zipSync({ ...files, '3/b.jpg': jpeg.slice(0, 200) }));
    await expect(readDataset(damaged, optdigitsTaskSpec())).rejects.toThrow(
      'unreadable, 1 times, first at 3/b.jpg ("it is cut off")',
    );
  });
});

it('reads a Parquet file as the table that it is, and says when it is damaged', async () => {
  const bytes = Buffer.from(PARQUET, 'base64');
  const bank = bankTaskSpec();
  const spec: TaskSpec = {
    ...bank,
    data: {
      kind: 'table',
      columns: [
        { kind: 'number', name: 'weight', description: '', minimum: 2, maximum: 200 },
        { kind: 'category', name: 'city', description: '', categories: ['Zürich', 'Basel'] },
      ],
      label: { name: 'ill', description: '', positive: { equals: ['yes'] } },
      missingMarks: [],
      delimiter: ',',
      header: true,
      missingRule: 'drop-row',
    },
  };
  const file = join(folder, 'rows.parquet');
  await writeFile(file, bytes);
  const { train, heldOut } = await readDataset(file, spec);
  expect([train.rows + heldOut.rows, train.width]).toEqual([40, 3]);
  await writeFile(file, bytes.subarray(0, bytes.length - 200));
  await expect(readDataset(file, spec)).rejects.toMatchObject({
    code: 'bad-input',
    message: expect.stringContaining('Parquet') as string,
  });
});

it('says what does not fit', async () => {
  const file = join(folder, 'broken.csv.gz');
  await writeFile(file, gzipSync('1,2\n'.repeat(1000)).subarray(0, 20));
  await expect(readDataset(file, optdigitsTaskSpec())).rejects.toMatchObject({
    code: 'bad-input',
    hint: expect.stringContaining('cut off'),
  });
  await expect(readDataset(join(folder, 'nothing'), optdigitsTaskSpec())).rejects.toMatchObject({ code: 'not-found' });
  await expect(readDataset(inPublic('optdigits'), bankTaskSpec())).rejects.toThrow('a table is one file');
  const texts = join(folder, 'texts.txt');
  await writeFile(texts, 'ham\tÄÖÄÖ\nspam\tÖÄÖÄ\n');
  await expect(readDataset(texts, smsTaskSpec())).rejects.toThrow('unknown-characters, 8 times');
});
