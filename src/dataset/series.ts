/**
 * Sensor readings as encoded rows: windows of consecutive lines, a stride apart, each value as its place in the public range. A window
 * that touches a missing or unfit value is left out. Several files continue each other in the order of their names, and no window spans
 * two of them. Lines must be in the order of time; nothing here can check that.
 */
import { MurmurError } from '../core/errors.ts';
import type { SeriesSpec } from '../protocol/data-spec.ts';
import { cellNumber } from './cells.ts';
import type { ClassCount } from './example-report.ts';
import { type BlockOptions, ExampleRows } from './example-rows.ts';
import { type ExamplesPlan, PLAIN_PLAN } from './examples-plan.ts';
import { Findings } from './findings.ts';
import type { ReadExamples } from './pictures.ts';
import { RecordReader, isEmptyLine } from './records.ts';
import { SeriesColumns } from './series-columns.ts';
import { sniffShape } from './shape.ts';
import { type SourceFile, nameOf, nameOfAll } from './source-file.ts';
import { type SplitSpec, splitSizes } from './split.ts';
import { textPieces } from './text-pieces.ts';

export interface SeriesTools extends BlockOptions {
  readonly plan?: ExamplesPlan | undefined;
  /** called after each piece of work; may throw to stop */
  readonly onProgress?: (() => void | Promise<void>) | undefined;
}

/** Points of a previewed line, at least half of them. */
const PREVIEW_POINTS = 400;

/**
 * Reads the windows of a task from one or several files.
 * @throws MurmurError bad-input for what is no table, or has no line of names; too-large for more than a tab holds
 */
export async function readSeries(
  files: readonly SourceFile[],
  spec: SplitSpec & { readonly data: SeriesSpec },
  tools: SeriesTools = {},
): Promise<ReadExamples> {
  const pass = new SeriesPass(spec.data, tools);
  const inOrder = [...files].sort((a, b) => (a.path < b.path ? -1 : Number(a.path > b.path)));
  let sizeBytes = 0;
  const onBytes = async (length: number) => {
    sizeBytes += length;
    await tools.onProgress?.();
  };
  for (const file of inOrder) {
    pass.begin(file.path);
    let reader: RecordReader | undefined;
    for await (const text of textPieces(file, onBytes)) {
      reader ??= new RecordReader(delimiterOf(text, spec.data));
      pass.take(reader.push(text));
    }
    if (reader !== undefined) pass.take(reader.end());
    pass.endFile();
  }
  return pass.end(nameOfAll(files), sizeBytes, spec);
}

function delimiterOf(head: string, { columns, delimiter }: SeriesSpec): SeriesSpec['delimiter'] {
  const names = columns.map(({ name }) => name);
  return sniffShape(head, false, { names, width: undefined, delimiter, header: true }).delimiter;
}

class SeriesPass {
  readonly #spec: SeriesSpec;
  readonly #rows: ExampleRows;
  readonly #plan: ExamplesPlan;
  readonly #findings: Findings;
  readonly #columns: SeriesColumns;
  readonly #missing: ReadonlySet<string>;
  /** the last `window` lines, one after the other in a ring */
  readonly #ring: Float32Array;
  readonly #counts = new Uint32Array(2);
  readonly #preview: PreviewLine[];
  #path = '';
  /** the first line of the file was read */
  #named = false;
  /** of each column in the file, and of the label where it is a column of its own; undefined where the file lacks one */
  #places: readonly number[] | undefined;
  #labelPlace = -1;
  #line = 0;
  /** of the file, 0-based, behind the header */
  #at = 0;
  /** the last line with an input that is not known */
  #lastBad = -1;
  #lines = 0;
  #windows = 0;
  #full = false;

  constructor(spec: SeriesSpec, tools: SeriesTools) {
    this.#spec = spec;
    this.#rows = new ExampleRows(spec, tools);
    this.#plan = tools.plan ?? PLAIN_PLAN;
    this.#findings = new Findings(this.#plan);
    this.#columns = new SeriesColumns(spec, this.#plan, this.#findings);
    this.#missing = new Set(spec.missingMarks);
    this.#ring = new Float32Array(spec.window * spec.columns.length);
    this.#preview = spec.columns.map(() => new PreviewLine());
  }

  begin(path: string): void {
    this.#path = path;
    this.#named = false;
    this.#places = undefined;
    this.#line = 0;
    this.#at = 0;
    this.#lastBad = -1;
  }

  take(records: readonly (readonly string[])[]): void {
    for (const record of records) {
      this.#line++;
      if (this.#full || isEmptyLine(record)) continue;
      if (!this.#named) this.#header(record);
      else {
        this.#columns.sample(record);
        if (this.#places !== undefined) this.#reading(record);
      }
    }
  }

  endFile(): void {
    if (!this.#named) {
      throw new MurmurError('bad-input', `${this.#path} is empty`, {
        hint: 'Choose a table with a line of names and one reading a line.',
        details: { file: this.#path },
      });
    }
  }

  end(fileName: string, sizeBytes: number, spec: SplitSpec): ReadExamples {
    const data = this.#rows.end();
    const { rows } = this.#rows;
    const { learn, columns } = this.#spec;
    const left = this.#windows - rows;
    // Where a column is missing, nothing can be usable, and that is said already.
    if (rows === 0 && this.#findings.count('unmapped') === 0) this.#findings.note('no-rows', { count: this.#lines });
    if (this.#full) this.#findings.note('too-many-rows', { count: rows });
    if (left > 0 && !this.#full) this.#findings.note('missing', { count: left, of: this.#windows });
    const [no = 0, yes = 0] = this.#counts;
    if (learn.kind === 'above' && rows > 1 && (no === 0 || yes === 0))
      this.#findings.note('one-class', { name: learn.name, count: rows });
    const classes: readonly ClassCount[] =
      learn.kind === 'above'
        ? [
            { name: 'no', count: no },
            { name: 'yes', count: yes },
          ]
        : [];
    const sizes = splitSizes([rows], spec);
    return {
      data,
      report: {
        ...{ kind: 'series', fileName, sizeBytes, plan: this.#plan, rows, classes },
        findings: this.#findings.list(this.#lines),
        droppedRows: left,
        trainRows: sizes.train,
        heldOutRows: sizes.heldOut,
        mapping: this.#columns.mapping(),
        preview: {
          kind: 'series',
          columns: columns.map(({ name, unit }, i) => ({
            name,
            unit,
            values: (this.#preview[i] as PreviewLine).values(),
          })),
        },
      },
    };
  }

  #header(record: readonly string[]): void {
    const places = this.#columns.header(record, this.#path);
    this.#named = true;
    this.#places = places;
    this.#labelPlace = places?.[this.#spec.columns.length] ?? -1;
  }

  #reading(record: readonly string[]): void {
    const { columns, window, stride, learn } = this.#spec;
    const at = this.#at++;
    const slot = (at % window) * columns.length;
    const before = this.#lastBad;
    const values = columns.map((_, i) => this.#value(record, i));
    this.#lines++;
    if (values.some((value) => Number.isNaN(value))) this.#lastBad = at;
    for (const [i, line] of this.#preview.entries()) line.add(this.#inUnit(values[i] as number, i));
    if (learn.kind === 'next') {
      // This line is the one after the window that ends before it.
      const start = at - window;
      const label = values[columns.findIndex(({ name }) => name === learn.name)] as number;
      if (start >= 0 && start % stride === 0) this.#window(start, before < start ? label : NaN);
    }
    this.#ring.set(values, slot);
    if (learn.kind === 'above') {
      const start = at - window + 1;
      if (start >= 0 && start % stride === 0) {
        const label = this.#number(record, this.#labelPlace, learn.name);
        const known = !Number.isNaN(label) && this.#lastBad < start;
        this.#window(start, known ? Number(label > learn.above) : NaN);
      }
    }
  }

  /** @param label NaN when the window is left out */
  #window(start: number, label: number): void {
    this.#windows++;
    if (Number.isNaN(label)) return;
    const { window, columns, learn } = this.#spec;
    const { features, at, labels, labelAt } = this.#rows;
    const first = (start % window) * columns.length;
    // The ring's oldest line comes first.
    features.set(this.#ring.subarray(first), at);
    features.set(this.#ring.subarray(0, first), at + this.#ring.length - first);
    labels[labelAt] = label;
    if (this.#rows.add() === 'full') this.#full = true;
    else if (learn.kind === 'above') this.#counts[label] = (this.#counts[label] as number) + 1;
  }

  /** A cell's place in the public range, or NaN. */
  #value(record: readonly string[], column: number): number {
    const { name, minimum, maximum } = this.#spec.columns[column] as SeriesSpec['columns'][number];
    const number = this.#number(record, (this.#places as readonly number[])[column] as number, name);
    if (Number.isNaN(number)) return NaN;
    if (number >= minimum && number <= maximum) return (number - minimum) / (maximum - minimum);
    this.#findings.note('out-of-range', { at: this.#place(), name, example: String(number) });
    return NaN;
  }

  #number(record: readonly string[], place: number, name: string): number {
    const cell = record[place]?.trim();
    if (cell === undefined) {
      this.#findings.note('short-row', { at: this.#place(), example: record.join(this.#spec.delimiter) });
      return NaN;
    }
    if (this.#missing.has(cell)) return NaN;
    const number = cellNumber(cell, '.');
    if (Number.isNaN(number)) this.#findings.note('not-a-number', { at: this.#place(), name, example: cell });
    return number;
  }

  #inUnit(value: number, column: number): number {
    const { minimum, maximum } = this.#spec.columns[column] as SeriesSpec['columns'][number];
    return minimum + value * (maximum - minimum);
  }

  #place(): string {
    return `${nameOf(this.#path)}, line ${this.#line}`;
  }
}

/** Values at equal distances over a line of unknown length: when there are too many, every other one goes. */
class PreviewLine {
  #values: number[] = [];
  #distance = 1;
  #seen = 0;

  add(value: number): void {
    if (this.#seen++ % this.#distance > 0) return;
    this.#values.push(value);
    if (this.#values.length < PREVIEW_POINTS) return;
    this.#values = this.#values.filter((_, i) => i % 2 === 0);
    this.#distance *= 2;
  }

  values(): Float64Array {
    return Float64Array.from(this.#values);
  }
}
