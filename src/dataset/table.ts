/**
 * A file that is written exactly as its task says, as encoded rows: what hospitals and measurements read. It is the same pass as for a
 * person's own file (reading.ts), with the task's own plan, and the first thing that does not fit is an error instead of a finding.
 */
import { MurmurError, check } from '../core/errors.ts';
import { type TableSpec } from '../protocol/task-spec.ts';
import { MAX_ROWS } from '../protocol/limits.ts';
import { featureWidth } from '../protocol/target.ts';
import { MISSING, OUT_OF_RANGE, columnReaders } from './cells.ts';
import { exactPlan, wantedColumns } from './plan-for.ts';
import { type Misfits, type PassResult, ReadingPass, shorten } from './reading.ts';
import { RecordReader, isEmptyLine } from './records.ts';
import { type EncodedRows, joinRows } from './split.ts';

export { type Dataset, type EncodedRows, splitHeldOut } from './split.ts';

export interface TableData extends EncodedRows<Uint8Array> {
  /** rows left out because a used column had a missing mark */
  readonly droppedRows: number;
}

type Chunks = string | Iterable<string> | AsyncIterable<string>;

const HEADER_HINT = 'Choose a file of the shape that the task describes.';
const PIECE_CHARACTERS = 262_144;

/**
 * Reads a table. The text may come in chunks that end anywhere, so that a large file is never one string.
 * @throws MurmurError bad-input naming row (1-based line of data, header not counted) and column; too-large past {@link MAX_ROWS} rows
 */
export async function parseTable(text: Chunks, data: TableSpec): Promise<TableData> {
  let pass: ReadingPass | undefined;
  let head = '';
  for await (const chunk of typeof text === 'string' ? pieces(text) : text) {
    if (pass !== undefined) pass.push(chunk);
    else {
      head += chunk;
      pass = startPass(head, data, false);
      pass?.push(head);
    }
    if (pass?.done === true) break;
  }
  if (pass === undefined) {
    pass = startPass(head, data, true);
    check(pass !== undefined, 'the file is empty', HEADER_HINT);
    pass.push(head);
  }
  const result = pass.end();
  throwFirstMisfit(result, data);
  if (result.tooManyRows) throw new MurmurError('too-large', `a table has at most ${MAX_ROWS} rows`);
  const { rows, droppedRows, blocks } = result;
  check(rows > 0, `the file has no complete row (${droppedRows} have missing values)`, HEADER_HINT);
  return { ...joinRows(blocks), droppedRows };
}

/** The rows of a table as the model takes them: numbers by their place in the public range, categories one-hot, in column order. */
export function encodeFeatures({ features, labels, rows, width }: TableData, data: TableSpec): EncodedRows<Uint8Array> {
  check(width === featureWidth(data), `expected ${featureWidth(data)} features, got ${width}`);
  return { features, labels, rows, width };
}

/**
 * Encodes one row that has no label, e.g. from the form of a prediction.
 * @param cells texts in the order of the spec's columns
 * @returns 1 x {@link featureWidth}
 * @throws MurmurError bad-input naming the column
 */
export function encodeRow(cells: readonly string[], data: TableSpec): Float32Array {
  check(cells.length === data.columns.length, `expected ${data.columns.length} values, got ${cells.length}`);
  const readers = columnReaders(data, exactPlan(data, [...cells.keys(), cells.length]));
  const features = new Float32Array(featureWidth(data));
  let offset = 0;
  for (const [i, column] of data.columns.entries()) {
    const cell = cells[i] as string;
    const code = readers[i]?.read(cell) ?? MISSING;
    if (code < 0) {
      const kind =
        column.kind === 'category' ? 'unknown-category' : code === OUT_OF_RANGE ? 'out-of-range' : 'not-a-number';
      throw cellError({ row: 1, kind, cell, cells: cells.length }, i, data);
    }
    if (column.kind === 'number') features[offset] = code;
    else features[offset + code] = 1;
    offset += column.kind === 'number' ? 1 : column.categories.length;
  }
  return features;
}

/** A name for each entry of the feature vector: the column's, or `column=category`. */
export function featureNames(data: TableSpec): readonly string[] {
  return data.columns.flatMap((column) =>
    column.kind === 'number' ? [column.name] : column.categories.map((category) => `${column.name}=${category}`),
  );
}

/** A long text in pieces, so that its records are never all in memory as strings. */
function* pieces(text: string): Generator<string> {
  for (let start = 0; start < text.length; start += PIECE_CHARACTERS) yield text.slice(start, start + PIECE_CHARACTERS);
}

/** The pass by the task's own plan; undefined while the header line is not complete. */
function startPass(head: string, data: TableSpec, whole: boolean): ReadingPass | undefined {
  if (!data.header) {
    const places = wantedColumns(data).map(({ position }) => position as number);
    return head.trim() === '' ? undefined : new ReadingPass(data, exactPlan(data, places));
  }
  const reader = new RecordReader(data.delimiter);
  const records = [...reader.push(head), ...(whole ? reader.end() : [])];
  const header = records.find((record) => !isEmptyLine(record));
  return header && new ReadingPass(data, exactPlan(data, headerPlaces(header, data)));
}

function headerPlaces(header: readonly string[], data: TableSpec): readonly number[] {
  const names = header.map((cell) => cell.trim());
  return wantedColumns(data).map(({ name }) => {
    const place = names.indexOf(name);
    check(
      place >= 0,
      `the file has no column ${name}`,
      `Its first line names ${names
        .slice(0, 20)
        .map((other) => `"${shorten(other)}"`)
        .join(', ')}.`,
    );
    check(names.indexOf(name, place + 1) < 0, `the file has two columns ${name}`, HEADER_HINT);
    return place;
  });
}

/** @throws MurmurError bad-input for the first cell that does not fit, by row and then by column */
function throwFirstMisfit({ misfits }: PassResult, data: TableSpec): void {
  const [first] = misfits
    .flatMap((found, column) => found.map((entry) => ({ ...entry, column })))
    .sort((a, b) => a.row - b.row || a.column - b.column);
  if (first !== undefined) throw cellError(first, first.column, data);
}

type Misfit = Pick<Misfits, 'row' | 'kind' | 'cell' | 'cells'>;

function cellError(misfit: Misfit, column: number, data: TableSpec): MurmurError {
  const { row } = misfit;
  const { name } = wantedColumns(data)[column] as { name: string };
  const [what, hint] = misfitWords(misfit, data, column);
  return new MurmurError('bad-input', `row ${row}, column ${name}: ${what}`, { hint, details: { row, column: name } });
}

function misfitWords({ kind, cell, cells }: Misfit, data: TableSpec, column: number): readonly [string, string] {
  const spec = data.columns[column];
  const quoted = `"${shorten(cell)}"`;
  switch (kind) {
    case 'short-row':
      return [`the row has only ${cells} cells`, `Is "${data.delimiter}" the separator of the file?`];
    case 'not-a-number':
      return [`${quoted} is not a number`, "Correct the cell, or use one of the task's marks for a missing value."];
    case 'out-of-range': {
      const range = spec?.kind === 'number' ? `${spec.minimum} to ${spec.maximum}` : '';
      const unit = spec?.kind === 'number' && spec.unit !== undefined ? ` (${spec.unit})` : '';
      return [`${quoted} is outside ${range}`, `Check the unit${unit}.`];
    }
    case 'unknown-category': {
      const known = spec?.kind === 'category' ? spec.categories.slice(0, 12).join(', ') : '';
      return [`${quoted} is none of the categories`, `Known are ${known}.`];
    }
  }
}
