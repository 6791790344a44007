import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { featureWidth, labelWidth, targetOf } from '../../protocol/target.ts';
import { checkTaskSpec, type TaskSpec } from '../../protocol/task-spec.ts';
import { tableOf } from '../../protocol/target.ts';
import { readExamples } from '../read-examples.ts';
import { bytesOf, type SourceFile } from '../source-file.ts';
import { splitHeldOut } from '../split.ts';
import { encodeFeatures, parseTable } from '../table.ts';
import { memoryFile } from '../testing/files.ts';
import { EXAMPLES } from './index.ts';
import { PNEUMONIA_TEST, pneumoniaTaskSpec } from './pictures.ts';

const inPublic = (path: string) => new URL(`../../../public${path}`, import.meta.url);

/** @param path as the page asks for it */
function publicFile(path: string): SourceFile {
  const bytes = readFileSync(inPublic(path));
  return path.endsWith('.gz') ? memoryFile(path.slice(0, -3), gunzipSync(bytes)) : memoryFile(path, bytes);
}

/** Rows of each site, and of each class over all of them. */
const EXPECTED: Readonly<Record<string, { rows: readonly number[]; classes: readonly number[] }>> = {
  heart: { rows: [303, 261, 46, 130], classes: [357, 383] },
  bank: { rows: [1378, 1241, 769, 731], classes: [3668, 451] },
  pneumonia: { rows: [1302, 1302, 1301, 1301], classes: [1348, 3858] },
  // As the official test file has them.
  mnist: { rows: [2500, 2500, 2500, 2500], classes: [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009] },
  optdigits: { rows: [450, 449, 449, 449], classes: [178, 182, 177, 183, 181, 182, 181, 179, 174, 180] },
  // Of 5,171 messages six are the same in lower case and with unknown characters as one.
  sms: { rows: [1291, 1293, 1292, 1289], classes: [4518, 647] },
  'sms-writer': { rows: [2215, 2214, 2252, 2195], classes: [] },
  air: { rows: [9346, 9395, 8463, 9011], classes: [22_675, 13_540] },
  forecast: { rows: [10_507, 10_564, 10_461, 10_504], classes: [] },
};

describe.each(EXAMPLES)('$id', ({ id, spec, sites, folder }) => {
  it('is a task', () => {
    expect(checkTaskSpec(spec())).toEqual(spec());
  });

  it('comes with its files and their licence', () => {
    expect(readFileSync(inPublic(`/data/${folder}/LICENCE.txt`), 'utf8')).toMatch(/CC BY/);
    for (const { path } of sites) expect(existsSync(inPublic(path)), path).toBe(true);
  });

  it('is read as its sources say, without a finding that blocks', async () => {
    const task = spec();
    const read: Awaited<ReturnType<typeof readSite>>[] = [];
    for (const { path } of sites) read.push(await readSite(publicFile(path), task));
    const [first] = read;
    expect({
      rows: read.map(({ rows }) => rows),
      classes: first?.classes.map((_, i) => read.reduce((sum, { classes }) => sum + (classes[i] ?? 0), 0)),
    }).toEqual(EXPECTED[id]);
  });
});

it('reads the official test pictures of pneumonia, of which three are copies', async () => {
  const file = publicFile(PNEUMONIA_TEST);
  const once = await readExamples([file], pneumoniaTaskSpec());
  expect(once.report).toMatchObject({ rows: 621, findings: [{ kind: 'duplicates', count: 3 }] });
  const { report } = await readExamples([file], pneumoniaTaskSpec(), { keepCopies: true });
  expect(report.rows).toBe(624);
  expect(report.classes.map(({ count }) => count)).toEqual([234, 390]);
});

async function readSite(file: SourceFile, task: TaskSpec): Promise<{ rows: number; classes: readonly number[] }> {
  if (task.data.kind === 'table') {
    const table = tableOf(task.data);
    const rows = encodeFeatures(await parseTable(new TextDecoder().decode(await bytesOf(file)), table), table);
    const positives = rows.labels.reduce((sum, label) => sum + label, 0);
    return { rows: rows.rows, classes: [rows.rows - positives, positives] };
  }
  const { data, report } = await readExamples([file], task);
  expect(report.findings.filter(({ severity }) => severity === 'blocks')).toEqual([]);
  expect(data?.width).toBe(featureWidth(task.data));
  expect(data?.labels.length).toBe(report.rows * labelWidth(targetOf(task.data)));
  if (data === undefined) return { rows: 0, classes: [] };
  const { train, heldOut } = await splitHeldOut(data, task);
  expect([train.rows, heldOut.rows]).toEqual([report.trainRows, report.heldOutRows]);
  return { rows: report.rows, classes: report.classes.map(({ count }) => count) };
}
