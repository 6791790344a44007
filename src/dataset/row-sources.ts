/** Rows in memory, and some rows of another source, as the session asks for them (protocol/row-source.ts). */
import { check } from '../core/errors.ts';
import { type Labels, type RowBlock, type RowSource, labelsPerRow } from '../protocol/row-source.ts';
import { type EncodedRows, selectRows } from './split.ts';

/** Numbers of one block that is read for one pass over all rows: 4 MiB. */
const PASS_NUMBERS = 2 ** 20;

/** Rows at hand, or to be read. */
export type Rows<L extends Labels = Labels> = EncodedRows<L> | RowSource<L>;

/** The two sides of a site's rows; a {@link Dataset} is one. */
export interface SiteRows {
  readonly train: Rows;
  readonly heldOut: Rows;
}

/** Rows to be read, wherever they are. */
export function sourceOf<L extends Labels>(rows: Rows<L>): RowSource<L> {
  return 'features' in rows ? memoryRows(rows) : rows;
}

/** @param blockRows rows that are treated as if they lay together; without it all of them */
export function memoryRows<L extends Labels>(data: EncodedRows<L>, blockRows = data.rows): RowSource<L> {
  const { rows, width, features, labels } = data;
  const labelWidth = labelsPerRow(data);
  const blocks = rows === 0 ? 0 : Math.ceil(rows / blockRows);
  return {
    rows,
    width,
    starts: Uint32Array.from({ length: blocks + 1 }, (_, i) => Math.min(rows, i * blockRows)),
    read: async (picked) => selectRows(data, picked),
    range: async (from, to) => ({
      features: features.subarray(from * width, to * width),
      labels: labels.subarray(from * labelWidth, to * labelWidth) as L,
      rows: to - from,
      width,
    }),
  };
}

/**
 * Some rows of a source as a source of their own. Its blocks are what is left of the source's.
 * @param kept ascending
 */
export function rowsOf<L extends Labels>(source: RowSource<L>, kept: Uint32Array): RowSource<L> {
  const { starts } = source;
  const own: number[] = [];
  let block = -1;
  for (const [i, row] of kept.entries()) {
    check(row < source.rows && (i === 0 || row > (kept[i - 1] as number)), 'the rows of a part ascend');
    if (row < (starts[block + 1] ?? 0)) continue;
    while (row >= (starts[block + 1] as number)) block++;
    own.push(i);
  }
  return {
    rows: kept.length,
    width: source.width,
    starts: Uint32Array.from([...own, kept.length]),
    read: (rows) =>
      source.read(
        Uint32Array.from(rows, (row) => {
          check(row < kept.length, `there is no row ${row}`);
          return kept[row] as number;
        }),
      ),
    range: (from, to) => source.read(kept.subarray(from, to)),
  };
}

/** One pass over all rows, a few MiB at a time. The arrays may be the source's own. */
export async function* blocksOf<L extends Labels>(source: RowSource<L>): AsyncGenerator<RowBlock<L>> {
  const step = Math.max(1, Math.floor(PASS_NUMBERS / source.width));
  for (let from = 0; from < source.rows; from += step)
    yield await source.range(from, Math.min(source.rows, from + step));
}

/** All rows in memory. */
export function allRows<L extends Labels>(source: RowSource<L>): Promise<RowBlock<L>> {
  return source.range(0, source.rows);
}
