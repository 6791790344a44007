/**
 * Delimiter and header of a file, from its first records: the delimiter that cuts them into the same number of cells, and gives the
 * names or the width that the schema expects; a header is a first line with expected names, or with texts above columns of numbers.
 */
import { isNumberText } from '../protocol/cell-text.ts';
import { plainName } from './names.ts';
import type { Delimiter } from './reading-plan.ts';
import { headRecords } from './records.ts';

const DELIMITERS: readonly Delimiter[] = [',', ';', '\t', '|', ' '];
const HEAD_CHARACTERS = 65_536;
const NUMBER_SHARE = 0.8;

export interface Expected {
  /** names of the schema's columns; empty when there is no schema */
  readonly names: readonly string[];
  /** cells of a line, when the schema fixes it */
  readonly width: number | undefined;
  readonly delimiter: Delimiter;
  readonly header: boolean;
}

export interface Shape {
  readonly delimiter: Delimiter;
  readonly header: boolean;
  /** from the header line; empty without one */
  readonly names: readonly string[];
  /** first rows of data */
  readonly records: readonly (readonly string[])[];
}

/**
 * @param head text of the beginning of the file
 * @param whole whether that is all of it
 * @param fixed what the person has decided
 */
export function sniffShape(
  head: string,
  whole: boolean,
  expected: Expected,
  fixed: { readonly delimiter?: Delimiter | undefined; readonly header?: boolean | undefined } = {},
): Shape {
  const text = head.slice(0, HEAD_CHARACTERS);
  const all = whole && text.length === head.length;
  const delimiter = fixed.delimiter ?? bestDelimiter(text, all, expected);
  const [first = [], ...others] = headRecords(text, delimiter, all);
  const header = fixed.header ?? isHeader(first, others, expected);
  return {
    delimiter,
    header,
    names: header ? first.map((name) => name.trim()) : [],
    records: header || first.length === 0 ? others : [first, ...others],
  };
}

/**
 * As {@link sniffShape}, where no schema says what to expect.
 * @param header whether a first line of texts is taken for names where nothing speaks against it
 */
export function guessShape(head: string, whole: boolean, header: boolean): Shape {
  return sniffShape(head, whole, { names: [], width: undefined, delimiter: ',', header });
}

function bestDelimiter(text: string, whole: boolean, expected: Expected): Delimiter {
  const candidates = [expected.delimiter, ...DELIMITERS.filter((delimiter) => delimiter !== expected.delimiter)];
  const scored = candidates.map((delimiter) => ({
    delimiter,
    score: score(headRecords(text, delimiter, whole), delimiter, expected),
  }));
  return scored.reduce((best, next) => (next.score > best.score ? next : best)).delimiter;
}

function score(
  records: readonly (readonly string[])[],
  delimiter: Delimiter,
  { names, width, ...usual }: Expected,
): number {
  const counts = new Map<number, number>();
  for (const { length } of records) counts.set(length, (counts.get(length) ?? 0) + 1);
  const [cells = 0, times = 0] = [...counts].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0]);
  if (cells < 2) return 0;
  const consistency = times / records.length;
  const closeness = width === undefined ? Math.log2(cells + 1) / 14 : Math.min(cells, width) / Math.max(cells, width);
  // Spaces stand within cells, too.
  const likely = delimiter === ' ' && usual.delimiter !== ' ' ? 0.4 : 1;
  return likely * (2 * nameHits(records[0] ?? [], names) + consistency ** 2 * closeness);
}

/** Share of the expected names that the cells hold. */
function nameHits(cells: readonly string[], names: readonly string[]): number {
  if (names.length === 0) return 0;
  const found = new Set(cells.map(plainName));
  return names.filter((name) => found.has(plainName(name))).length / names.length;
}

function isHeader(
  first: readonly string[],
  others: readonly (readonly string[])[],
  { names, header }: Expected,
): boolean {
  if (nameHits(first, names) > 0) return true;
  const numbersBelow = first.map((_, place) => {
    const filled = others.map((record) => record[place]?.trim() ?? '').filter((cell) => cell !== '');
    return filled.length > 0 && filled.filter(isNumber).length >= NUMBER_SHARE * filled.length;
  });
  // A number above numbers is data; a text above numbers is a name.
  if (first.some((cell, place) => numbersBelow[place] === true && isNumber(cell))) return false;
  return header || numbersBelow.includes(true);
}

function isNumber(cell: string): boolean {
  return isNumberText(cell.trim().replace(',', '.'));
}
