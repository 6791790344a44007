/**
 * The one pass over a file: text pieces go in, encoded rows come out in blocks, and what does not fit is counted by column with its
 * first place. A row enters whole or not at all; a cell outside the public range is refused rather than clipped, because a wrong unit
 * is the usual cause. Memory is bounded, whatever the file holds, where a listener takes the blocks; else they are kept.
 */
import { MurmurError } from '../core/errors.ts';
import { type TableSpec } from '../protocol/task-spec.ts';
import { MAX_ROWS } from '../protocol/limits.ts';
import { featureWidth } from '../protocol/target.ts';
import { type ColumnReader, MISSING, NOT_A_NUMBER, OUT_OF_RANGE, columnReaders } from './cells.ts';
import type { ColumnReading, ReadingPlan } from './reading-plan.ts';
import { RecordReader, isEmptyLine } from './records.ts';
import type { EncodedRows } from './split.ts';

/** Rows of data that are kept as they stand, for samples and for guesses about columns. */
export const SAMPLE_ROWS = 1000;
/** Rows after which a file without a single usable row is given up. */
export const HOPELESS_ROWS = 20_000;
/** Rows of one block, unless the caller says otherwise. */
const BLOCK_ROWS = 4096;
/** What is kept at most where nobody takes the blocks. */
const MAX_BYTES = 1_073_741_824;
/** Different misfits remembered a column. */
const MAX_DISTINCT = 200;
const MAX_CELL_CHARACTERS = 64;

/** What does not fit in a column. */
export interface Misfits {
  readonly kind: 'not-a-number' | 'out-of-range' | 'unknown-category' | 'short-row';
  /** 1-based row of data of the first one */
  readonly row: number;
  /** that cell, shortened */
  readonly cell: string;
  /** cells of that row */
  readonly cells: number;
  count: number;
  /** cell text, trimmed, to how often */
  readonly distinct: Map<string, number>;
}

export interface PassResult {
  /** in order; all but the last have the same number of rows; none where a listener took them */
  readonly blocks: readonly EncodedRows<Uint8Array>[];
  /** complete rows that fit; the cells of columns that nothing is mapped to count as fitting */
  readonly rows: number;
  readonly positives: number;
  readonly droppedRows: number;
  /** cells with a missing mark, a column of the schema each, label last */
  readonly missing: readonly number[];
  /** rows of data that were seen */
  readonly seenRows: number;
  /** from the header line; empty without one */
  readonly names: readonly string[];
  /** first rows as they stand */
  readonly sample: readonly (readonly string[])[];
  /** a column of the schema each, label last */
  readonly misfits: readonly (readonly Misfits[])[];
  readonly readers: readonly ColumnReader[];
  /** rows with characters that the encoding does not have, in used columns */
  readonly undecodable: { readonly row: number; readonly cell: string; readonly count: number } | undefined;
  readonly tooManyRows: boolean;
  /** the file was given up before its end */
  readonly stoppedEarly: boolean;
}

interface Slot {
  readonly place: number;
  readonly reader: ColumnReader;
  /** of the column's first feature; -1 for the label */
  readonly offset: number;
  readonly oneHot: boolean;
}

export class ReadingPass {
  readonly #plan: ReadingPlan;
  readonly #onBlock: ((block: EncodedRows<Uint8Array>) => void) | undefined;
  readonly #records: RecordReader;
  readonly #readers: readonly ColumnReader[];
  readonly #slots: readonly Slot[];
  /** of the last used cell of a record, and the column that it belongs to */
  readonly #last: { readonly place: number; readonly column: number };
  readonly #complete: boolean;
  readonly #width: number;
  readonly #blockRows: number;
  readonly #misfits: Misfits[][];
  readonly #missing: number[];
  readonly #blocks: EncodedRows<Uint8Array>[] = [];
  readonly #sample: (readonly string[])[] = [];
  #names: readonly string[] | undefined;
  #features: Float32Array;
  #labels: Uint8Array;
  #inBlock = 0;
  #rows = 0;
  #positives = 0;
  #droppedRows = 0;
  #seenRows = 0;
  #undecodable: PassResult['undecodable'];
  #tooManyRows = false;
  #stopped = false;

  /**
   * @param blocks rows of a block, and who takes every block as soon as it is full, and the last one at the end; features of columns
   * that nothing is mapped to are 0
   */
  constructor(
    schema: TableSpec,
    plan: ReadingPlan,
    blocks: { readonly rows?: number; readonly onBlock?: (block: EncodedRows<Uint8Array>) => void } = {},
  ) {
    this.#plan = plan;
    this.#onBlock = blocks.onBlock;
    this.#records = new RecordReader(plan.delimiter);
    this.#readers = columnReaders(schema, plan);
    this.#slots = slotsOf(schema, plan, this.#readers);
    this.#last = lastPlace(plan);
    this.#complete = plan.columns.every(({ source }) => source !== undefined);
    this.#width = featureWidth(schema);
    this.#blockRows = blocks.rows ?? BLOCK_ROWS;
    this.#misfits = plan.columns.map(() => []);
    this.#missing = plan.columns.map(() => 0);
    this.#names = plan.header ? undefined : [];
    [this.#features, this.#labels] = this.#freshBlock();
  }

  /** Whether there is nothing to gain from the rest of the file. */
  get done(): boolean {
    return this.#stopped;
  }

  /** @throws MurmurError bad-input for what is no table, too-large for more than a tab holds */
  push(text: string): void {
    if (!this.#stopped) this.#take(this.#records.push(text), text.includes('\uFFFD'));
  }

  end(): PassResult {
    if (!this.#stopped) this.#take(this.#records.end(), true);
    this.#closeBlock();
    return {
      blocks: this.#blocks,
      rows: this.#rows,
      positives: this.#positives,
      droppedRows: this.#droppedRows,
      missing: this.#missing,
      seenRows: this.#seenRows,
      names: this.#names ?? [],
      sample: this.#sample,
      misfits: this.#misfits,
      readers: this.#readers,
      undecodable: this.#undecodable,
      tooManyRows: this.#tooManyRows,
      stoppedEarly: this.#stopped,
    };
  }

  #take(records: readonly string[][], lookForUndecodable: boolean): void {
    for (const record of records) {
      if (this.#stopped) return;
      if (record.length < 2 && isEmptyLine(record)) continue;
      if (this.#names === undefined) {
        this.#names = record.map((name) => name.trim());
        continue;
      }
      this.#seenRows++;
      if (this.#sample.length < SAMPLE_ROWS) this.#sample.push(record);
      if (lookForUndecodable) this.#findUndecodable(record);
      if (record.length <= this.#last.place || !this.#encode(record)) this.#leaveOut(record);
      if (this.#seenRows >= HOPELESS_ROWS && (this.#rows === 0 || !this.#complete)) this.#stopped = true;
    }
  }

  /** @returns whether the row fits; one that does not leaves no trace */
  #encode(record: readonly string[]): boolean {
    const features = this.#features;
    const at = this.#inBlock * this.#width;
    let label = 0;
    for (const { place, reader, offset, oneHot } of this.#slots) {
      const cell = record[place] as string;
      const code = reader.read(cell);
      if (code < 0) {
        features.fill(0, at, at + this.#width);
        return false;
      }
      if (offset < 0) label = code;
      else if (oneHot) features[at + offset + code] = 1;
      else features[at + offset] = code;
    }
    if (this.#rows >= MAX_ROWS) {
      this.#tooManyRows = true;
      this.#stopped = true;
      features.fill(0, at, at + this.#width);
      return true;
    }
    this.#labels[this.#inBlock++] = label;
    this.#positives += label;
    this.#rows++;
    if (this.#inBlock === this.#blockRows) this.#closeBlock();
    return true;
  }

  /** A row that does not fit is left out, silently where the plan or the task's missing rule says so. */
  #leaveOut(record: readonly string[]): void {
    const { columns } = this.#plan;
    if (record.every((cell) => cell.trim() === '')) {
      this.#droppedRows++;
      return;
    }
    if (record.length <= this.#last.place) {
      const column = columns[this.#last.column] as ColumnReading;
      if (column.bad === 'drop-row') this.#droppedRows++;
      else this.#note(this.#last.column, 'short-row', record.join(this.#plan.delimiter), record.length);
      return;
    }
    const codes = columns.map(({ source }, i) => {
      if (source === undefined) return 0;
      return (this.#readers[i] as ColumnReader).read(record[source] as string);
    });
    for (const [i, code] of codes.entries()) if (code === MISSING) this.#missing[i] = (this.#missing[i] as number) + 1;
    if (codes.some((code, i) => code === MISSING || (code < 0 && columns[i]?.bad === 'drop-row'))) {
      this.#droppedRows++;
      return;
    }
    for (const [i, code] of codes.entries()) {
      if (code >= 0) continue;
      const kind = code === NOT_A_NUMBER ? 'not-a-number' : code === OUT_OF_RANGE ? 'out-of-range' : 'unknown-category';
      this.#note(i, kind, record[columns[i]?.source as number] as string, record.length);
    }
  }

  #note(column: number, kind: Misfits['kind'], cell: string, cells: number): void {
    const found = this.#misfits[column] as Misfits[];
    let misfits = found.find((entry) => entry.kind === kind);
    const text = cell.trim().slice(0, MAX_CELL_CHARACTERS);
    if (misfits === undefined) {
      misfits = { kind, row: this.#seenRows, cell: shorten(cell), cells, count: 0, distinct: new Map() };
      found.push(misfits);
    }
    misfits.count++;
    const times = misfits.distinct.get(text);
    if (times !== undefined || misfits.distinct.size < MAX_DISTINCT) misfits.distinct.set(text, (times ?? 0) + 1);
  }

  #findUndecodable(record: readonly string[]): void {
    const cell = this.#slots.map(({ place }) => record[place]).find((text) => text?.includes('\uFFFD') === true);
    if (cell === undefined) return;
    const { row, cell: first, count } = this.#undecodable ?? { row: this.#seenRows, cell: shorten(cell), count: 0 };
    this.#undecodable = { row, cell: first, count: count + 1 };
  }

  #freshBlock(): [Float32Array, Uint8Array] {
    return [new Float32Array(this.#blockRows * this.#width), new Uint8Array(this.#blockRows)];
  }

  #closeBlock(): void {
    const rows = this.#inBlock;
    if (rows === 0) return;
    const block: EncodedRows<Uint8Array> = {
      features: this.#features.subarray(0, rows * this.#width),
      labels: this.#labels.subarray(0, rows),
      rows,
      width: this.#width,
    };
    if (this.#onBlock !== undefined) this.#onBlock(block);
    else this.#blocks.push(block);
    if (this.#onBlock === undefined && this.#rows * (4 * this.#width + 1) > MAX_BYTES) {
      throw new MurmurError('too-large', `the rows need more than ${MAX_BYTES / 2 ** 30} GiB of memory`, {
        hint: 'Use a file with fewer rows.',
      });
    }
    this.#inBlock = 0;
    [this.#features, this.#labels] = this.#freshBlock();
  }
}

/** Long or odd cells are shown short, so that a report never carries a whole file. */
export function shorten(cell: string): string {
  const text = cell.trim();
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}

function slotsOf(schema: TableSpec, plan: ReadingPlan, readers: readonly ColumnReader[]): readonly Slot[] {
  const slots: Slot[] = [];
  let offset = 0;
  for (const [i, { source }] of plan.columns.entries()) {
    const column = schema.columns[i];
    const oneHot = column?.kind === 'category';
    const reader = readers[i] as ColumnReader;
    if (source !== undefined) slots.push({ place: source, reader, offset: column === undefined ? -1 : offset, oneHot });
    offset += column?.kind === 'category' ? column.categories.length : 1;
  }
  return slots;
}

function lastPlace(plan: ReadingPlan): { place: number; column: number } {
  let last = { place: -1, column: 0 };
  for (const [column, { source = -1 }] of plan.columns.entries()) {
    if (source > last.place) last = { place: source, column };
  }
  return last;
}
