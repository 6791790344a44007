/** Pictures, texts and series into the library: one pass over the files, blocks sealed while the next ones are read. */
import { throwIfCancelled } from '../src/core/clock.ts';
import { readExamples } from '../src/dataset/read-examples.ts';
import { type DataSpec } from '../src/protocol/data-spec.ts';
import { featureWidth, labelWidth, targetOf } from '../src/protocol/target.ts';
import { rowsPerBlock } from '../src/storage/library.ts';
import type { ExamplesReading } from './api/data.ts';
import { decodePicture } from './decode-picture.ts';
import type { ImportOptions } from './import-file.ts';
import { type NamedBlob, sourceFile, unpackedAll } from './open-file.ts';

/**
 * Reads files for a task over pictures, texts or series, and stores their rows when nothing stands in the way.
 * @throws MurmurError bad-input, too-large, cancelled, not-found when a file is gone
 */
export async function importExamples(files: readonly NamedBlob[], options: ImportOptions): Promise<ExamplesReading> {
  const { library, spec, schema, nowMs, onProgress, signal } = options;
  const opened = await unpackedAll(files, signal);
  const total = opened.reduce((sum, { blob }) => sum + blob.size, 0);
  let read = 0;
  const onBytes = (length: number) => {
    throwIfCancelled(signal);
    read += length;
    onProgress?.(read, total);
  };
  const writer = library.write();
  const { report } = await readExamples(
    opened.map((file) => sourceFile(file, onBytes)),
    spec,
    {
      decode: decodePicture,
      rows: rowsPerBlock(featureWidth(spec.data), labelBytes(spec.data)),
      onBlock: (block) => writer.add(block),
      onProgress: () => throwIfCancelled(signal),
    },
  );
  if (report.findings.some(({ severity }) => severity === 'blocks')) return { report };
  const [first] = files;
  const fileName = files.length === 1 && first !== undefined ? first.name : report.fileName;
  const columns = spec.data.kind === 'series' ? spec.data.columns.map(({ name }) => name) : [];
  const { droppedRows } = report;
  const stored = await writer.finish({ fileName, schema, columns, droppedRows, readAtMs: nowMs });
  return { report, dataset: stored.id };
}

function labelBytes(data: DataSpec): number {
  const target = targetOf(data);
  return labelWidth(target) * (target.kind === 'value' ? 4 : 1);
}
