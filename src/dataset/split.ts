/**
 * Which rows train and which only judge. The split is a function of the rows and the task's seed, so that the same file gives the
 * same split after a reload, and no held-out row ever slips into training.
 *
 * - classes: within each class, so that both sides keep its share
 * - values and texts without a class: among all rows
 * - series: by time. The last share judges, nothing is shuffled, and the rows before the border that could hold a line of it are left
 *   out on both sides (Bergmeir and Benítez, Information Sciences 191, 2012: with neighbours in both sets a model only remembers)
 */
import { type Bytes, littleEndianBytes, utf8 } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { PieceHash } from '../core/piece-hash.ts';
import { SeededRandom } from '../core/random.ts';
import { type DataSpec, type SeriesSpec } from '../protocol/data-spec.ts';
import {
  type Labels,
  type RowBlock,
  consecutive,
  copyRows,
  emptyLabels,
  labelsPerRow,
} from '../protocol/row-source.ts';
import { targetOf } from '../protocol/target.ts';
import type { HeldOutSpec, TaskSpec } from '../protocol/task-spec.ts';

export { type Labels, labelsPerRow } from '../protocol/row-source.ts';

/**
 * A feature matrix with its labels: what trains, is split and is measured. Numbers are scaled to [0, 1] by the public range, categories
 * one-hot, characters codes; labels are 0 or 1, a class, the codes of the next characters, or a value in [0, 1].
 */
export type EncodedRows<L extends Labels = Labels> = RowBlock<L>;

export interface Dataset<L extends Labels = Labels> {
  readonly train: EncodedRows<L>;
  readonly heldOut: EncodedRows<L>;
}

/** What a split depends on beside the rows. */
export type SplitSpec = Pick<TaskSpec, 'data' | 'heldOut'>;

/** What a split needs to know of rows that are not in memory. */
export interface RowFacts {
  readonly rows: number;
  /** {@link PieceHash} of the features' and of the labels' little-endian bytes, in order */
  readonly digests: { readonly features: Bytes; readonly labels: Bytes };
  /** class of each row; needed only where the target has classes */
  readonly classes: Uint8Array | undefined;
}

/** Numbers of the rows of each side, ascending. */
export interface SplitRows {
  readonly train: Uint32Array;
  readonly heldOut: Uint32Array;
}

/**
 * Splits the rows of a site. Each side keeps their order; a class keeps at least one training row.
 * @param data every row once: copies would lie on both sides
 */
export async function splitHeldOut<L extends Labels>(data: EncodedRows<L>, spec: SplitSpec): Promise<Dataset<L>> {
  const isOfRows = data.features.length === data.rows * data.width && Number.isInteger(labelsPerRow(data));
  check(isOfRows, 'features and labels differ in rows');
  const classes = data.labels instanceof Uint8Array ? data.labels : undefined;
  const digests = await digestsOf([data]);
  const { train, heldOut } = await splitRows({ rows: data.rows, digests, classes }, spec);
  return { train: selectRows(data, train), heldOut: selectRows(data, heldOut) };
}

/** As {@link splitHeldOut}, from what is known of the rows: memory for two numbers a row, whatever their width. */
export async function splitRows(facts: RowFacts, { data: kind, heldOut }: SplitSpec): Promise<SplitRows> {
  const { rows, digests } = facts;
  if (kind.kind === 'series') return splitByTime(rows, heldOut, rowsAcross(kind));
  const digest = await sha256(
    utf8('murmur/held-out/1'),
    await sha256(utf8(heldOut.seed)),
    digests.features,
    digests.labels,
  );
  const random = new SeededRandom(digest);
  const isHeldOut = new Uint8Array(rows);
  for (const members of classMembers(facts, kind)) {
    if (members.length === 0) continue;
    const count = heldOutCount(members.length, heldOut);
    const order = random.permutation(members.length);
    for (let i = 0; i < count; i++) isHeldOut[members[order[i] as number] as number] = 1;
  }
  return {
    train: rowsWhere(rows, (row) => isHeldOut[row] === 0),
    heldOut: rowsWhere(rows, (row) => isHeldOut[row] === 1),
  };
}

/** The digests of {@link RowFacts} over blocks that follow each other. */
export async function digestsOf(
  blocks: Iterable<EncodedRows> | AsyncIterable<EncodedRows>,
): Promise<RowFacts['digests']> {
  const [features, labels] = [new PieceHash(), new PieceHash()];
  for await (const block of blocks) {
    features.update(littleEndianBytes(block.features));
    labels.update(labelBytes(block.labels));
    await features.settled();
  }
  return { features: await features.digest(), labels: await labels.digest() };
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
  const features = new Float32Array(rows.length * width);
  const labels = emptyLabels(data.labels, rows.length * labelsPerRow(data));
  copyRows(data, 0, { rows, from: 0, to: rows.length }, { features, labels });
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

/** Labels as the same bytes on every host. */
export function labelBytes(labels: Labels): Uint8Array {
  return labels instanceof Uint8Array ? labels : littleEndianBytes(labels);
}

function classMembers({ rows, classes }: RowFacts, kind: DataSpec): readonly Uint32Array[] {
  const target = targetOf(kind);
  if (target.kind !== 'binary' && target.kind !== 'classes') return [consecutive(0, rows)];
  check(classes?.length === rows, 'the rows of a task with classes need one each');
  return target.names.map((_, label) => rowsWhere(rows, (row) => classes[row] === label));
}

function splitByTime(rows: number, heldOut: HeldOutSpec, across: number): SplitRows {
  const last = heldOutCount(rows, heldOut);
  const border = rows - last;
  return { train: consecutive(0, trainingRowsBefore(border, last, across)), heldOut: consecutive(border, rows) };
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
