/** A site's data as the readers take them: one file, or all files of a folder; gzip and Parquet are undone on the way. */
import { createReadStream } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createGunzip } from 'node:zlib';
import { utf8 } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { parquetText } from '../src/dataset/formats/parquet.ts';
import { readExamples } from '../src/dataset/read-examples.ts';
import type { SourceFile } from '../src/dataset/source-file.ts';
import { type Dataset, encodeFeatures, parseTable, splitHeldOut } from '../src/dataset/table.ts';
import { textPieces } from '../src/dataset/text-pieces.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import { decodePicture } from './decode-picture.ts';

/**
 * The rows of a file, or of a folder's files, as the task encodes and splits them.
 * @throws MurmurError not-found; bad-input for the first thing that does not fit
 */
export async function readDataset(path: string, spec: TaskSpec): Promise<Dataset> {
  const files = await openFiles(path);
  if (spec.data.kind === 'table') {
    const [file] = files;
    if (file === undefined || files.length > 1) {
      throw new MurmurError('bad-input', `${path} holds ${files.length} files; a table is one file`, {
        hint: 'Name the file with --data.',
      });
    }
    const table = await parseTable(
      textPieces(file, () => undefined),
      spec.data,
    );
    return splitHeldOut(encodeFeatures(table, spec.data), spec);
  }
  const { data, report } = await readExamples(files, spec, { decode: decodePicture });
  const blocking = report.findings.find(({ severity }) => severity === 'blocks');
  if (blocking !== undefined || data === undefined) {
    const { kind = 'no-rows', name, count = 0, places = [], example = '' } = blocking ?? {};
    const what = name === undefined ? kind : `${kind} “${name}”`;
    const where = places.length > 0 ? `, first at ${places[0]}${example === '' ? '' : ` ("${example}")`}` : '';
    throw new MurmurError('bad-input', `${path} does not fit the task: ${what}, ${count} times${where}`, {
      hint: 'Open the file in the page of the task, which shows all that does not fit.',
      details: { kind, count },
    });
  }
  return splitHeldOut(data, spec);
}

/** All files of a data set, in the order of their paths. @throws MurmurError not-found */
export async function openFiles(path: string): Promise<readonly SourceFile[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [openFile(path, path)];
    const entries = await readdir(path, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => openFile(file, file.slice(path.length + 1)));
  } catch (cause) {
    throw new MurmurError('not-found', `${path} cannot be read`, { hint: 'Name a file with --data.', cause });
  }
}

/** A file as the readers take it, by the name `path`; gzip is undone and `.gz` left out of the name. */
export function openFile(file: string, path: string): SourceFile {
  if (/\.parquet$/iu.test(file)) return { path, pieces: () => parquetPieces(file, path) };
  const zipped = file.endsWith('.gz');
  return {
    path: zipped ? path.slice(0, -3) : path,
    async *pieces() {
      const raw = createReadStream(file);
      const unzip = createGunzip();
      // A pipe does not hand errors on.
      raw.on('error', (error) => unzip.destroy(error));
      const stream = zipped ? raw.pipe(unzip) : raw;
      try {
        for await (const bytes of stream) yield bytes as Uint8Array;
      } catch (cause) {
        throw new MurmurError('bad-input', `${path} cannot be read to its end`, {
          hint: zipped ? 'The file is cut off or damaged: copy it again.' : 'Is it still there?',
          cause,
        });
      }
    },
  };
}

async function* parquetPieces(file: string, path: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const slice = async (from: number, to = size): Promise<ArrayBuffer> => {
      const bytes = new Uint8Array(to - from);
      await handle.read(bytes, 0, bytes.length, from);
      return bytes.buffer;
    };
    for await (const text of parquetText(path, { byteLength: size, slice })) yield utf8(text);
  } finally {
    await handle.close();
  }
}
