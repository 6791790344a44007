/**
 * Encoded examples in blocks, each once: an example that was there before, number for number, is counted and left out, so that no copy
 * of a training row lies among the held-out ones. Examples are compared as the model sees them; of two with the same features and other
 * labels the first one stays. A listener takes the blocks one by one; then memory is a block and 17 bytes for every example
 * (seen-examples.ts).
 */
import { littleEndianBytes } from '../core/bytes.ts';
import { MurmurError } from '../core/errors.ts';
import { type DataSpec } from '../protocol/data-spec.ts';
import { featureWidth, labelWidth, targetOf } from '../protocol/target.ts';
import { MAX_ROWS } from '../protocol/limits.ts';
import { SeenExamples } from './seen-examples.ts';
import { type EncodedRows, type Labels, joinRows, labelBytes } from './split.ts';

/** What is kept at most where nobody takes the blocks. */
const MAX_BYTES = 1_073_741_824;
const BLOCK_BYTES = 1_048_576;

export interface BlockOptions {
  /** rows of a block */
  readonly rows?: number;
  /** for a published test set, in which every example counts, copies too */
  readonly keepCopies?: boolean;
  /** takes every block as soon as it is full, and the last one at the end; without it they are kept */
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
  readonly #seen = new SeenExamples();
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

  /** All rows; undefined when there is none, or when a listener took them. */
  end(): EncodedRows | undefined {
    this.#closeBlock();
    return this.#blocks.length === 0 ? undefined : joinRows(this.#blocks);
  }

  #findCopy(): Added | undefined {
    const { features, at, width, labels, labelAt, labelWidth: count } = this;
    const key = littleEndianBytes(features.subarray(at, at + width));
    const own = labelBytes(labels.subarray(labelAt, labelAt + count));
    // Where the labels are the example itself, one character on, they are part of it.
    const known = this.#labelled ? this.#seen.add([key], own[0] as number) : this.#seen.add([key, own], 0);
    if (known === undefined) return undefined;
    return !this.#labelled || known === own[0] ? 'duplicate' : 'contradiction';
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
    if (this.#onBlock !== undefined) this.#onBlock(block);
    else this.#blocks.push(block);
    if (this.#onBlock === undefined && this.#rows * this.#rowBytes > MAX_BYTES) {
      throw new MurmurError('too-large', `the examples need more than ${MAX_BYTES / 2 ** 30} GiB of memory`, {
        hint: 'Use fewer examples.',
      });
    }
    this.#inBlock = 0;
    [this.features, this.labels] = this.#freshBlock();
  }
}
