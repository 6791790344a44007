/**
 * Chosen files as the readers take them: gzip (RFC 1952) is undone by the browser, a Parquet file becomes the CSV that it would have
 * been, so that findings, repairs and previews are the same for both.
 */
import { throwIfCancelled } from '../src/core/clock.ts';
import { MurmurError } from '../src/core/errors.ts';
import type { SourceFile } from '../src/dataset/source-file.ts';

/** A chosen file with its name, or its path within a chosen folder. */
export interface NamedBlob {
  readonly name: string;
  readonly blob: Blob;
}

/** Files of one choice, e.g. a folder of pictures. */
const MAX_FILES = 100_000;
/** What a file may decompress to. */
const MAX_BYTES = 4_294_967_296;
const PIECE_BYTES = 1_048_576;
const PARQUET_ROWS = 8192;
const MAX_PARQUET_COLUMNS = 4096;

/**
 * A file that is text or an array, whatever it was packed in.
 * @throws MurmurError bad-input for a damaged file, too-large for one that decompresses without end, not-found when it is gone
 */
export async function unpacked(file: NamedBlob, signal?: AbortSignal): Promise<NamedBlob> {
  const magic = new Uint8Array(await piece(file.blob, 0, 4));
  // A server may have undone it already, as an encoding of its answer: the name stays then, and says nothing any more.
  const name = file.name.replace(/\.gz$/iu, '');
  if (magic[0] === 0x1f && magic[1] === 0x8b) return { name, blob: await gunzip(file, signal) };
  if (String.fromCharCode(...magic) === 'PAR1') return { name, blob: await parquetCsv(file, signal) };
  return { name, blob: file.blob };
}

/** Files as {@link unpacked}, one by one; a folder of a thousand pictures is not looked at beforehand. */
export async function unpackedAll(files: readonly NamedBlob[], signal?: AbortSignal): Promise<readonly NamedBlob[]> {
  if (files.length > MAX_FILES) {
    throw new MurmurError('too-large', `${files.length} files are more than ${MAX_FILES}`, {
      hint: 'Choose fewer files, or put them into a zip archive.',
    });
  }
  const opened: NamedBlob[] = [];
  for (const file of files) opened.push(/\.(?:png|jpe?g)$/iu.test(file.name) ? file : await unpacked(file, signal));
  return opened;
}

/** @param onBytes hears of every piece that was read */
export function sourceFile({ name, blob }: NamedBlob, onBytes: (length: number) => void): SourceFile {
  return {
    path: name,
    async *pieces() {
      for (let at = 0; at < blob.size; at += PIECE_BYTES) {
        const bytes = new Uint8Array(await piece(blob, at, at + PIECE_BYTES));
        onBytes(bytes.length);
        yield bytes;
      }
    },
  };
}

async function piece(blob: Blob, from: number, to: number): Promise<ArrayBuffer> {
  try {
    return await blob.slice(from, to).arrayBuffer();
  } catch (cause) {
    throw new MurmurError('not-found', 'the file cannot be read any more: it was moved, deleted or changed', {
      hint: 'Choose the file again.',
      cause,
    });
  }
}

async function gunzip({ name, blob }: NamedBlob, signal: AbortSignal | undefined): Promise<Blob> {
  let length = 0;
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(bytes, controller) {
      length += bytes.length;
      throwIfCancelled(signal);
      if (length > MAX_BYTES) {
        throw new MurmurError('too-large', `${name} decompresses to more than ${MAX_BYTES / 2 ** 30} GiB`, {
          hint: 'Split the file into several.',
        });
      }
      controller.enqueue(bytes);
    },
  });
  try {
    return await new Response(blob.stream().pipeThrough(new DecompressionStream('gzip')).pipeThrough(bounded)).blob();
  } catch (cause) {
    if (cause instanceof MurmurError) throw cause;
    throw new MurmurError('bad-input', `${name} is cut off or damaged: it does not decompress`, {
      hint: 'Download or copy it again.',
      cause,
    });
  }
}

/** A Parquet file (Apache Parquet format) as RFC 4180 text with a header line. */
async function parquetCsv({ name, blob }: NamedBlob, signal: AbortSignal | undefined): Promise<Blob> {
  const { parquetMetadataAsync, parquetReadObjects, parquetSchema } = await import('hyparquet');
  const file = {
    byteLength: blob.size,
    slice: (from: number, to = blob.size) => piece(blob, from, to),
  };
  try {
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    if (columns.length > MAX_PARQUET_COLUMNS) {
      throw new MurmurError(
        'too-large',
        `${name} has ${columns.length} columns; a table has at most ${MAX_PARQUET_COLUMNS}`,
      );
    }
    const rows = Number(metadata.num_rows);
    const parts: string[] = [`${columns.map(quoted).join(',')}\n`];
    for (let rowStart = 0; rowStart < rows; rowStart += PARQUET_ROWS) {
      throwIfCancelled(signal);
      const rowEnd = Math.min(rows, rowStart + PARQUET_ROWS);
      const objects = await parquetReadObjects({ file, metadata, rowStart, rowEnd });
      parts.push(objects.map((row) => `${columns.map((column) => quoted(cellOf(row[column]))).join(',')}\n`).join(''));
    }
    return new Blob(parts);
  } catch (cause) {
    if (cause instanceof MurmurError) throw cause;
    throw new MurmurError('bad-input', `${name} cannot be read as Parquet: ${reasonOf(cause)}`, {
      hint: 'Write it again with snappy or no compression, without nested columns, or export it as CSV.',
      cause,
    });
  }
}

/** What stands in a cell; lists and structures have no place in a table and are written as JSON. */
function cellOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'object')
    return JSON.stringify(value, (_, part: unknown) => (typeof part === 'bigint' ? String(part) : part));
  return String(value);
}

function quoted(cell: string): string {
  return /[",\r\n]/u.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message.slice(0, 120) : 'it is damaged';
}
