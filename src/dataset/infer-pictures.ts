/**
 * What pictures a sample holds, as a first guess for the person who creates a task: size, channels, the range of pixels, the classes with
 * how many pictures each has, and where the label stands. Takes what the reader takes (pictures.ts): a folder or zip of PNG and JPEG files,
 * arrays (IDX, npy, npz), tables of pixels.
 *
 * Guarantees: every class of the sample is counted, and a picture that was looked at and is damaged is told of. Not: the size and colours
 * of every file; of PNG and JPEG only some are decoded.
 */
import { check, MurmurError } from '../core/errors.ts';
import { MAX_CLASSES } from '../protocol/limits.ts';
import { canonicalCell } from '../protocol/cell-text.ts';
import { isZip, readArchive } from './formats/archive.ts';
import { isIdx } from './formats/idx.ts';
import { isNpy } from './formats/npy.ts';
import { type FoundClass, inOrder, type LabelPlace } from './infer-classes.ts';
import { PixelTally, sidesOf } from './infer-pixels.ts';
import {
  CLUTTER,
  isTableName,
  type NamedArray,
  pairs,
  PICTURE_FILE,
  type PictureTools,
  takeArray,
} from './pictures.ts';
import { RecordReader } from './records.ts';
import { guessShape } from './shape.ts';
import { bytesOf, nameOfAll, type SourceFile } from './source-file.ts';
import { textPieces } from './text-pieces.ts';

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
  readonly damaged: DamagedPictures;
}

/** Picture files that could not be read, of those that were looked at. */
export interface DamagedPictures {
  readonly count: number;
  readonly of: number;
  /** the first of them, each with what is wrong with it */
  readonly first: readonly string[];
}

export type PictureGuessTools = Pick<PictureTools, 'decode' | 'onProgress'>;

/** Picture files that are decoded to see how large and how colourful they are. */
const LOOKED_AT = 24;
/** With damaged ones among them. */
const MOST_TRIED = 96;
/** Damaged files that are named. */
const NAMED = 3;
/** A folder a class has some pictures in it; one a patient does not. */
const PICTURES_A_CLASS = 5;
/** Folders above a picture that may be its class. */
const DEPTHS = 3;
/** Values that are white where a byte's 255 is not: the smallest one that no pixel is above. */
const WHITES = [1, 15, 16, 31, 32, 63, 64, 100, 127, 255, 1023, 4095, 16_383, 65_535] as const;

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
  return pass.end(nameOfAll(wanted));
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
  #tried = 0;
  readonly #damaged: string[] = [];
  #channels: 1 | 3 = 1;
  #pixelMaximum: number | undefined;

  constructor(tools: PictureGuessTools) {
    this.#tools = tools;
  }

  /** A PNG or JPEG file, which is read only when it is one of the first. */
  async file(path: string, read: () => Promise<Uint8Array>): Promise<void> {
    this.#paths.push(path);
    if (this.#looksOn) await this.#look(path, await read());
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
      return taken++ < MOST_TRIED;
    });
    for (const entry of entries) {
      if (!PICTURE_FILE.test(entry.path)) takeArray(this.#arrays, entry);
      else if (this.#looksOn) await this.#look(entry.path, entry.bytes);
    }
  }

  /** One picture a line: its pixels row by row, and the label in the first or the last cell. */
  async table(file: SourceFile): Promise<void> {
    let reader: RecordReader | undefined;
    const tally = new PixelTally(file.path);
    for await (const text of textPieces(file, async () => this.#tools.onProgress?.())) {
      reader ??= new RecordReader(guessShape(text, false, false).delimiter);
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
      const [damaged] = this.#damaged;
      const why = damaged === undefined ? '' : `: ${damaged}`;
      throw new MurmurError('bad-input', `no picture of ${fileName} can be read${why}`, {
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
      damaged: { count: this.#damaged.length, of: this.#tried, first: this.#damaged.slice(0, NAMED) },
    };
  }

  get #looksOn(): boolean {
    return this.#decoded < LOOKED_AT && this.#tried < MOST_TRIED;
  }

  async #look(path: string, bytes: Uint8Array): Promise<void> {
    const { decode } = this.#tools;
    if (decode === undefined) {
      throw new MurmurError('unsupported', 'PNG and JPEG files cannot be decoded here', {
        hint: 'Use IDX or npz files, or read them in a browser tab.',
      });
    }
    this.#tried++;
    try {
      const { width, height, rgba } = await decode(bytes);
      this.#decoded++;
      this.#size(width, height, 1);
      if (isColourful(rgba)) this.#channels = 3;
    } catch (error) {
      this.#damaged.push(error instanceof MurmurError ? `${path} (${error.message})` : path);
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
