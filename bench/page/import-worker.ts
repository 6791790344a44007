/** In a worker of a real browser: a large CSV through the import of a person's file, and through papaparse alone. */
import Papa from 'papaparse';
import { SeededRandom, secureRandom } from '../../src/core/random.ts';
import { heartTaskSpec } from '../../src/dataset/heart.ts';
import { openDatabase } from '../../src/storage/database.ts';
import { openLibrary } from '../../src/storage/library.ts';
import { openVault } from '../../src/storage/vault.ts';
import { importFile } from '../../workers/import-file.ts';

export interface ImportRates {
  readonly rows: number;
  readonly sizeBytes: number;
  /** as stored, encrypted */
  readonly storedBytes: number;
  /** least milliseconds over the turns */
  readonly importMs: number;
  readonly papaparseMs: number;
}

export interface ImportOrder {
  readonly rows: number;
  readonly turns: number;
}

/** A CSV of the heart files' shape: 14 columns, numbers written with a decimal, one row in a hundred with a missing value. */
function heartCsv(rows: number): File {
  const random = new SeededRandom(new Uint8Array(32).fill(1));
  const lines: string[] = [];
  const parts: string[] = [];
  for (let row = 0; row < rows; row++) {
    const chol = random.below(100) === 0 ? '?' : `${126 + random.below(300)}.0`;
    lines.push(
      [
        `${29 + random.below(49)}.0,${random.below(2)}.0,${1 + random.below(4)}.0,${94 + random.below(106)}.0,${chol}`,
        `${random.below(2)}.0,${random.below(3)}.0,${71 + random.below(131)}.0,${random.below(2)}.0`,
        `${(random.below(63) / 10).toFixed(1)},${1 + random.below(3)}.0,${random.below(4)}.0,${3 + random.below(5)}.0,${random.below(5)}`,
      ].join(','),
    );
    if (lines.length === 10_000 || row === rows - 1) parts.push(`${lines.splice(0).join('\n')}\n`);
  }
  return new File(parts, 'heart.csv');
}

/** Rows as papaparse reads them by itself, in its own pieces. */
function countByPapaparse(file: File): Promise<number> {
  return new Promise((resolve, reject) => {
    let rows = 0;
    Papa.parse<string[]>(file, {
      skipEmptyLines: true,
      chunk: ({ data }) => {
        rows += data.length;
      },
      complete: () => resolve(rows),
      error: reject,
    });
  });
}

/** Both by turns; the first turn warms up and does not count. */
async function measureRates(rows: number, turns: number): Promise<ImportRates> {
  const file = heartCsv(rows);
  const database = await openDatabase(`bench-${crypto.randomUUID()}`);
  const library = openLibrary(database, openVault(database, secureRandom));
  const spec = heartTaskSpec();
  let [importMs, papaparseMs, storedBytes] = [Infinity, Infinity, 0];
  for (let turn = 0; turn <= turns; turn++) {
    let start = performance.now();
    const counted = await countByPapaparse(file);
    const papaparse = performance.now() - start;
    start = performance.now();
    const options = { library, spec, schema: '0x00', order: {}, nowMs: Date.now() };
    const { report, dataset = '' } = await importFile({ name: file.name, blob: file }, options);
    const imported = performance.now() - start;
    storedBytes = (await library.describe(dataset))?.sizeBytes ?? 0;
    await library.delete(dataset);
    if (counted !== rows || report.rows + report.droppedRows !== rows) throw new Error('a reading lost rows');
    if (turn === 0) continue;
    papaparseMs = Math.min(papaparseMs, papaparse);
    importMs = Math.min(importMs, imported);
  }
  database.close();
  return { rows, sizeBytes: file.size, storedBytes, importMs, papaparseMs };
}

onmessage = ({ data: { rows, turns } }: MessageEvent<ImportOrder>) => {
  measureRates(rows, turns).then(
    (rates) => postMessage({ rates }),
    (error: unknown) => postMessage({ error: String(error) }),
  );
};
