/// <reference path="./papaparse.d.ts" />
/**
 * A delimited text file (RFC 4180, by papaparse) as typed columns, and typed columns as a feature matrix.
 * Guarantees: a row enters whole or not at all; every refused cell is named by its row and column; a cell outside the public
 * range is refused rather than clipped, because a wrong unit is the usual cause.
 */
import Papa from 'papaparse/papaparse.js';
import { MurmurError, check } from '../core/errors.ts';
import {
  type ColumnSpec,
  MAX_ROWS,
  type TableSpec,
  canonicalCell,
  featureWidth,
  isNumberText,
} from '../protocol/task-spec.ts';
import type { EncodedRows } from './split.ts';

export { type Dataset, type EncodedRows, splitHeldOut } from './split.ts';

export interface NumberValues {
  readonly kind: 'number';
  readonly values: Float64Array;
}

export interface CategoryValues {
  readonly kind: 'category';
  /** index into the column's categories */
  readonly values: Uint16Array;
}

export interface TableData {
  /** one entry a column of the spec, each with `rows` values */
  readonly columns: readonly (NumberValues | CategoryValues)[];
  /** 0 or 1 a row */
  readonly labels: Uint8Array;
  readonly rows: number;
  /** rows left out because a used column had a missing mark */
  readonly droppedRows: number;
}

type Chunks = string | Iterable<string> | AsyncIterable<string>;

const HEADER_HINT = 'Choose a file of the shape that the task describes.';
/** More text than this between two line ends is not a table. */
const MAX_LINE_CHARACTERS = 1_048_576;
const PIECE_CHARACTERS = 262_144;

/**
 * Reads a table. The text may come in chunks that end anywhere, so that a large file is never one string.
 * @throws MurmurError bad-input naming row (1-based line of data, header not counted) and column; too-large past {@link MAX_ROWS} rows
 */
export async function parseTable(text: Chunks, data: TableSpec): Promise<TableData> {
  const builder = new TableBuilder(data);
  let rest = '';
  for await (const chunk of typeof text === 'string' ? pieces(text) : text) {
    rest += chunk;
    const end = lastRecordEnd(rest);
    if (end > 0) builder.add(parsePiece(rest.slice(0, end), data, builder.records));
    rest = rest.slice(end);
    check(
      rest.length <= MAX_LINE_CHARACTERS,
      'a line of the file never ends',
      'Look for an opening quotation mark without a closing one.',
    );
  }
  builder.add(parsePiece(rest, data, builder.records));
  return builder.build();
}

/**
 * Encodes a table for the model.
 * @returns features rows x {@link featureWidth}, row-major, in column order
 */
export function encodeFeatures(table: TableData, data: TableSpec): EncodedRows {
  const width = featureWidth(data);
  const features = new Float32Array(table.rows * width);
  let offset = 0;
  for (const [i, column] of data.columns.entries()) {
    const { values } = table.columns[i] as NumberValues | CategoryValues;
    if (column.kind === 'number') {
      const span = column.maximum - column.minimum;
      for (let row = 0; row < table.rows; row++) {
        features[row * width + offset] = ((values[row] as number) - column.minimum) / span;
      }
      offset += 1;
    } else {
      for (let row = 0; row < table.rows; row++) features[row * width + offset + (values[row] as number)] = 1;
      offset += column.categories.length;
    }
  }
  return { features, labels: table.labels, rows: table.rows, width };
}

/**
 * Encodes one row that has no label, e.g. from the form of a prediction.
 * @param cells texts in the order of the spec's columns
 * @returns 1 x {@link featureWidth}
 * @throws MurmurError bad-input naming the column
 */
export function encodeRow(cells: readonly string[], data: TableSpec): Float32Array {
  check(cells.length === data.columns.length, `expected ${data.columns.length} values, got ${cells.length}`);
  const readers = data.columns.map(cellReader);
  const columns = data.columns.map((column, i): NumberValues | CategoryValues => {
    const value = (readers[i] as CellReader)((cells[i] as string).trim(), 1);
    return column.kind === 'number'
      ? { kind: 'number', values: Float64Array.of(value) }
      : { kind: 'category', values: Uint16Array.of(value) };
  });
  return encodeFeatures({ columns, labels: new Uint8Array(1), rows: 1, droppedRows: 0 }, data).features;
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

/** Index after the last line end that stands outside quotation marks; 0 when there is none. */
function lastRecordEnd(text: string): number {
  let end = 0;
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 34) quoted = !quoted;
    else if (code === 10 && !quoted) end = i + 1;
  }
  return end;
}

/** Records of a piece of the file that begins and ends between records. */
function parsePiece(text: string, data: TableSpec, recordsBefore: number): string[][] {
  if (text.trim() === '') return [];
  // A lone \r would be missed as a line end after a \n was seen once, so all three conventions become \n first.
  const { data: records, errors } = Papa.parse(text.replace(/\r\n?/g, '\n'), {
    delimiter: data.delimiter,
    newline: '\n',
    skipEmptyLines: true,
  });
  const [error] = errors;
  if (error !== undefined) {
    throw new MurmurError('bad-input', `record ${recordsBefore + (error.row ?? 0) + 1}: ${error.message}`, {
      hint: 'Look for an unbalanced quotation mark there.',
      details: { row: recordsBefore + (error.row ?? 0) + 1 },
    });
  }
  return records;
}

type CellReader = (cell: string, row: number) => number;

function cellError(row: number, column: string, what: string, hint: string): MurmurError {
  return new MurmurError('bad-input', `row ${row}, column ${column}: ${what}`, { hint, details: { row, column } });
}

/** Long or odd cells are quoted short, so that an error never carries a whole file. */
function quote(cell: string): string {
  return cell.length > 40 ? `"${cell.slice(0, 40)}…"` : `"${cell}"`;
}

function cellReader(column: ColumnSpec): CellReader {
  if (column.kind === 'number') {
    const { minimum, maximum, name } = column;
    return (cell, row) => {
      if (!isNumberText(cell)) {
        throw cellError(
          row,
          name,
          `${quote(cell)} is not a number`,
          "Correct the cell, or use one of the task's marks for a missing value.",
        );
      }
      const value = Number(cell);
      if (value < minimum || value > maximum) {
        throw cellError(
          row,
          name,
          `${quote(cell)} is outside ${minimum} to ${maximum}`,
          `Check the unit${column.unit === undefined ? '' : ` (${column.unit})`}.`,
        );
      }
      return value;
    };
  }
  const codes = new Map(column.categories.map((category, i) => [canonicalCell(category), i]));
  return (cell, row) => {
    const code = codes.get(canonicalCell(cell));
    if (code === undefined) {
      throw cellError(
        row,
        column.name,
        `${quote(cell)} is none of the categories`,
        `Known are ${column.categories.slice(0, 12).join(', ')}.`,
      );
    }
    return code;
  };
}

function labelReader({ name, positive }: TableSpec['label']): CellReader {
  if ('above' in positive) {
    return (cell, row) => {
      if (!isNumberText(cell))
        throw cellError(row, name, `${quote(cell)} is not a number`, 'The label must be a number.');
      return Number(cell) > positive.above ? 1 : 0;
    };
  }
  const texts = new Set(positive.equals.map(canonicalCell));
  return (cell) => (texts.has(canonicalCell(cell)) ? 1 : 0);
}

/** Collects rows into growing columns; memory is typed arrays, doubled when full. */
class TableBuilder {
  readonly #data: TableSpec;
  readonly #missing: ReadonlySet<string>;
  readonly #readers: readonly CellReader[];
  /** place in a record of every column, label last; known once the header was read */
  #positions: readonly number[] | undefined;
  /** row-major values of the columns and the label, before they are split into columns */
  #values: Float64Array;
  #rows = 0;
  #droppedRows = 0;
  records = 0;

  constructor(data: TableSpec) {
    this.#data = data;
    this.#missing = new Set(data.missingMarks);
    this.#readers = [...data.columns.map(cellReader), labelReader(data.label)];
    this.#positions = data.header
      ? undefined
      : [...data.columns, data.label].map((column) => column.position as number);
    this.#values = new Float64Array(256 * this.#readers.length);
  }

  add(records: readonly string[][]): void {
    for (const record of records) {
      this.records++;
      if (this.#positions === undefined) this.#positions = headerPositions(record, this.#data);
      else this.#addRow(record, this.#positions);
    }
  }

  build(): TableData {
    check(this.#positions !== undefined, 'the file is empty', HEADER_HINT);
    const rows = this.#rows;
    check(rows > 0, `the file has no complete row (${this.#droppedRows} have missing values)`, HEADER_HINT);
    const step = this.#readers.length;
    const columns = this.#data.columns.map((column, i): NumberValues | CategoryValues =>
      column.kind === 'number'
        ? {
            kind: 'number',
            values: Float64Array.from({ length: rows }, (_, row) => this.#values[row * step + i] as number),
          }
        : {
            kind: 'category',
            values: Uint16Array.from({ length: rows }, (_, row) => this.#values[row * step + i] as number),
          },
    );
    const labels = Uint8Array.from({ length: rows }, (_, row) => this.#values[row * step + step - 1] as number);
    return { columns, labels, rows, droppedRows: this.#droppedRows };
  }

  #addRow(record: readonly string[], positions: readonly number[]): void {
    const row = this.#rows + this.#droppedRows + 1;
    const names = [...this.#data.columns, this.#data.label];
    const cells = positions.map((place, i) => {
      const cell = record[place];
      if (cell === undefined) {
        throw cellError(
          row,
          (names[i] as { name: string }).name,
          `the row has only ${record.length} cells`,
          `Is "${this.#data.delimiter}" the separator of the file?`,
        );
      }
      return cell.trim();
    });
    if (cells.some((cell) => this.#missing.has(cell))) {
      this.#droppedRows++;
      return;
    }
    if (this.#rows >= MAX_ROWS) throw new MurmurError('too-large', `a table has at most ${MAX_ROWS} rows`);
    const step = this.#readers.length;
    if ((this.#rows + 1) * step > this.#values.length) {
      const grown = new Float64Array(2 * this.#values.length);
      grown.set(this.#values);
      this.#values = grown;
    }
    for (let i = 0; i < step; i++) {
      this.#values[this.#rows * step + i] = (this.#readers[i] as CellReader)(cells[i] as string, row);
    }
    this.#rows++;
  }
}

function headerPositions(record: readonly string[], data: TableSpec): readonly number[] {
  // A byte order mark belongs to the file, not to the first name.
  const names = record.map((cell) => cell.replace(/^\uFEFF/, '').trim());
  return [...data.columns, data.label].map(({ name }) => {
    const place = names.indexOf(name);
    check(
      place >= 0,
      `the file has no column ${name}`,
      `Its first line names ${names.slice(0, 20).map(quote).join(', ')}.`,
    );
    check(names.indexOf(name, place + 1) < 0, `the file has two columns ${name}`, HEADER_HINT);
    return place;
  });
}
