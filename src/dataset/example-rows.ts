/**
 * Encoded examples in blocks, each once: an example that was there before, number for number, is counted and left out, so that no copy
 * of a training row lies among the held-out ones. Examples are compared as the model sees them; of two with the same features and other
 * labels the first one stays.
 */
import { MurmurError } from '../core/errors.ts';
import { type DataSpec } from '../protocol/data-spec.ts';
import { featureWidth, labelWidth, targetOf } from '../protocol/target.ts';
import { MAX_ROWS } from '../protocol/limits.ts';
import { type EncodedRows, type Labels, joinRows } from './split.ts';

/** What a tab holds in memory with ease. */
const MAX_BYTES = 1_073_741_824;
const BLOCK_BYTES = 1_048_576;

export interface BlockOptions {
  /** rows of a block */
  readonly rows?: number;
  /** for a published test set, in which every example counts, copies too */
  readonly keepCopies?: boolean;
  /** hears of every block as soon as it is full, and of the last one at the end */
  readonly onBlock?: (block: EncodedRows) => void;
}

/** What became of an example. */
export type Added = 'added' | 'duplicate' | 'contradiction' | 'full';

export class ExampleRows {
  readonly width: number;
  readonly labelWidth: number;
  readonly #values: boolean;
  readonly #rowBytes: number;
  /** whether copies are left out */
  readonly #once: boolean;
  /** whether two examples with other labels are the same example */
  readonly #labelled: boolean;
  readonly #blockRows: number;
  readonly #onBlock: BlockOptions['onBlock'];
  readonly #blocks: EncodedRows[] = [];
  /** hash of the features to the rows that have it */
  readonly #seen = new Map<number, number | number[]>();
  /** of the block that is being filled */
  features: Float32Array;
  labels: Labels;
  #inBlock = 0;
  #rows = 0;

  constructor(data: DataSpec, { rows, onBlock, keepCopies = false }: BlockOptions = {}) {
    const target = targetOf(data);
    this.width = featureWidth(data);
    this.labelWidth = labelWidth(target);
    this.#values = target.kind === 'value';
    this.#rowBytes = 4 * this.width + (this.#values ? 4 : 1) * this.labelWidth;
    this.#labelled = target.kind !== 'next';
    // Readings of sensors may well repeat.
    this.#once = !keepCopies && data.kind !== 'series';
    this.#blockRows = rows ?? Math.max(1, Math.floor(BLOCK_BYTES / this.#rowBytes));
    this.#onBlock = onBlock;
    [this.features, this.labels] = this.#freshBlock();
  }

  get rows(): number {
    return this.#rows;
  }

  /** Where the next example's features begin in {@link features}; write them all, and the labels, then {@link add}. */
  get at(): number {
    return this.#inBlock * this.width;
  }

  /** Where the next example's labels begin in {@link labels}. */
  get labelAt(): number {
    return this.#inBlock * this.labelWidth;
  }

  /** Takes the example that was written, unless it was there before. @throws MurmurError too-large past what a tab holds */
  add(): Added {
    if (this.#rows >= MAX_ROWS) return 'full';
    if (this.#once) {
      const copy = this.#findCopy();
      if (copy !== undefined) return copy;
    }
    this.#inBlock++;
    this.#rows++;
    if (this.#inBlock === this.#blockRows) this.#closeBlock();
    return 'added';
  }

  /** All rows; undefined when there is none. */
  end(): EncodedRows | undefined {
    this.#closeBlock();
    return this.#blocks.length === 0 ? undefined : joinRows(this.#blocks);
  }

  #findCopy(): Added | undefined {
    const { features, at, width } = this;
    const hash = hashOf(features, at, width);
    const known = this.#seen.get(hash);
    const rows = known === undefined ? [] : typeof known === 'number' ? [known] : known;
    for (const row of rows) {
      const [other, start, label] = this.#place(row);
      if (!equals(features, at, other.features, start, width)) continue;
      const same = equals(this.labels, this.labelAt, other.labels, label, this.labelWidth);
      if (same) return 'duplicate';
      if (this.#labelled) return 'contradiction';
    }
    this.#seen.set(hash, known === undefined ? this.#rows : [...rows, this.#rows]);
    return undefined;
  }

  #place(row: number): [Pick<EncodedRows, 'features' | 'labels'>, number, number] {
    const index = row % this.#blockRows;
    return [this.#blocks[Math.floor(row / this.#blockRows)] ?? this, index * this.width, index * this.labelWidth];
  }

  #freshBlock(): [Float32Array, Labels] {
    const labels = this.#blockRows * this.labelWidth;
    return [
      new Float32Array(this.#blockRows * this.width),
      this.#values ? new Float32Array(labels) : new Uint8Array(labels),
    ];
  }

  #closeBlock(): void {
    const rows = this.#inBlock;
    if (rows === 0) return;
    const block: EncodedRows = {
      features: this.features.subarray(0, rows * this.width),
      labels: this.labels.subarray(0, rows * this.labelWidth),
      rows,
      width: this.width,
    };
    this.#blocks.push(block);
    if (this.#rows * this.#rowBytes > MAX_BYTES) {
      throw new MurmurError('too-large', `the examples need more than ${MAX_BYTES / 2 ** 30} GiB of memory`, {
        hint: 'Use fewer examples.',
      });
    }
    this.#onBlock?.(block);
    this.#inBlock = 0;
    [this.features, this.labels] = this.#freshBlock();
  }
}

/** 52 bits over the numbers' bits (two multiplicative hashes); equal hashes are compared number by number. */
function hashOf(values: Float32Array, at: number, width: number): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset + 4 * at, width);
  let [a, b] = [0x9e3779b9, 0x85ebca6b];
  for (let i = 0; i < width; i++) {
    const word = bits[i] as number;
    a = Math.imul(a ^ word, 0x9e3779b1);
    a ^= a >>> 15;
    b = Math.imul(b ^ word, 0xc2b2ae3d);
    b ^= b >>> 13;
  }
  return (a >>> 0) * 2 ** 20 + (b >>> 12);
}

function equals(a: Labels, at: number, b: Labels, start: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[at + i] !== b[start + i]) return false;
  return true;
}
