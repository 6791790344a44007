/**
 * A site's rows as the session asks for them, whether they are in memory or lie encrypted on disk: numbers of rows and columns at once,
 * the rows themselves in pieces. What is larger than memory is only ever read by the piece (ADR 20).
 */

/** Classes and characters are bytes; values are float32. */
export type Labels = Uint8Array | Float32Array;

/** Some rows in memory. */
export interface RowBlock<L extends Labels = Labels> {
  /** rows x width, row-major */
  readonly features: Float32Array;
  /** the same number of labels for every row */
  readonly labels: L;
  readonly rows: number;
  readonly width: number;
}

export interface RowSource<L extends Labels = Labels> {
  readonly rows: number;
  readonly width: number;
  /** Rows of a block lie together: reading one of them costs as much as reading all. First row of each block, and `rows` at the end. */
  readonly starts: Uint32Array;
  /**
   * The named rows, in the given order; ascending is the fastest. The arrays are the caller's own.
   * @throws MurmurError bad-hash, not-found where they are stored and no longer as they were
   */
  read(rows: Uint32Array): Promise<RowBlock<L>>;
  /** Rows from..to - 1. The arrays may be the source's own: they must not be changed. */
  range(from: number, to: number): Promise<RowBlock<L>>;
}

/** Rows as a model trains on them, read while it trains. */
export interface RowStream {
  readonly starts: Uint32Array;
  /** most rows of one reading; two such windows may be in memory at one time */
  readonly windowRows: number;
  /** The named rows, normalised, in the given order; the arrays are the caller's own. */
  read(rows: Uint32Array): Promise<{ readonly features: Float32Array; readonly labels: Labels }>;
}

/** Labels of one row; 1 where there is no row. */
export function labelsPerRow({ labels, rows }: Pick<RowBlock, 'labels' | 'rows'>): number {
  return rows === 0 ? 1 : labels.length / rows;
}

/** Labels of the same kind, all zero. */
export function emptyLabels<L extends Labels>(like: L, length: number): L {
  return (like instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)) as L;
}

/**
 * Copies rows[from..to - 1] of a block to the places from..to - 1 of `out`.
 * @param first number of the block's first row
 */
export function copyRows<L extends Labels>(
  block: RowBlock<L>,
  first: number,
  { rows, from, to }: { readonly rows: Uint32Array; readonly from: number; readonly to: number },
  out: { readonly features: Float32Array; readonly labels: L },
): void {
  const { features, labels, width } = block;
  const labelWidth = labelsPerRow(block);
  for (let i = from; i < to;) {
    // Rows that follow each other go at one go.
    let end = i + 1;
    while (end < to && rows[end] === (rows[end - 1] as number) + 1) end++;
    const row = (rows[i] as number) - first;
    const after = row + end - i;
    out.features.set(features.subarray(row * width, after * width), i * width);
    out.labels.set(labels.subarray(row * labelWidth, after * labelWidth), i * labelWidth);
    i = end;
  }
}

/** Numbers from..to - 1. */
export function consecutive(from: number, to: number): Uint32Array {
  return Uint32Array.from({ length: to - from }, (_, i) => from + i);
}
