/** A schema that would fit a sample file, as a first guess for the person who creates a task. */
import { type TableSpec } from '../protocol/task-spec.ts';
import { canonicalCell, isNumberText } from '../protocol/cell-text.ts';
import type { IdentifyingKind } from './file-report.ts';
import { identifyingKind } from './identifying.ts';
import { bracketedUnit } from './names.ts';
import type { Head } from './plan-for.ts';
import { shorten } from './reading.ts';
import { RecordReader, isEmptyLine } from './records.ts';
import { guessShape, type Shape } from './shape.ts';
import { areYesAndNo, isMissingWord } from './words.ts';

export interface InferredColumn {
  readonly name: string;
  readonly place: number;
  readonly samples: readonly string[];
  readonly missing: number;
  /** what the column would be as a feature; undefined for free text, or more categories than a task takes */
  readonly column: TableSpec['columns'][number] | undefined;
  /** the two or more texts that it holds, most frequent first; empty when there are too many to be a label */
  readonly values: readonly string[];
  readonly identifying?: IdentifyingKind;
}

export interface Inferred {
  readonly fileName: string;
  readonly delimiter: TableSpec['delimiter'];
  readonly header: boolean;
  readonly missingMarks: readonly string[];
  readonly rows: number;
  readonly columns: readonly InferredColumn[];
  /** index of the column that is most likely the label */
  readonly likelyLabel: number | undefined;
}

/** Columns that are looked at; a task takes no more. */
const MAX_COLUMNS = 1024;
const SAMPLE_CELLS = 1000;
const SAMPLES = 4;
/** Different texts counted a column. */
const MAX_DISTINCT = 512;
const MAX_CATEGORIES = 24;
/** Whole numbers with no more different values than this are probably codes. */
const MAX_CODES = 5;
const MAX_LABEL_VALUES = 20;
const NEARLY_ALL = 0.95;
const MAX_MARKS = 8;
const ROUND = [1, 2, 3, 5, 10] as const;
const LABEL_WORDS =
  /^(?:label|target|outcome|class|diagnosis|diagnose|disease|result|y|num|status|died|death|ziel|zielgrösse|befund|krank|resultat)$/iu;

interface Tally {
  readonly cells: string[];
  readonly distinct: Map<string, number>;
  crowded: boolean;
  filled: number;
  missing: number;
  numbers: number;
  whole: boolean;
  low: number;
  high: number;
}

/** The pass over a sample file that ends with a schema. */
export class InferPass {
  readonly #shape: Shape;
  readonly #records: RecordReader;
  readonly #tallies: Tally[] = [];
  readonly #marks = new Map<string, number>();
  #headerRead = false;
  #rows = 0;

  constructor({ text, whole }: Pick<Head, 'text' | 'whole'>) {
    this.#shape = guessShape(text, whole, true);
    this.#records = new RecordReader(this.#shape.delimiter);
  }

  /** @throws MurmurError bad-input for what is no table */
  push(text: string): void {
    this.#take(this.#records.push(text));
  }

  end(fileName: string): Inferred {
    this.#take(this.#records.end());
    const { delimiter, header, names } = this.#shape;
    const columns = this.#tallies.map((tally, place) => describe(tally, place, names[place] || `column ${place + 1}`));
    const marks = [...this.#marks].sort((a, b) => b[1] - a[1]).slice(0, MAX_MARKS);
    return {
      fileName,
      delimiter,
      header,
      missingMarks: marks.map(([mark]) => mark),
      rows: this.#rows,
      columns,
      likelyLabel: likelyLabel(columns),
    };
  }

  #take(records: readonly string[][]): void {
    for (const record of records) {
      if (isEmptyLine(record)) continue;
      if (this.#shape.header && !this.#headerRead) {
        this.#headerRead = true;
        // A column without a single value counts, too.
        for (let place = 0; place < Math.min(record.length, MAX_COLUMNS); place++) this.#tally(place);
        continue;
      }
      this.#rows++;
      for (let place = 0; place < Math.min(record.length, MAX_COLUMNS); place++) {
        this.#count(this.#tally(place), (record[place] as string).trim());
      }
    }
  }

  #tally(place: number): Tally {
    return (this.#tallies[place] ??= {
      cells: [],
      distinct: new Map(),
      crowded: false,
      filled: 0,
      missing: 0,
      numbers: 0,
      whole: true,
      low: Infinity,
      high: -Infinity,
    });
  }

  #count(tally: Tally, cell: string): void {
    if (isMissingWord(cell)) {
      tally.missing++;
      if (cell.length <= 32) this.#marks.set(cell, (this.#marks.get(cell) ?? 0) + 1);
      return;
    }
    tally.filled++;
    if (tally.cells.length < SAMPLE_CELLS) tally.cells.push(cell);
    const text = canonicalCell(cell);
    const times = tally.distinct.get(text);
    if (times !== undefined || tally.distinct.size < MAX_DISTINCT) tally.distinct.set(text, (times ?? 0) + 1);
    else tally.crowded = true;
    if (!isNumberText(cell)) return;
    const value = Number(cell);
    tally.numbers++;
    tally.whole &&= Number.isInteger(value);
    tally.low = Math.min(tally.low, value);
    tally.high = Math.max(tally.high, value);
  }
}

function describe(tally: Tally, place: number, name: string): InferredColumn {
  const { cells, distinct, crowded, missing } = tally;
  const identifying = identifyingKind(name, cells);
  const byFrequency = [...distinct].sort((a, b) => b[1] - a[1]).map(([text]) => text);
  const values = !crowded && distinct.size >= 2 && distinct.size <= MAX_LABEL_VALUES ? byFrequency : [];
  return {
    name: name.slice(0, 64),
    place,
    samples: cells.slice(0, SAMPLES).map(shorten),
    missing,
    column: columnOf(tally, name, byFrequency),
    values,
    ...(identifying && { identifying }),
  };
}

function columnOf(tally: Tally, name: string, byFrequency: readonly string[]): InferredColumn['column'] {
  const { filled, numbers, whole, crowded, low, high } = tally;
  const unit = bracketedUnit(name);
  const about = { name: name.slice(0, 64), description: '' };
  if (filled === 0) return undefined;
  const isCode = whole && byFrequency.length <= MAX_CODES && byFrequency.length >= 2;
  if (numbers >= NEARLY_ALL * filled && !isCode) {
    const range = publicRange(low, high);
    return { kind: 'number', ...about, ...(unit !== undefined && { unit }), ...range };
  }
  const repeats = byFrequency.length <= Math.max(2, filled / 2);
  const short = byFrequency.every((text) => text.length <= 64);
  if (crowded || byFrequency.length < 2 || byFrequency.length > MAX_CATEGORIES || !repeats || !short) return undefined;
  const categories = [...byFrequency].sort((a, b) =>
    isNumberText(a) && isNumberText(b) ? Number(a) - Number(b) : a < b ? -1 : 1,
  );
  return { kind: 'category', ...about, categories };
}

/** Round bounds around the values, so that the range tells little of them; from zero where nothing is negative. */
function publicRange(low: number, high: number): { minimum: number; maximum: number } {
  const maximum = high > 0 ? roundUp(high) : 0;
  const minimum = low < 0 ? -roundUp(-low) : 0;
  return minimum < maximum ? { minimum, maximum } : { minimum, maximum: minimum + 1 };
}

function roundUp(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const step = ROUND.find((factor) => factor * power >= value) ?? 10;
  return Math.min(1e12, Number((step * power).toPrecision(3)));
}

function likelyLabel(columns: readonly InferredColumn[]): number | undefined {
  const possible = columns.flatMap((column, i) =>
    column.values.length >= 2 && !column.identifying ? [{ column, i }] : [],
  );
  const named = possible.find(({ column }) => LABEL_WORDS.test(column.name));
  const twofold = possible.filter(({ column }) => column.values.length === 2).at(-1);
  // Tables of measurements usually end with what they are about.
  const final = possible.find(({ column, i }) => i === columns.length - 1 && column.values.length <= MAX_CODES);
  const answers = possible.filter(({ column }) => areYesAndNo(column.values));
  const answer = answers.length === 1 ? answers[0] : undefined;
  return (named ?? answer ?? final ?? twofold ?? possible.at(-1))?.i;
}
