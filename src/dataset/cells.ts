/**
 * One cell of a column of the schema as the number that trains: a number's place in the public range, the index of a category, the
 * label. What does not fit is a negative code. Cell texts that were met are remembered, because most columns repeat theirs.
 */
import { type TableSpec } from '../protocol/task-spec.ts';
import { canonicalCell, isNumberText } from '../protocol/cell-text.ts';
import type { ColumnReading, ReadingPlan } from './reading-plan.ts';

export const MISSING = -1;
export const NOT_A_NUMBER = -2;
export const OUT_OF_RANGE = -3;
export const UNKNOWN_CATEGORY = -4;

/** Cell texts remembered a column. */
const MAX_REMEMBERED = 8192;
/** Longer cells are not remembered. */
const MAX_REMEMBERED_CHARACTERS = 64;

/** A power of two. */
const RECENT = 1024;
/** Longer cells are looked up in the usual way. */
const MAX_RECENT_CHARACTERS = 12;

/**
 * Reads the cells of one column. The texts that repeat most are found in a table of their own by a few integer steps: a Map has to
 * hash a text that was just cut out of a file, and most of the time of an import was spent there.
 */
export class ColumnReader {
  /** codes of cell texts that were met */
  readonly known = new Map<string, number>();
  readonly #codeOf: (cell: string) => number;
  readonly #recent = new Array<string | undefined>(RECENT).fill(undefined);
  readonly #recentCodes = new Float64Array(RECENT);

  constructor(codeOf: (cell: string) => number) {
    this.#codeOf = codeOf;
  }

  /** Code of a cell: at least 0 for what fits. */
  read(cell: string): number {
    const { length } = cell;
    if (length > MAX_RECENT_CHARACTERS) return this.#read(cell);
    let slot = length;
    for (let i = 0; i < length; i++) slot = (Math.imul(slot, 31) + cell.charCodeAt(i)) | 0;
    slot = (slot ^ (slot >>> 11)) & (RECENT - 1);
    if (this.#recent[slot] === cell) return this.#recentCodes[slot] as number;
    const code = this.#read(cell);
    this.#recent[slot] = cell;
    this.#recentCodes[slot] = code;
    return code;
  }

  #read(cell: string): number {
    const known = this.known.get(cell);
    if (known !== undefined) return known;
    const code = this.#codeOf(cell);
    if (this.known.size < MAX_REMEMBERED && cell.length <= MAX_REMEMBERED_CHARACTERS) this.known.set(cell, code);
    return code;
  }
}

/** A reader a column of the schema, label last. */
export function columnReaders(schema: TableSpec, plan: ReadingPlan): readonly ColumnReader[] {
  const missing = new Set([...schema.missingMarks, ...plan.missingMarks]);
  const codes = [...schema.columns.map(columnCode), labelCode(schema.label)];
  return codes.map((code, i) => createReader(plan.columns[i] as ColumnReading, missing, code));
}

/** The number that a cell is written as, or NaN. */
export function cellNumber(trimmed: string, decimal: '.' | ','): number {
  // With decimal commas, a point would be read as something that nobody wrote.
  if (decimal === ',') return trimmed.includes('.') ? NaN : cellNumber(trimmed.replace(',', '.'), '.');
  return isNumberText(trimmed) ? Number(trimmed) : NaN;
}

type Code = (trimmed: string, reading: ColumnReading) => number;

function createReader(reading: ColumnReading, missing: ReadonlySet<string>, code: Code): ColumnReader {
  const replace = new Map(Object.entries(reading.replace));
  return new ColumnReader((cell) => {
    const trimmed = cell.trim();
    const text = replace.size === 0 ? trimmed : (replace.get(canonicalCell(trimmed)) ?? trimmed);
    return missing.has(text) ? MISSING : code(text, reading);
  });
}

function columnCode(column: TableSpec['columns'][number]): Code {
  if (column.kind === 'number') {
    const { minimum, maximum } = column;
    const span = maximum - minimum;
    return (text, { decimal, factor }) => {
      const number = cellNumber(text, decimal);
      if (Number.isNaN(number)) return NOT_A_NUMBER;
      const value = factor === 1 ? number : number * factor;
      return value >= minimum && value <= maximum ? (value - minimum) / span : OUT_OF_RANGE;
    };
  }
  const codes = new Map(column.categories.map((category, i) => [canonicalCell(category), i]));
  return (text) => codes.get(canonicalCell(text)) ?? UNKNOWN_CATEGORY;
}

function labelCode({ positive }: TableSpec['label']): Code {
  if ('above' in positive) {
    return (text, { decimal, factor }) => {
      const number = cellNumber(text, decimal);
      return Number.isNaN(number) ? NOT_A_NUMBER : Number(number * factor > positive.above);
    };
  }
  const texts = new Set(positive.equals.map(canonicalCell));
  return (text) => Number(texts.has(canonicalCell(text)));
}
