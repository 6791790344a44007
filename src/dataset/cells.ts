/**
 * One cell of a column of the schema as the number that trains: a number's place in the public range, the index of a category, the
 * label. What does not fit is a negative code. Cell texts that were met are remembered, because most columns repeat theirs.
 */
import { type TableSpec, canonicalCell, isNumberText } from '../protocol/task-spec.ts';
import type { ColumnReading, ReadingPlan } from './reading-plan.ts';

export const MISSING = -1;
export const NOT_A_NUMBER = -2;
export const OUT_OF_RANGE = -3;
export const UNKNOWN_CATEGORY = -4;

/** Cell texts remembered a column. */
const MAX_REMEMBERED = 8192;
/** Longer cells are not remembered. */
const MAX_REMEMBERED_CHARACTERS = 64;

export interface ColumnReader {
  /** codes of cell texts that were met */
  readonly known: ReadonlyMap<string, number>;
  /** Code of a cell: at least 0 for what fits. */
  read(cell: string): number;
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
  const known = new Map<string, number>();
  const replace = new Map(Object.entries(reading.replace));
  const codeOf = (cell: string): number => {
    const trimmed = cell.trim();
    const text = replace.size === 0 ? trimmed : (replace.get(canonicalCell(trimmed)) ?? trimmed);
    return missing.has(text) ? MISSING : code(text, reading);
  };
  return {
    known,
    read(cell) {
      const value = codeOf(cell);
      if (known.size < MAX_REMEMBERED && cell.length <= MAX_REMEMBERED_CHARACTERS) known.set(cell, value);
      return value;
    },
  };
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
