/** From a file to the rows that train and the rows that judge; everything stays in this browser. */
import { fetchText, type World } from './world.ts';
import { parseTable, encodeFeatures } from '../src/dataset/table.ts';
import { type Dataset, splitHeldOut } from '../src/dataset/split.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import type { StoredDataset } from '../src/storage/database.ts';
import type { DataSource, DataView } from './api.ts';

/**
 * Reads a file for a task and keeps its encoded rows in this browser.
 * @throws MurmurError bad-input naming row and column
 */
export async function readData(
  world: World,
  name: string,
  spec: TaskSpec,
  source: DataSource,
  signal: AbortSignal | undefined,
): Promise<DataView> {
  const text = source.kind === 'file' ? chunksOf(source.file) : await fetchText(world, source.path, signal);
  const fileName = source.kind === 'file' ? source.file.name : (source.path.split('/').at(-1) ?? source.path);
  const table = await parseTable(text, spec.data);
  const rows = encodeFeatures(table, spec.data);
  const stored: StoredDataset = { fileName, droppedRows: table.droppedRows, ...rows };
  const { train, heldOut } = await splitHeldOut(rows, spec.heldOut);
  await world.datasets.put(name, stored);
  return {
    fileName,
    rows: rows.rows,
    droppedRows: table.droppedRows,
    trainRows: train.rows,
    heldOutRows: heldOut.rows,
  };
}

/** The stored rows, split as they were when they were read: the split is a function of rows and seed. */
export function splitStored({ features, labels, rows, width }: StoredDataset, spec: TaskSpec): Promise<Dataset> {
  return splitHeldOut({ features, labels, rows, width }, spec.heldOut);
}

/** A file's text piece by piece, so that a large one is never one string. */
async function* chunksOf(file: File): AsyncGenerator<string> {
  const reader = file.stream().pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    yield value;
  }
}
