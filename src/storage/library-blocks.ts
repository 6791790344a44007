/** How rows lie in blocks, and how they are read back: only the blocks that are asked for are fetched and opened. */
import { type Bytes } from '../core/bytes.ts';
import { MurmurError, check } from '../core/errors.ts';
import { type RowBlock, type RowSource, consecutive, copyRows, labelsPerRow } from '../protocol/row-source.ts';
import type { Database, StoredDataset } from './database.ts';
import type { Vault } from './vault.ts';

/** Plain bytes of a block, at most. */
const BLOCK_BYTES = 1_048_576;
/** Opened blocks that are kept: 16 MiB, so that a small set is opened once. */
const MOST_OPENED = 16;
/** Blocks that are on their way at one time. */
const AHEAD = 4;
/** Number of what is no block of rows: the class of every row. */
export const CLASSES = -1;

/** How the labels of a row lie in a block. */
export type LabelForm = NonNullable<StoredDataset['labels']>;

/** What a set without a form has: one byte a row. */
export const ONE_BYTE: LabelForm = { perRow: 1, bytes: 1 };

/**
 * Rows of one block, so that the same rows always make the same blocks.
 * @param labelBytes of all labels of a row
 */
export function rowsPerBlock(width: number, labelBytes = 1): number {
  return Math.max(1, Math.floor(BLOCK_BYTES / (4 * width + labelBytes)));
}

export function blockName(id: string, index: number): string {
  return `dataset/${id}/${index}`;
}

/** Everything that is stored of a data set beside its record. */
export function blocksOf(id: string): IDBKeyRange {
  return IDBKeyRange.bound([id, CLASSES], [id, Infinity]);
}

export function labelForm(block: RowBlock): LabelForm {
  const perRow = labelsPerRow(block);
  check(block.rows > 0 && Number.isInteger(perRow), 'the labels do not belong to the rows');
  return { perRow, bytes: block.labels instanceof Uint8Array ? 1 : 4 };
}

/** features ‖ labels, as this machine keeps them: nobody else reads it. */
export function packed({ features, labels }: RowBlock): Bytes {
  const bytes = new Uint8Array(features.byteLength + labels.byteLength);
  bytes.set(new Uint8Array(features.buffer, features.byteOffset, features.byteLength));
  bytes.set(new Uint8Array(labels.buffer, labels.byteOffset, labels.byteLength), features.byteLength);
  return bytes;
}

/** Rows that were stored under an id. @throws MurmurError bad-hash when it reads what is not as it was stored */
export function openRows(
  database: Database,
  vault: Vault,
  { id, rows, width, form }: { id: string; rows: number; width: number; form: LabelForm },
): RowSource {
  const perBlock = rowsPerBlock(width, form.perRow * form.bytes);
  const blocks = Math.ceil(rows / perBlock);
  /** the last used ones, the newest last */
  const opened = new Map<number, Promise<RowBlock>>();

  async function load(index: number): Promise<RowBlock> {
    const sealed = await database.connection().get('blocks', [id, index]);
    if (sealed === undefined) throw altered(id);
    const bytes = await vault.open(blockName(id, index), sealed);
    const count = Math.min(perBlock, rows - index * perBlock);
    if (bytes.length !== count * (4 * width + form.perRow * form.bytes)) throw altered(id);
    const own = bytes.subarray(4 * count * width);
    return {
      features: new Float32Array(bytes.buffer, bytes.byteOffset, count * width),
      labels: form.bytes === 1 ? own : new Float32Array(own.buffer, own.byteOffset, count * form.perRow),
      rows: count,
      width,
    };
  }

  function block(index: number): Promise<RowBlock> {
    const found = opened.get(index) ?? load(index);
    opened.delete(index);
    opened.set(index, found);
    // One that failed may do better next time.
    found.catch(() => opened.delete(index));
    const [oldest] = opened.keys();
    if (opened.size > MOST_OPENED) opened.delete(oldest as number);
    return found;
  }

  async function read(picked: Uint32Array): Promise<RowBlock> {
    const out = {
      features: new Float32Array(picked.length * width),
      labels:
        form.bytes === 1 ? new Uint8Array(picked.length * form.perRow) : new Float32Array(picked.length * form.perRow),
    };
    const runs = runsOf(picked, rows, perBlock);
    const coming: Promise<RowBlock>[] = [];
    for (const [i, { index, from, to }] of runs.entries()) {
      for (let next = coming.length; next < runs.length && next <= i + AHEAD; next++)
        coming.push(block((runs[next] as Run).index));
      copyRows(await (coming[i] as Promise<RowBlock>), index * perBlock, { rows: picked, from, to }, out);
      // What was copied need not be held.
      delete coming[i];
    }
    return { ...out, rows: picked.length, width };
  }

  return {
    rows,
    width,
    starts: Uint32Array.from({ length: blocks + 1 }, (_, i) => Math.min(rows, i * perBlock)),
    read,
    range: (from, to) => read(consecutive(from, to)),
  };
}

interface Run {
  readonly index: number;
  readonly from: number;
  readonly to: number;
}

/** Neighbours that lie in one block. */
function runsOf(picked: Uint32Array, rows: number, perBlock: number): readonly Run[] {
  const runs: Run[] = [];
  for (let from = 0; from < picked.length;) {
    const index = Math.floor((picked[from] as number) / perBlock);
    let to = from;
    for (; to < picked.length && Math.floor((picked[to] as number) / perBlock) === index; to++)
      check((picked[to] as number) < rows, `there is no row ${picked[to]}`);
    runs.push({ index, from, to });
    from = to;
  }
  return runs;
}

function altered(id: string): MurmurError {
  return new MurmurError('bad-hash', `what is stored of the data set ${id} is not complete`, {
    hint: 'Forget this data set and read the file again.',
  });
}
