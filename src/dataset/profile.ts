/** Distributions of the columns over encoded rows: what the owner of a file sees of it before anything happens with it. */
import type { TableSpec } from '../protocol/task-spec.ts';
import type { ColumnProfile } from './file-report.ts';
import type { EncodedRows } from './split.ts';

const BINS = 20;

/**
 * One profile a column of the schema, the label last.
 * @param blocks rows as a pass gives them
 * @param missing cells with a missing mark, one a column
 */
export function profilesOf(
  schema: TableSpec,
  blocks: readonly EncodedRows<Uint8Array>[],
  missing: readonly number[],
): readonly ColumnProfile[] {
  let offset = 0;
  const profiles = schema.columns.map((column, i): ColumnProfile => {
    const at = offset;
    const unknown = missing[i] ?? 0;
    if (column.kind === 'number') {
      offset += 1;
      const { minimum, maximum } = column;
      const span = maximum - minimum;
      // Features are float32, which shows behind the sixth digit of the range.
      const decimals = Math.min(12, Math.max(0, 5 - Math.ceil(Math.log10(span))));
      const value = (feature: number) => Number((minimum + feature * span).toFixed(decimals));
      const { low, high, mean, bins } = distribution(blocks, at);
      return {
        kind: 'number',
        name: column.name,
        missing: unknown,
        minimum: value(low),
        maximum: value(high),
        mean: value(mean),
        bins,
      };
    }
    offset += column.categories.length;
    const counts = column.categories.map((category, j) => ({ category, count: countOnes(blocks, at + j) }));
    return { kind: 'category', name: column.name, missing: unknown, counts };
  });
  const rows = blocks.reduce((sum, block) => sum + block.rows, 0);
  const positive = blocks.reduce((sum, { labels }) => sum + labels.reduce((total, label) => total + label, 0), 0);
  return [
    ...profiles,
    {
      kind: 'category',
      name: schema.label.name,
      missing: missing[schema.columns.length] ?? 0,
      counts: [
        { category: 'negative', count: rows - positive },
        { category: 'positive', count: positive },
      ],
    },
  ];
}

interface Distribution {
  readonly low: number;
  readonly high: number;
  readonly mean: number;
  readonly bins: readonly number[];
}

function distribution(blocks: readonly EncodedRows<Uint8Array>[], at: number): Distribution {
  let [low, high, sum, rows] = [Infinity, -Infinity, 0, 0];
  for (const { features, rows: count, width } of blocks) {
    for (let i = at; i < count * width; i += width) {
      const value = features[i] as number;
      if (value < low) low = value;
      if (value > high) high = value;
      sum += value;
    }
    rows += count;
  }
  if (rows === 0) return { low: 0, high: 0, mean: 0, bins: [] };
  const bins = new Array<number>(BINS).fill(0);
  const scale = high > low ? BINS / (high - low) : 0;
  for (const { features, rows: count, width } of blocks) {
    for (let i = at; i < count * width; i += width) {
      const bin = Math.min(BINS - 1, Math.floor(((features[i] as number) - low) * scale));
      bins[bin] = (bins[bin] as number) + 1;
    }
  }
  return { low, high, mean: sum / rows, bins };
}

function countOnes(blocks: readonly EncodedRows<Uint8Array>[], at: number): number {
  let count = 0;
  for (const { features, rows, width } of blocks) {
    for (let i = at; i < rows * width; i += width) count += features[i] as number;
  }
  return count;
}
