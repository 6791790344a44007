/** The rows of the examples' files, dealt out to as many simulated sites as a measurement needs. */
import { join } from 'node:path';
import { openFile } from '../../node/data-files.ts';
import { PUBLIC_FOLDER } from '../../node/places.ts';
import { check } from '../../src/core/errors.ts';
import type { SeededRandom } from '../../src/core/random.ts';
import type { PictureTools } from '../../src/dataset/pictures.ts';
import { readExamples } from '../../src/dataset/read-examples.ts';
import type { SourceFile } from '../../src/dataset/source-file.ts';
import { type EncodedRows, selectRows } from '../../src/dataset/split.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';

/** A file that comes with the page. @param path as the page asks for it, e.g. of an ExampleSite */
export function publicFile(path: string): SourceFile {
  return openFile(join(PUBLIC_FOLDER, path), path);
}

/**
 * All rows of several files together, as the product reads them: copies count once, in whichever files they lie.
 * @throws MurmurError bad-input for files that do not fit the task
 */
export async function readRows(
  files: readonly SourceFile[],
  spec: Pick<TaskSpec, 'data' | 'heldOut'>,
  tools: PictureTools = {},
): Promise<EncodedRows> {
  const { data, report } = await readExamples(files, spec, tools);
  const blocking = report.findings.find(({ severity }) => severity === 'blocks');
  check(data !== undefined && blocking === undefined, `the files do not fit the task: ${blocking?.kind ?? 'no rows'}`);
  return data;
}

/** Every row to one of so many sites, in a random order; sites differ by at most one row. */
export function dealRows(data: EncodedRows, sites: number, random: SeededRandom): readonly EncodedRows[] {
  const order = random.permutation(data.rows);
  return Array.from({ length: sites }, (_, site) =>
    selectRows(
      data,
      order.filter((_, i) => i % sites === site),
    ),
  );
}
