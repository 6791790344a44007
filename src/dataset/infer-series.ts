/**
 * What sensor readings a sample holds, as a first guess for the person who creates a task: which columns are sensors, which tell the time,
 * how far apart two readings usually are, and how often one is missing between two others.
 *
 * Guarantees: a column that counts lines or tells the time is no sensor of the guess. Not: that lines without a column of time are in order.
 */
import { check } from '../core/errors.ts';
import type { TableSpec } from '../protocol/data-spec.ts';
import { HEAD_BYTES } from './encoding.ts';
import { type Inferred, type InferredColumn, InferPass } from './infer.ts';
import { plainName } from './names.ts';
import { isEmptyLine, RecordReader } from './records.ts';
import { guessShape } from './shape.ts';
import { nameOf, type SourceFile } from './source-file.ts';
import { textPieces } from './text-pieces.ts';
import type { SeriesTools } from './series.ts';

export interface InferredSensor {
  readonly name: string;
  readonly unit: string | undefined;
  readonly samples: readonly string[];
  /** cells that hold no value */
  readonly missing: number;
}

/** How readings follow each other. */
export interface InferredTime {
  /** of the columns that tell it */
  readonly names: readonly string[];
  /** most frequent distance of two lines; undefined where the column is no date but a count */
  readonly stepSeconds: number | undefined;
  /** places where more time passes between two lines */
  readonly gaps: number;
  /** lines that are earlier than the line before */
  readonly backwards: number;
}

export interface InferredSeries {
  readonly kind: 'series';
  readonly fileName: string;
  readonly delimiter: TableSpec['delimiter'];
  readonly missingMarks: readonly string[];
  readonly lines: number;
  readonly time: InferredTime | undefined;
  readonly sensors: readonly InferredSensor[];
  /** lines of an example: a day where the step says what that is */
  readonly window: number;
}

const DAY_SECONDS = 86_400;
const USUAL_WINDOW = 16;
const LONGEST_WINDOW = 48;
/** More than this many steps between two lines is a gap. */
const GAP_STEPS = 1.5;
/** Different distances that are counted. */
const MAX_DISTANCES = 4096;
/** Share of the first lines that must be times for a column to tell the time. */
const MOSTLY = 0.9;
const CLOCK_WORDS =
  /^(?:date ?time|timestamp|time|date|datetime|zeit|zeitstempel|datum|uhrzeit|heure|fecha|ts|epoch)\b/u;
/** Columns that together are a date, from the largest part on. */
const DATE_PARTS = ['year', 'month', 'day', 'hour', 'minute', 'second'] as const;

/**
 * Looks at the first of the files; the others continue it.
 * @throws MurmurError bad-input for what is no table with a line of names, or has no column of numbers
 */
export async function inferSeries(files: readonly SourceFile[], tools: SeriesTools = {}): Promise<InferredSeries> {
  const [first] = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  check(first !== undefined, 'no file was chosen', 'Choose a table with one reading a line.');
  let table: InferPass | undefined;
  let records: RecordReader | undefined;
  let clock: Clock | undefined;
  for await (const text of textPieces(first, async () => tools.onProgress?.())) {
    if (table === undefined) {
      const shape = guessShape(text, false, true);
      check(
        shape.header && shape.names.length > 0,
        `${first.path} has no line that names its columns`,
        'Readings need a first line with the names of the sensors.',
      );
      table = new InferPass({ text, whole: text.length < HEAD_BYTES });
      records = new RecordReader(shape.delimiter);
      clock = new Clock(shape.names, shape.records);
    }
    table.push(text);
    for (const record of records?.push(text) ?? []) clock?.take(record);
  }
  check(table !== undefined, `${first.path} is empty`, 'Choose a table with one reading a line.');
  for (const record of records?.end() ?? []) clock?.take(record);
  return seriesOf(table.end(nameOf(first.path)), clock?.end());
}

function seriesOf(table: Inferred, time: InferredTime | undefined): InferredSeries {
  const { fileName, delimiter, missingMarks, rows, columns } = table;
  const sensors = columns.filter((column) => isSensor(column, rows) && !time?.names.includes(column.name));
  check(
    sensors.length > 0,
    `${fileName} has no column of measurements`,
    'Sensors are columns of numbers; check that the numbers have a point, not a comma, before the decimals.',
  );
  const perDay = time?.stepSeconds === undefined ? 0 : Math.round(DAY_SECONDS / time.stepSeconds);
  return {
    kind: 'series',
    fileName,
    delimiter,
    missingMarks,
    lines: rows,
    time,
    sensors: sensors.map(({ name, column, samples, missing }) => ({
      name,
      unit: column?.kind === 'number' ? column.unit : undefined,
      samples,
      missing,
    })),
    window: perDay >= 2 && perDay <= LONGEST_WINDOW ? perDay : USUAL_WINDOW,
  };
}

/** Numbers, whether many or a few different ones; not those that count the lines. */
function isSensor({ name, column, values, identifying }: InferredColumn, rows: number): boolean {
  if (identifying === 'record-number' || /^(?:no|nr|index|row|line|id|unnamed.*|)$/u.test(plainName(name)))
    return false;
  if (column?.kind === 'number') return true;
  return rows > 0 && values.length > 0 && values.every((value) => Number.isFinite(Number(value)));
}

/** Reads the time of every line. */
class Clock {
  readonly #names: readonly string[];
  /** places of the columns that are a date together, or of the one that is it all */
  readonly #places: readonly number[];
  readonly #dated: boolean;
  readonly #distances = new Map<number, number>();
  #last: number | undefined;
  #backwards = 0;
  #header = true;

  constructor(names: readonly string[], records: readonly (readonly string[])[]) {
    const parts = DATE_PARTS.map((part) => names.findIndex((name) => name.trim().toLowerCase() === part));
    const told = parts.slice(0, parts.indexOf(-1) < 0 ? parts.length : parts.indexOf(-1));
    const mostly = (place: number, read: (cell: string) => number) => {
      const cells = records.flatMap((record) => record[place]?.trim() || []);
      return cells.length > 0 && cells.filter((cell) => !Number.isNaN(read(cell))).length >= MOSTLY * cells.length;
    };
    const dated = names.findIndex((_, place) => mostly(place, dateOf));
    const counted = names.findIndex((name, place) => CLOCK_WORDS.test(plainName(name)) && mostly(place, Number));
    this.#dated = told.length >= 3 || dated >= 0;
    this.#places = told.length >= 3 ? told : dated >= 0 ? [dated] : counted >= 0 ? [counted] : [];
    this.#names = this.#places.map((place) => names[place] as string);
  }

  take(record: readonly string[]): void {
    if (isEmptyLine(record)) return;
    if (this.#header) {
      this.#header = false;
      return;
    }
    const time = this.#timeOf(record);
    if (Number.isNaN(time)) return;
    if (this.#last !== undefined) {
      const distance = time - this.#last;
      if (distance < 0) this.#backwards++;
      else if (this.#distances.has(distance) || this.#distances.size < MAX_DISTANCES)
        this.#distances.set(distance, (this.#distances.get(distance) ?? 0) + 1);
    }
    this.#last = time;
  }

  end(): InferredTime | undefined {
    if (this.#names.length === 0) return undefined;
    const [step = 0] = [...this.#distances].reduce((best, next) => (next[1] > best[1] ? next : best), [0, 0]);
    let gaps = 0;
    for (const [distance, count] of this.#distances) if (step > 0 && distance > GAP_STEPS * step) gaps += count;
    return {
      names: this.#names,
      stepSeconds: this.#dated && step > 0 ? step / 1000 : undefined,
      gaps,
      backwards: this.#backwards,
    };
  }

  #timeOf(record: readonly string[]): number {
    const cells = this.#places.map((place) => record[place]?.trim() ?? '');
    if (cells.length < 3)
      return cells[0] === undefined ? NaN : this.#dated ? dateOf(cells[0]) : Number(cells[0] || NaN);
    const [year = NaN, month = NaN, day = NaN, hour = 0, minute = 0, second = 0] = cells.map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }
}

/** A date in ISO 8601 or as 31.12.2024, with or without a time, in milliseconds; NaN for anything else. Zones are taken as written. */
function dateOf(cell: string): number {
  const iso = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?/u.exec(cell);
  const dotted = /^(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2}))?)?$/u.exec(cell);
  const [year, month, day] = iso ? [iso[1], iso[2], iso[3]] : [dotted?.[3], dotted?.[2], dotted?.[1]];
  const [hour = 0, minute = 0, second = 0] = (iso ?? dotted ?? []).slice(4).map((part) => Number(part ?? 0));
  return Date.UTC(Number(year), Number(month) - 1, Number(day), hour, minute, second);
}
