/**
 * A Parquet file (Apache Parquet format) as the RFC 4180 text that it would have been, with a header line, so that findings, repairs and
 * previews are the same for both. Snappy or no compression; some thousand rows are in memory at one time.
 */
import { parquetMetadataAsync, parquetReadObjects, parquetSchema } from 'hyparquet';
import { MurmurError } from '../../core/errors.ts';

const ROWS_AT_ONCE = 8192;
const MAX_COLUMNS = 4096;

/** A file that is read by parts. */
export interface PartedFile {
  readonly byteLength: number;
  slice(from: number, to?: number): Promise<ArrayBuffer>;
}

/**
 * @param name for errors
 * @throws MurmurError bad-input for a file that is damaged or written in another way, too-large for too many columns
 */
export async function* parquetText(name: string, file: PartedFile): AsyncGenerator<string> {
  try {
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    if (columns.length > MAX_COLUMNS) {
      throw new MurmurError('too-large', `${name} has ${columns.length} columns; a table has at most ${MAX_COLUMNS}`);
    }
    const rows = Number(metadata.num_rows);
    yield `${columns.map(quoted).join(',')}\n`;
    for (let rowStart = 0; rowStart < rows; rowStart += ROWS_AT_ONCE) {
      const rowEnd = Math.min(rows, rowStart + ROWS_AT_ONCE);
      const objects = await parquetReadObjects({ file, metadata, rowStart, rowEnd });
      yield objects.map((row) => `${columns.map((column) => quoted(cellOf(row[column]))).join(',')}\n`).join('');
    }
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
