/**
 * Which rows train and which only judge. The split is a function of the rows and the task's seed, so that the same file gives the
 * same split after a reload, and no held-out row ever slips into training.
 */
import { utf8 } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { SeededRandom } from '../core/random.ts';
import type { HeldOutSpec } from '../protocol/task-spec.ts';

/** A feature matrix with its labels: what trains, is split and is measured. */
export interface EncodedRows {
  /** rows x width, row-major; numbers scaled to [0, 1] by the public range, categories one-hot */
  readonly features: Float32Array;
  /** 0 or 1, one a row */
  readonly labels: Uint8Array;
  readonly rows: number;
  readonly width: number;
}

export interface Dataset {
  readonly train: EncodedRows;
  readonly heldOut: EncodedRows;
}

/**
 * Splits within each class, so that both sides keep its share (rounded to the nearest row; a class keeps at least one training row).
 * Rows keep their order on both sides.
 * @param features rows x width, public-range-scaled
 */
export async function splitHeldOut(data: EncodedRows, heldOut: HeldOutSpec): Promise<Dataset> {
  check(
    data.features.length === data.rows * data.width && data.labels.length === data.rows,
    'features and labels differ in rows',
  );
  const digest = await sha256(
    utf8('murmur/held-out/1'),
    await sha256(utf8(heldOut.seed)),
    await sha256(littleEndianBytes(data.features)),
    await sha256(data.labels),
  );
  const random = new SeededRandom(digest);
  const isHeldOut = new Uint8Array(data.rows);
  for (const label of [0, 1]) {
    const members = rowsWhere(data.rows, (row) => data.labels[row] === label);
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

/** Rows of one class that {@link splitHeldOut} holds out. */
export function heldOutCount(members: number, { fraction }: HeldOutSpec): number {
  return Math.max(0, Math.min(Math.round(members * fraction), members - 1));
}

/** The named rows, in the given order. */
export function selectRows(data: EncodedRows, rows: Uint32Array): EncodedRows {
  const { width } = data;
  const features = new Float32Array(rows.length * width);
  const labels = new Uint8Array(rows.length);
  for (const [i, row] of rows.entries()) {
    features.set(data.features.subarray(row * width, (row + 1) * width), i * width);
    labels[i] = data.labels[row] as number;
  }
  return { features, labels, rows: rows.length, width };
}

/** All rows of several sets, one after the other. */
export function joinRows(parts: readonly EncodedRows[]): EncodedRows {
  const width = parts[0]?.width ?? 0;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const features = new Float32Array(rows * width);
  const labels = new Uint8Array(rows);
  let row = 0;
  for (const part of parts) {
    check(part.width === width, 'the sets differ in width');
    features.set(part.features, row * width);
    labels.set(part.labels, row);
    row += part.rows;
  }
  return { features, labels, rows, width };
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
