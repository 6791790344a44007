/**
 * What a table with one picture a line holds, as a first guess: which of the two cells at the ends of a line is its class, how many pixels
 * there are and of which sides, and which value is white. Not: whether a table of numbers is one of pixels; the person says so.
 */
import { check } from '../core/errors.ts';
import { canonicalCell } from '../protocol/cell-text.ts';
import { MAX_CLASSES } from '../protocol/limits.ts';
import { cellNumber } from './cells.ts';
import type { LabelPlace } from './infer-classes.ts';
import { LABELS } from './pictures.ts';
import { isEmptyLine } from './records.ts';

/** Fewer pixels make no picture. */
const LEAST_PIXELS = 4;

/** Counts the first and the last cell of every line, each of which may be the label, and looks for the largest of the others. */
export class PixelTally {
  readonly #path: string;
  readonly #first = new Map<string, number>();
  readonly #last = new Map<string, number>();
  #width = 0;
  #named: LabelPlace | undefined;
  #begun = false;
  #maximum = 0;
  /** largest first and last cell that is a number */
  readonly #edges: [number, number] = [0, 0];

  constructor(path: string) {
    this.#path = path;
  }

  take(records: readonly (readonly string[])[]): void {
    for (const record of records) {
      if (isEmptyLine(record)) continue;
      if (!this.#begun) {
        this.#begun = true;
        this.#width = record.length;
        check(
          this.#width > LEAST_PIXELS,
          `${this.#path} has ${this.#width} cells a line, too few for a picture`,
          'A table of pictures has all pixels of one picture and its class in every line.',
        );
        // A line of pixels has one word at most: its class.
        if (record.filter((cell) => Number.isNaN(cellNumber(cell.trim(), '.'))).length > 1) {
          if (LABELS.test(record[0] ?? '')) this.#named = 'first-cell';
          else if (LABELS.test(record.at(-1) ?? '')) this.#named = 'last-cell';
          continue;
        }
      }
      // Other lines are told of when the file is read for the task.
      if (record.length === this.#width) this.#line(record);
    }
  }

  end(): {
    readonly labels: ReadonlyMap<string, number>;
    readonly labelPlace: LabelPlace;
    readonly pixels: number;
    readonly maximum: number;
  } {
    check(this.#first.size > 0, `${this.#path} holds no picture`, 'Choose a table with one picture a line.');
    // The corners of pictures are mostly alike, classes are not; numbers of pictures are too many to be classes.
    const isLabel = ({ size }: ReadonlyMap<string, number>) => size >= 2 && size <= MAX_CLASSES;
    const first = isLabel(this.#first) && (!isLabel(this.#last) || this.#first.size > this.#last.size);
    const labelPlace = this.#named ?? (first ? 'first-cell' : 'last-cell');
    const corner = this.#edges[labelPlace === 'first-cell' ? 1 : 0];
    return {
      labels: labelPlace === 'first-cell' ? this.#first : this.#last,
      labelPlace,
      pixels: this.#width - 1,
      maximum: Math.max(this.#maximum, corner),
    };
  }

  #line(record: readonly string[]): void {
    const last = record.length - 1;
    for (const [edge, counts, place] of [
      [0, this.#first, 0],
      [1, this.#last, last],
    ] as const) {
      const cell = canonicalCell(record[place] as string);
      // One more than may be classes is enough to know that they are none.
      if (counts.has(cell) || counts.size <= MAX_CLASSES) counts.set(cell, (counts.get(cell) ?? 0) + 1);
      const value = cellNumber(cell, '.');
      if (value > this.#edges[edge]) this.#edges[edge] = value;
    }
    for (let place = 1; place < last; place++) {
      const value = cellNumber((record[place] as string).trim(), '.');
      check(
        !Number.isNaN(value),
        `${this.#path} has a cell between its first and its last one that is no number, so it holds no pixels`,
        'A table of pictures has numbers in all cells but one. If this is a table of another kind, choose that kind.',
      );
      if (value > this.#maximum) this.#maximum = value;
    }
  }
}

/** Sides of so many pixels: a square in grey or in colour, else the rectangle nearest to a square. */
export function sidesOf(pixels: number): { readonly width: number; readonly height: number; readonly channels: 1 | 3 } {
  const grey = Math.sqrt(pixels);
  if (Number.isInteger(grey)) return { width: grey, height: grey, channels: 1 };
  const colour = Math.sqrt(pixels / 3);
  if (Number.isInteger(colour)) return { width: colour, height: colour, channels: 3 };
  let height = Math.floor(grey);
  while (pixels % height !== 0) height--;
  return { width: pixels / height, height, channels: 1 };
}
