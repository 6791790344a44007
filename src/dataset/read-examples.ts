/** The one entry for everything but tables: files of a task as encoded rows, with a report for their owner. */
import { MurmurError } from '../core/errors.ts';
import { type PictureTools, type ReadExamples, readPictures } from './pictures.ts';
import { readSeries } from './series.ts';
import type { SourceFile } from './source-file.ts';
import type { SplitSpec } from './split.ts';
import { readTexts } from './texts.ts';

export type { ReadExamples } from './pictures.ts';

/**
 * Reads files for a task over pictures, texts or series.
 * @throws MurmurError bad-input, too-large, unsupported as the reader of the kind says; unsupported for a table (reading.ts)
 */
export async function readExamples(
  files: readonly SourceFile[],
  { data, heldOut }: SplitSpec,
  tools: PictureTools = {},
): Promise<ReadExamples> {
  switch (data.kind) {
    case 'pictures':
      return readPictures(files, { data, heldOut }, tools);
    case 'texts':
      return readTexts(files, { data, heldOut }, tools);
    case 'series':
      return readSeries(files, { data, heldOut }, tools);
    case 'table':
      throw new MurmurError('unsupported', 'a table is read by columns');
  }
}
