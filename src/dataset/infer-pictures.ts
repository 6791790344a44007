/**
 * What pictures a sample holds, as a first guess for the person who creates a task: size, channels, the range of pixels, the classes with
 * how many pictures each has, and where the label stands. Takes what the reader takes (pictures.ts): a folder or zip of PNG and JPEG files,
 * arrays (IDX, npy, npz), tables of pixels.
 *
 * Guarantees: every class of the sample is counted. Not: the size and colours of every file; of PNG and JPEG only some are decoded.
 */
import { check, MurmurError } from '../core/errors.ts';
import { MAX_CLASSES } from '../protocol/limits.ts';
import { canonicalCell } from '../protocol/cell-text.ts';
import { cellNumber } from './cells.ts';
import { isZip, readArchive } from './formats/archive.ts';
import { isIdx } from './formats/idx.ts';
import { isNpy } from './formats/npy.ts';
import {
  CLUTTER,
  isTableName,
  LABELS,
  type NamedArray,
  pairs,
  PICTURE_FILE,
  type PictureTools,
  takeArray,
} from './pictures.ts';
import { isEmptyLine, RecordReader } from './records.ts';
import { sniffShape } from './shape.ts';
import { bytesOf, nameOf, type SourceFile } from './source-file.ts';
import { textPieces } from './text-pieces.ts';

/** How files write a class, and how many examples have it. */
export interface FoundClass {
  readonly mark: string;
  readonly count: number;
}

/** Where the class of a picture stands: the name of its folder, a second array, or a cell of its line. */
export type LabelPlace = 'folder' | 'array' | 'first-cell' | 'last-cell';

export interface InferredPictures {
  readonly kind: 'pictures';
  readonly fileName: string;
  readonly count: number;
  /** as most of the pictures are that were looked at */
  readonly width: number;
  readonly height: number;
  /** those that were looked at have several sizes */
  readonly mixedSizes: boolean;
  readonly channels: 1 | 3;
  /** where white is not 255; see PicturesSpec */
  readonly pixelMaximum: number | undefined;
  /** numbers first and in order, then words */
  readonly classes: readonly FoundClass[];
  readonly labelPlace: LabelPlace;
}

export type PictureGuessTools = Pick<PictureTools, 'decode' | 'onProgress'>;

/** Picture files that are decoded to see how large and how colourful they are. */
const LOOKED_AT = 24;
/** A folder a class has some pictures in it; one a patient does not. */
const PICTURES_A_CLASS = 5;
/** Folders above a picture that may be its class. */
const DEPTHS = 3;
/** Values that are white where a byte's 255 is not: the smallest one that no pixel is above. */
const WHITES = [1, 15, 16, 31, 32, 63, 64, 100, 127, 255, 1023, 4095, 16_383, 65_535] as const;
/** Fewer pixels make no picture. */
const LEAST_PIXELS = 4;

/**
 * @throws MurmurError bad-input for files that hold no pictures or no classes, unsupported where PNG and JPEG cannot be decoded,
 * too-large for more than a tab holds
 */
export async function inferPictures(
  files: readonly SourceFile[],
  tools: PictureGuessTools = {},
): Promise<InferredPictures> {
  const pass = new PicturesGuess(tools);
  const wanted = files.filter(({ path }) => !CLUTTER.test(path));
  for (const file of wanted) {
    await tools.onProgress?.();
    if (isTableName(file.path)) await pass.table(file);
    else if (PICTURE_FILE.test(file.path)) await pass.file(file.path, () => bytesOf(file));
    else await pass.packed(file.path, await bytesOf(file));
  }
  return pass.end(wanted.length === 1 ? nameOf(wanted[0]?.path ?? '') : `${wanted.length} files`);
}

/** Sizes with how many pictures have them. */
interface Size {
  readonly width: number;
  readonly height: number;
  count: number;
}

class PicturesGuess {
  readonly #tools: PictureGuessTools;
  readonly #arrays: NamedArray[] = [];
  readonly #paths: string[] = [];
  readonly #classes = new Map<string, number>();
  readonly #sizes = new Map<string, Size>();
  #labelPlace: LabelPlace | undefined;
  #count = 0;
  #decoded = 0;
  #channels: 1 | 3 = 1;
  #pixelMaximum: number | undefined;

  constructor(tools: PictureGuessTools) {
    this.#tools = tools;
  }

  /** A PNG or JPEG file, which is read only when it is one of the first. */
  async file(path: string, read: () => Promise<Uint8Array>): Promise<void> {
    this.#paths.push(path);
    if (this.#decoded < LOOKED_AT) await this.#look(await read());
  }

  /** A file of several pictures. */
  async packed(path: string, bytes: Uint8Array): Promise<void> {
    if (isIdx(bytes) || isNpy(bytes)) {
      takeArray(this.#arrays, { path, bytes });
      return;
    }
    check(
      isZip(bytes),
      `${path} holds no pictures that can be read`,
      'Choose PNG or JPEG files in a folder a class, a zip of these, an IDX or npz pair, or a table of pixels.',
    );
    let taken = 0;
    const entries = readArchive(bytes, path, (name) => {
      if (CLUTTER.test(name)) return false;
      if (!PICTURE_FILE.test(name)) return /\.npy$|idx\d-ubyte/iu.test(name);
      this.#paths.push(name);
      return taken++ < LOOKED_AT;
    });
    for (const entry of entries) {
      if (!PICTURE_FILE.test(entry.path)) takeArray(this.#arrays, entry);
      else if (this.#decoded < LOOKED_AT) await this.#look(entry.bytes);
    }
  }

  /** One picture a line: its pixels row by row, and the label in the first or the last cell. */
  async table(file: SourceFile): Promise<void> {
    let reader: RecordReader | undefined;
    const tally = new PixelTally(file.path);
    for await (const text of textPieces(file, async () => this.#tools.onProgress?.())) {
      reader ??= new RecordReader(
        sniffShape(text, false, { names: [], width: undefined, delimiter: ',', header: false }).delimiter,
      );
      tally.take(reader.push(text));
    }
    if (reader !== undefined) tally.take(reader.end());
    const { labels, labelPlace, pixels, maximum } = tally.end();
    const { width, height, channels } = sidesOf(pixels);
    let count = 0;
    for (const [mark, times] of labels) {
      this.#note(mark, times);
      count += times;
    }
    this.#add({ width, height, count, channels, labelPlace, maximum: whiteOf(maximum) });
  }

  end(fileName: string): InferredPictures {
    if (this.#arrays.length > 0) for (const [images, labels] of pairs(this.#arrays)) this.#pair(images, labels);
    if (this.#paths.length > 0) this.#folders();
    const [size] = [...this.#sizes.values()].sort((a, b) => b.count - a.count);
    if (size === undefined || this.#labelPlace === undefined) {
      throw new MurmurError('bad-input', `${fileName} holds no picture that can be read`, {
        hint: 'Choose PNG or JPEG files in a folder a class, a zip of these, an IDX or npz pair, or a table of pixels.',
      });
    }
    return {
      kind: 'pictures',
      fileName,
      count: this.#count,
      width: size.width,
      height: size.height,
      mixedSizes: this.#sizes.size > 1,
      channels: this.#channels,
      pixelMaximum: this.#pixelMaximum,
      classes: classesInOrder(this.#classes, fileName),
      labelPlace: this.#labelPlace,
    };
  }

  async #look(bytes: Uint8Array): Promise<void> {
    const { decode } = this.#tools;
    if (decode === undefined) {
      throw new MurmurError('unsupported', 'PNG and JPEG files cannot be decoded here', {
        hint: 'Use IDX or npz files, or read them in a browser tab.',
      });
    }
    try {
      const { width, height, rgba } = await decode(bytes);
      this.#decoded++;
      this.#size(width, height, 1);
      if (isColourful(rgba)) this.#channels = 3;
    } catch {
      // A damaged file among many is told of when they are read for the task.
    }
    await this.#tools.onProgress?.();
  }

  /** The classes of picture files are the folders right above them, or higher ones where each of those holds next to nothing. */
  #folders(): void {
    const paths = this.#paths.map((path) => path.split('/').slice(0, -1).reverse());
    const countsAt = (depth: number) => {
      const counts = new Map<string, number>();
      for (const folders of paths) {
        const name = folders[depth];
        if (name !== undefined) counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      return counts;
    };
    const depths = Array.from({ length: DEPTHS }, (_, depth) => countsAt(depth)).filter(({ size }) => size >= 2);
    const chosen =
      depths.find(({ size }) => size * PICTURES_A_CLASS <= paths.length && size <= MAX_CLASSES) ?? depths[0];
    if (chosen === undefined) {
      throw new MurmurError('bad-input', 'no folder says what class a picture is of', {
        hint: 'Put the pictures of each class into a folder of its own, named after the class, and choose the folder above.',
      });
    }
    for (const [name, count] of chosen) this.#note(name, count);
    this.#count += paths.length;
    this.#labelPlace ??= 'folder';
  }

  #pair(images: NamedArray, labels: NamedArray): void {
    const [count = 0, height = 0, width = 0, channels = 1] = images.shape;
    const dimensions = images.shape.length;
    const fits = (dimensions === 3 || dimensions === 4) && (channels === 1 || channels === 3) && height * width > 0;
    check(
      fits,
      `${images.path} has the shape ${images.shape.join(' x ')}, which is not that of pictures`,
      'Pictures are count x height x width, or count x height x width x 1 or 3.',
    );
    check(
      labels.values.length === count,
      `${images.path} has ${count} pictures, ${labels.path} has ${labels.values.length} labels`,
      'Choose the two files that belong together.',
    );
    for (let i = 0; i < count; i++) this.#note(String(labels.values[i]), 1);
    // Arrays of numbers in [0, 1] are white at 1 by themselves, others at 255.
    const largest = images.bytes ? 255 : largestOf(images.values);
    this.#add({
      ...{ width, height, count, channels: channels as 1 | 3 },
      labelPlace: 'array',
      maximum: largest > 255 ? whiteOf(largest) : undefined,
    });
  }

  #add(found: {
    readonly width: number;
    readonly height: number;
    readonly count: number;
    readonly channels: 1 | 3;
    readonly labelPlace: LabelPlace;
    readonly maximum: number | undefined;
  }): void {
    if (found.count === 0) return;
    this.#size(found.width, found.height, found.count);
    this.#count += found.count;
    if (found.channels === 3) this.#channels = 3;
    this.#pixelMaximum = found.maximum ?? this.#pixelMaximum;
    this.#labelPlace ??= found.labelPlace;
  }

  #size(width: number, height: number, count: number): void {
    const key = `${width} x ${height}`;
    const known = this.#sizes.get(key);
    if (known === undefined) this.#sizes.set(key, { width, height, count });
    else known.count += count;
  }

  #note(mark: string, count: number): void {
    const text = canonicalCell(mark);
    this.#classes.set(text, (this.#classes.get(text) ?? 0) + count);
    check(
      this.#classes.size <= MAX_CLASSES,
      `the labels hold more than ${MAX_CLASSES} different values`,
      'Check that they are classes and not numbers of pictures or measurements.',
    );
  }
}

/** Counts the first and the last cell of every line, each of which may be the label, and looks for the largest of the others. */
class PixelTally {
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
function sidesOf(pixels: number): { readonly width: number; readonly height: number; readonly channels: 1 | 3 } {
  const grey = Math.sqrt(pixels);
  if (Number.isInteger(grey)) return { width: grey, height: grey, channels: 1 };
  const colour = Math.sqrt(pixels / 3);
  if (Number.isInteger(colour)) return { width: colour, height: colour, channels: 3 };
  let height = Math.floor(grey);
  while (pixels % height !== 0) height--;
  return { width: pixels / height, height, channels: 1 };
}

/** What to say is white, nothing for 255. */
function whiteOf(largest: number): number | undefined {
  const white = WHITES.find((value) => value >= largest) ?? largest;
  return white === 255 ? undefined : white;
}

function largestOf(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > largest) largest = values[i] as number;
  return largest;
}

/** Whether red, green and blue differ anywhere by more than a decoder's rounding. */
function isColourful(rgba: ArrayLike<number>): boolean {
  const ROUNDING = 8;
  for (let at = 0; at + 2 < rgba.length; at += 4) {
    const [red, green, blue] = [rgba[at] as number, rgba[at + 1] as number, rgba[at + 2] as number];
    if (Math.max(red, green, blue) - Math.min(red, green, blue) > ROUNDING) return true;
  }
  return false;
}

/** @throws MurmurError bad-input where there is nothing to tell apart */
function classesInOrder(counts: ReadonlyMap<string, number>, fileName: string): readonly FoundClass[] {
  check(
    counts.size >= 2,
    `all pictures of ${fileName} are of one class`,
    'Choose a sample with pictures of every class, so that there is something to tell apart.',
  );
  return inOrder(counts);
}

/** Numbers first and in order, then words by the alphabet. */
export function inOrder(counts: ReadonlyMap<string, number>): readonly FoundClass[] {
  const number = ({ mark }: FoundClass) => (Number.isNaN(cellNumber(mark, '.')) ? Infinity : Number(mark));
  return [...counts]
    .map(([mark, count]): FoundClass => ({ mark, count }))
    .sort((a, b) => {
      const [left, right] = [number(a), number(b)];
      if (left !== right) return left - right;
      return a.mark < b.mark ? -1 : 1;
    });
}
