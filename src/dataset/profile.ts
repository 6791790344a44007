/** Distributions of the columns over encoded rows: what the owner of a file sees of it before anything happens with it. */
import type { TableSpec } from '../protocol/task-spec.ts';
import { featureWidth } from '../protocol/target.ts';
import type { ColumnProfile } from './file-report.ts';
import type { EncodedRows } from './split.ts';

const BINS = 20;

/** What a first pass over a column of numbers learns; the second one counts what lies in each bin. */
interface Spread {
  low: number;
  high: number;
  sum: number;
  readonly bins: number[];
}

/** Two passes over the same blocks: {@link measure} each, then {@link count} each. Memory does not grow with the rows. */
export class Profiler {
  readonly #schema: TableSpec;
  /** by the first feature of the column */
  readonly #numbers = new Map<number, Spread>();
  /** rows that have each feature of a one-hot column */
  readonly #ones: Float64Array;
  #rows = 0;
  #positives = 0;

  constructor(schema: TableSpec) {
    this.#schema = schema;
    this.#ones = new Float64Array(featureWidth(schema));
    for (const { column, at } of placesOf(schema)) {
      const bins = new Array<number>(BINS).fill(0);
      if (column.kind === 'number') this.#numbers.set(at, { low: Infinity, high: -Infinity, sum: 0, bins });
    }
  }

  measure({ features, labels, rows, width }: EncodedRows<Uint8Array>): void {
    this.#rows += rows;
    for (const label of labels) this.#positives += label;
    for (let at = 0; at < width; at++) {
      const spread = this.#numbers.get(at);
      if (spread === undefined) {
        for (let i = at; i < rows * width; i += width) (this.#ones[at] as number) += features[i] as number;
        continue;
      }
      for (let i = at; i < rows * width; i += width) {
        const value = features[i] as number;
        if (value < spread.low) spread.low = value;
        if (value > spread.high) spread.high = value;
        spread.sum += value;
      }
    }
  }

  count({ features, rows, width }: EncodedRows<Uint8Array>): void {
    for (const [at, { low, high, bins }] of this.#numbers) {
      const scale = high > low ? BINS / (high - low) : 0;
      for (let i = at; i < rows * width; i += width) {
        const bin = Math.min(BINS - 1, Math.floor(((features[i] as number) - low) * scale));
        bins[bin] = (bins[bin] as number) + 1;
      }
    }
  }

  /**
   * One profile a column of the schema, the label last.
   * @param missing cells with a missing mark, one a column
   */
  profiles(missing: readonly number[]): readonly ColumnProfile[] {
    const { columns, label } = this.#schema;
    const profiles = placesOf(this.#schema).map(({ column, at }, i): ColumnProfile => {
      const about = { name: column.name, missing: missing[i] ?? 0 };
      if (column.kind === 'number') return { kind: 'number', ...about, ...this.#inUnit(column, at) };
      const counts = column.categories.map((category, j) => ({ category, count: this.#ones[at + j] as number }));
      return { kind: 'category', ...about, counts };
    });
    const counts = [
      { category: 'negative', count: this.#rows - this.#positives },
      { category: 'positive', count: this.#positives },
    ];
    return [...profiles, { kind: 'category', name: label.name, missing: missing[columns.length] ?? 0, counts }];
  }

  #inUnit({ minimum, maximum }: { minimum: number; maximum: number }, at: number) {
    const { low, high, sum, bins } = this.#numbers.get(at) as Spread;
    const span = maximum - minimum;
    // Features are float32, which shows behind the sixth digit of the range.
    const decimals = Math.min(12, Math.max(0, 5 - Math.ceil(Math.log10(span))));
    const value = (feature: number) => Number((minimum + feature * span).toFixed(decimals));
    if (this.#rows === 0) return { minimum: value(0), maximum: value(0), mean: value(0), bins: [] };
    return { minimum: value(low), maximum: value(high), mean: value(sum / this.#rows), bins };
  }
}

/** Profiles of rows in memory. @param blocks as a pass keeps them */
export function profilesOf(
  schema: TableSpec,
  blocks: readonly EncodedRows<Uint8Array>[],
  missing: readonly number[],
): readonly ColumnProfile[] {
  const profiler = new Profiler(schema);
  for (const block of blocks) profiler.measure(block);
  for (const block of blocks) profiler.count(block);
  return profiler.profiles(missing);
}

/** Columns with their first features. */
function placesOf({ columns }: TableSpec) {
  let offset = 0;
  return columns.map((column) => {
    const at = offset;
    offset += column.kind === 'category' ? column.categories.length : 1;
    return { column, at };
  });
}
