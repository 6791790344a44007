/**
 * Which rows train and which only judge. The split is a function of the rows and the task's seed, so that the same file gives the
 * same split after a reload, and no held-out row ever slips into training.
 *
 * - classes: within each class, so that both sides keep its share
 * - values and texts without a class: among all rows
 * - series: by time. The last share judges, nothing is shuffled, and the rows before the border that could hold a line of it are left
 *   out on both sides (Bergmeir and Benítez, Information Sciences 191, 2012: with neighbours in both sets a model only remembers)
 */
import { utf8 } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { SeededRandom } from '../core/random.ts';
import { type DataSpec, type SeriesSpec } from '../protocol/data-spec.ts';
import { targetOf } from '../protocol/target.ts';
import type { HeldOutSpec, TaskSpec } from '../protocol/task-spec.ts';

/** Classes and characters are bytes; values are float32. */
export type Labels = Uint8Array | Float32Array;

/** A feature matrix with its labels: what trains, is split and is measured. */
export interface EncodedRows<L extends Labels = Labels> {
  /** rows x width, row-major; numbers scaled to [0, 1] by the public range, categories one-hot, characters as codes */
  readonly features: Float32Array;
  /** rows x labelWidth(target), row-major: 0 or 1, a class, the codes of the next characters, or a value in [0, 1] */
  readonly labels: L;
  readonly rows: number;
  readonly width: number;
}

export interface Dataset<L extends Labels = Labels> {
  readonly train: EncodedRows<L>;
  readonly heldOut: EncodedRows<L>;
}

/** What a split depends on beside the rows. */
export type SplitSpec = Pick<TaskSpec, 'data' | 'heldOut'>;

/**
 * Splits the rows of a site. Each side keeps their order; a class keeps at least one training row.
 * @param data every row once: copies would lie on both sides
 */
export async function splitHeldOut<L extends Labels>(
  data: EncodedRows<L>,
  { data: kind, heldOut }: SplitSpec,
): Promise<Dataset<L>> {
  const isOfRows = data.features.length === data.rows * data.width && Number.isInteger(labelsPerRow(data));
  check(isOfRows, 'features and labels differ in rows');
  if (kind.kind === 'series') return splitByTime(data, heldOut, rowsAcross(kind));
  const digest = await sha256(
    utf8('murmur/held-out/1'),
    await sha256(utf8(heldOut.seed)),
    await sha256(littleEndianBytes(data.features)),
    await sha256(labelBytes(data.labels)),
  );
  const random = new SeededRandom(digest);
  const isHeldOut = new Uint8Array(data.rows);
  for (const members of classMembers(data, kind)) {
    if (members.length === 0) continue;
    const count = heldOutCount(members.length, heldOut);
    const order = random.permutation(members.length);
    for (let i = 0; i < count; i++) isHeldOut[members[order[i] as number] as number] = 1;
  }
  return {
    train: selectRows(
      data,
      rowsWhere(data.rows, (row) => isHeldOut[row] === 0),
    ),
    heldOut: selectRows(
      data,
      rowsWhere(data.rows, (row) => isHeldOut[row] === 1),
    ),
  };
}

/** Rows of one class, or of all, that {@link splitHeldOut} holds out. */
export function heldOutCount(members: number, { fraction }: HeldOutSpec): number {
  return Math.max(0, Math.min(Math.round(members * fraction), members - 1));
}

/**
 * Rows on each side of {@link splitHeldOut}, from the counts alone.
 * @param classRows rows of each class; where there are no classes, one entry with all rows
 */
export function splitSizes(
  classRows: readonly number[],
  { data, heldOut }: SplitSpec,
): { train: number; heldOut: number } {
  const held = classRows.reduce((sum, count) => sum + heldOutCount(count, heldOut), 0);
  const all = classRows.reduce((sum, count) => sum + count, 0);
  if (data.kind !== 'series') return { train: all - held, heldOut: held };
  const last = heldOutCount(all, heldOut);
  return { train: trainingRowsBefore(all - last, last, rowsAcross(data)), heldOut: last };
}

/** The named rows, in the given order. */
export function selectRows<L extends Labels>(data: EncodedRows<L>, rows: Uint32Array): EncodedRows<L> {
  const { width } = data;
  const labelWidth = labelsPerRow(data);
  const features = new Float32Array(rows.length * width);
  const labels = emptyLabels(data.labels, rows.length * labelWidth);
  for (const [i, row] of rows.entries()) {
    features.set(data.features.subarray(row * width, (row + 1) * width), i * width);
    labels.set(data.labels.subarray(row * labelWidth, (row + 1) * labelWidth), i * labelWidth);
  }
  return { features, labels, rows: rows.length, width };
}

/**
 * All rows of several sets, one after the other.
 * @throws MurmurError bad-input for no set at all, or sets of different tasks
 */
export function joinRows<L extends Labels>(parts: readonly EncodedRows<L>[]): EncodedRows<L> {
  const [first] = parts;
  check(first !== undefined, 'there are no rows to join');
  const { width } = first;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const features = new Float32Array(rows * width);
  const labels = emptyLabels(
    first.labels,
    parts.reduce((sum, part) => sum + part.labels.length, 0),
  );
  let row = 0;
  let label = 0;
  for (const part of parts) {
    check(part.width === width, 'the sets differ in width');
    check(part.labels.constructor === labels.constructor, 'the sets differ in their labels');
    features.set(part.features, row * width);
    labels.set(part.labels, label);
    row += part.rows;
    label += part.labels.length;
  }
  return { features, labels, rows, width };
}

/** Labels of one row; 1 where there is no row. */
export function labelsPerRow({ labels, rows }: Pick<EncodedRows, 'labels' | 'rows'>): number {
  return rows === 0 ? 1 : labels.length / rows;
}

function emptyLabels<L extends Labels>(like: L, length: number): L {
  return (like instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)) as L;
}

/** Labels as the same bytes on every host. */
export function labelBytes(labels: Labels): Uint8Array {
  return labels instanceof Uint8Array ? labels : littleEndianBytes(labels);
}

function classMembers(data: EncodedRows, kind: DataSpec): readonly Uint32Array[] {
  const target = targetOf(kind);
  if (target.kind !== 'binary' && target.kind !== 'classes') return [rowsWhere(data.rows, () => true)];
  return target.names.map((_, label) => rowsWhere(data.rows, (row) => data.labels[row] === label));
}

function splitByTime<L extends Labels>(data: EncodedRows<L>, heldOut: HeldOutSpec, across: number): Dataset<L> {
  const last = heldOutCount(data.rows, heldOut);
  const border = data.rows - last;
  const between = (from: number, to: number) =>
    selectRows(
      data,
      Uint32Array.from({ length: to - from }, (_, i) => from + i),
    );
  return { train: between(0, trainingRowsBefore(border, last, across)), heldOut: between(border, data.rows) };
}

/**
 * Rows before a border that may reach over it. Rows are in time order and two of them begin at least a stride apart, so no more than
 * these can, wherever lines were left out.
 */
function rowsAcross({ window, stride, learn }: SeriesSpec): number {
  const lines = learn.kind === 'next' ? window + 1 : window;
  return Math.ceil(lines / stride) - 1;
}

function trainingRowsBefore(border: number, heldOutRows: number, across: number): number {
  return heldOutRows === 0 ? border : Math.max(0, border - across);
}

function rowsWhere(rows: number, keep: (row: number) => boolean): Uint32Array {
  const kept = new Uint32Array(rows);
  let count = 0;
  for (let row = 0; row < rows; row++) if (keep(row)) kept[count++] = row;
  return kept.slice(0, count);
}

/** Float32 values as little-endian bytes on every host. */
function littleEndianBytes(values: Float32Array): Uint8Array<ArrayBuffer> {
  const view = new DataView(new ArrayBuffer(4 * values.length));
  for (let i = 0; i < values.length; i++) view.setFloat32(4 * i, values[i] as number, true);
  return new Uint8Array(view.buffer);
}
