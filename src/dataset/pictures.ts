/**
 * Pictures as encoded rows, from what picture sets come in: IDX pairs (MNIST), npz or npy pairs (MedMNIST, Keras), PNG and JPEG files
 * in a folder or a zip with the class as folder name, and tables of pixels. Pictures of another size are scaled, copies count once.
 * Decoding PNG and JPEG is the host's matter.
 */
import { check, MurmurError } from '../core/errors.ts';
import { type PicturesSpec } from '../protocol/data-spec.ts';
import { exampleShape } from '../protocol/target.ts';
import { cellNumber } from './cells.ts';
import { type ClassOf, classCounts, classReader } from './class-labels.ts';
import type { ExamplePreview, ExamplesReport } from './example-report.ts';
import { type BlockOptions, ExampleRows } from './example-rows.ts';
import { type ExamplesPlan, PLAIN_PLAN } from './examples-plan.ts';
import { Findings } from './findings.ts';
import { type ArchiveEntry, isZip, readArchive } from './formats/archive.ts';
import { isIdx, readIdx } from './formats/idx.ts';
import { isNpy, readNpy } from './formats/npy.ts';
import { type Picture, encodePicture, toRgba } from './picture-scale.ts';
import { RecordReader, isEmptyLine } from './records.ts';
import { sniffShape } from './shape.ts';
import { type SourceFile, bytesOf, nameOf, nameOfAll } from './source-file.ts';
import { type EncodedRows, type SplitSpec, splitSizes } from './split.ts';
import { textPieces } from './text-pieces.ts';

/** A decoded picture: width x height x 4 bytes. */
export interface DecodedPicture {
  readonly width: number;
  readonly height: number;
  readonly rgba: Uint8Array | Uint8ClampedArray;
}

export interface PictureTools extends BlockOptions {
  /** decodes PNG or JPEG; absent where the host cannot */
  readonly decode?: ((bytes: Uint8Array) => Promise<DecodedPicture>) | undefined;
  readonly plan?: ExamplesPlan | undefined;
  /** called after each piece of work; may throw to stop */
  readonly onProgress?: (() => void | Promise<void>) | undefined;
  /** takes only these arrays of an npz, by name without `.npy`; all of them without it */
  readonly arrays?: ((name: string) => boolean) | undefined;
}

/** What a reading gives; no rows where nothing fits. */
export interface ReadExamples {
  readonly data: EncodedRows | undefined;
  readonly report: ExamplesReport;
}

export const PICTURE_FILE = /\.(?:png|jpe?g)$/iu;
/** What file systems and archivers leave behind. */
export const CLUTTER = /(?:^|\/)(?:__MACOSX\/|\.|Thumbs\.db$|desktop\.ini$)/iu;
const IMAGES = /images?|data|pixels|(?:^|[^a-z])x(?:$|[^a-z])/iu;
export const LABELS = /labels?|targets?|classes|(?:^|[^a-z])y(?:$|[^a-z])/iu;
const PREVIEWS = 24;
const SNIFFED_ROWS = 200;
/** Pictures of an array between two turns of the host. */
const TURN_PICTURES = 64;

/**
 * Reads the pictures of a task from one or several files.
 * @throws MurmurError bad-input for files that are no pictures at all, or damaged; unsupported where PNG and JPEG cannot be decoded;
 * too-large for more than a tab holds
 */
export async function readPictures(
  files: readonly SourceFile[],
  spec: SplitSpec & { readonly data: PicturesSpec },
  tools: PictureTools = {},
): Promise<ReadExamples> {
  const pass = new PicturesPass(spec.data, tools);
  let sizeBytes = 0;
  /** arrays wait for their partner */
  const arrays: NamedArray[] = [];
  for (const file of files.filter(({ path }) => !CLUTTER.test(path))) {
    await tools.onProgress?.();
    if (isTableName(file.path)) {
      sizeBytes += await pass.table(file);
      continue;
    }
    const bytes = await bytesOf(file);
    sizeBytes += bytes.length;
    if (isZip(bytes)) {
      const wanted = (path: string) =>
        !CLUTTER.test(path) && (PICTURE_FILE.test(path) || /\.npy$|idx\d-ubyte/iu.test(path));
      for (const entry of readArchive(bytes, file.path, wanted)) {
        if (PICTURE_FILE.test(entry.path)) await pass.file(entry);
        else takeArray(arrays, entry, tools);
      }
    } else if (PICTURE_FILE.test(file.path)) await pass.file({ path: file.path, bytes });
    else if (isIdx(bytes) || isNpy(bytes)) takeArray(arrays, { path: file.path, bytes }, tools);
    else {
      throw new MurmurError('bad-input', `${file.path} holds no pictures that can be read`, {
        hint: 'Choose PNG or JPEG files in a folder a class, a zip of these, an IDX or npz pair, or a table of pixels.',
        details: { file: file.path },
      });
    }
  }
  for (const [images, labels] of pairs(arrays)) await pass.arrays(images, labels);
  return pass.end(nameOfAll(files), sizeBytes, spec);
}

export interface NamedArray {
  readonly path: string;
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
  readonly bytes: boolean;
}

export function isTableName(path: string): boolean {
  return /\.(?:csv|tsv|txt|data)$/iu.test(path);
}

export function takeArray(arrays: NamedArray[], { path, bytes }: ArchiveEntry, tools: PictureTools = {}): void {
  if (tools.arrays !== undefined && !tools.arrays(nameOf(path).replace(/\.npy$/iu, ''))) return;
  if (isNpy(bytes)) {
    const { shape, values } = readNpy(bytes, path);
    arrays.push({ path, shape, values, bytes: values instanceof Uint8Array });
  } else arrays.push({ path, bytes: true, ...readIdx(bytes, path) });
}

/** Every array of pictures with its labels, by name. */
export function pairs(arrays: readonly NamedArray[]): readonly (readonly [NamedArray, NamedArray])[] {
  const key = (path: string) =>
    path
      .toLowerCase()
      .replace(/idx\d/u, 'idx')
      .replace(/\.npy$/u, '')
      .replace(/images?|labels?|data|pixels|targets?|classes/u, '')
      .replace(/(^|[^a-z])[xy](?=$|[^a-z])/u, '$1');
  const isLabels = ({ path, shape }: NamedArray) =>
    LABELS.test(nameOf(path)) && !(shape.length > 2 && IMAGES.test(nameOf(path)));
  const labels = arrays.filter(isLabels);
  const images = arrays.filter((array) => !isLabels(array));
  return images.map((array) => {
    const named = labels.filter(({ path }) => key(path) === key(array.path));
    const partner = named[0] ?? (images.length === 1 && labels.length === 1 ? labels[0] : undefined);
    if (partner !== undefined) return [array, partner] as const;
    throw new MurmurError('bad-input', `${array.path} has no array of labels beside it`, {
      hint: 'Choose both files at once: the pictures and their labels, e.g. images and labels of MNIST.',
      details: { file: array.path },
    });
  });
}

class PicturesPass {
  readonly #spec: PicturesSpec;
  readonly #tools: PictureTools;
  readonly #rows: ExampleRows;
  readonly #classOf: ClassOf;
  readonly #plan: ExamplesPlan;
  readonly #findings: Findings;
  readonly #counts: Uint32Array;
  readonly #previews: { className: string; rgba: Uint8Array }[] = [];
  #seen = 0;
  #full = false;

  constructor(spec: PicturesSpec, tools: PictureTools) {
    this.#spec = spec;
    this.#tools = tools;
    this.#rows = new ExampleRows(spec, tools);
    this.#plan = tools.plan ?? PLAIN_PLAN;
    this.#findings = new Findings(this.#plan);
    this.#classOf = classReader(spec.label, this.#plan.classes);
    this.#counts = new Uint32Array(spec.label.classes.length);
  }

  /** A PNG or JPEG file; the nearest folder that is a class says which one it is. */
  async file({ path, bytes }: ArchiveEntry): Promise<void> {
    if (this.#full) return;
    const { decode } = this.#tools;
    if (decode === undefined) {
      throw new MurmurError('unsupported', 'PNG and JPEG files cannot be decoded here', {
        hint: 'Use IDX or npz files, or read them in a browser tab.',
      });
    }
    this.#seen++;
    const folders = path.split('/').slice(0, -1).reverse();
    const label = folders.map(this.#classOf).find((code) => code >= 0) ?? -1;
    if (label < 0) {
      this.#findings.note('unknown-class', { at: path, example: folders[0] ?? '' });
      return;
    }
    let decoded: DecodedPicture;
    try {
      decoded = await decode(bytes);
    } catch (error) {
      const example = error instanceof MurmurError ? error.message : '';
      this.#findings.note('unreadable', { at: path, example });
      return;
    }
    const { width, height, rgba } = decoded;
    this.#take({ width, height, channels: 4, values: rgba, maximum: 255 }, label, path);
    await this.#tools.onProgress?.();
  }

  /** An array of pictures [count, height, width] or [count, height, width, channels], and one label each. */
  async arrays(images: NamedArray, labels: NamedArray): Promise<void> {
    const [count = 0, height = 0, width = 0, channels = 1] = images.shape;
    const dimensions = images.shape.length;
    const bad = (what: string, hint: string) =>
      new MurmurError('bad-input', what, { hint, details: { file: images.path } });
    if ((dimensions !== 3 && dimensions !== 4) || (channels !== 1 && channels !== 3)) {
      throw bad(
        `${images.path} has the shape ${images.shape.join(' x ')}, which is not that of pictures`,
        'Pictures are count x height x width, or count x height x width x 1 or 3.',
      );
    }
    const labelCount = labels.shape.reduce((product, size) => product * size, 1);
    if (labelCount !== count) {
      throw bad(
        `${images.path} has ${count} pictures, ${labels.path} has ${labelCount} labels`,
        'Choose the two files that belong together.',
      );
    }
    const maximum = this.#spec.pixelMaximum ?? (images.bytes ? 255 : whiteOf(images.values));
    const size = height * width * channels;
    for (let i = 0; i < count && !this.#full; i++) {
      // The host stores what was read so far, so that decoded pictures do not pile up.
      if (i % TURN_PICTURES === 0) await this.#tools.onProgress?.();
      this.#seen++;
      const at = `${nameOf(images.path)}, picture ${i + 1}`;
      const label = this.#labelOf(String(labels.values[i]), at);
      if (label < 0) continue;
      if (!inRange(images.values, i * size, size, maximum)) this.#findings.note('out-of-range', { at });
      else this.#take({ width, height, channels, values: images.values, start: i * size, maximum }, label, at);
    }
  }

  /** A table with one picture a line: its pixels row by row, and the label first or last. @returns bytes read */
  async table(file: SourceFile): Promise<number> {
    const [height, width, channels] = exampleShape(this.#spec) as [number, number, number];
    const pixels = height * width * channels;
    let sizeBytes = 0;
    let reader: RecordReader | undefined;
    let waiting: (readonly string[])[] | undefined = [];
    let labelPlace = pixels;
    let line = 0;
    const take = (records: readonly (readonly string[])[]) => {
      for (const record of records)
        if (!isEmptyLine(record)) this.#line(record, labelPlace, `${nameOf(file.path)}, line ${++line}`);
    };
    const sniff = () => {
      if (waiting === undefined) return;
      const [first, ...rest] = waiting;
      const isHeader =
        first !== undefined && first.filter((cell) => Number.isNaN(cellNumber(cell.trim(), '.'))).length > 1;
      if (isHeader) line++;
      const all = isHeader || first === undefined ? rest : waiting;
      labelPlace = isHeader && LABELS.test(first[0] ?? '') ? 0 : this.#labelPlace(all, pixels, file.path);
      waiting = undefined;
      take(all);
    };
    const onBytes = async (length: number) => {
      sizeBytes += length;
      await this.#tools.onProgress?.();
    };
    for await (const text of textPieces(file, onBytes)) {
      reader ??= new RecordReader(
        sniffShape(text, false, { names: [], width: pixels + 1, delimiter: ',', header: false }).delimiter,
      );
      const records = reader.push(text);
      if (waiting === undefined) take(records);
      else {
        waiting.push(...records);
        if (waiting.length >= SNIFFED_ROWS) sniff();
      }
      if (this.#full) return sizeBytes;
    }
    if (reader !== undefined) {
      const records = reader.end();
      if (waiting === undefined) take(records);
      else waiting.push(...records);
    }
    sniff();
    return sizeBytes;
  }

  end(fileName: string, sizeBytes: number, spec: SplitSpec): ReadExamples {
    const data = this.#rows.end();
    const { rows } = this.#rows;
    if (rows === 0) this.#findings.note('no-rows', { count: this.#seen });
    if (this.#full) this.#findings.note('too-many-rows', { count: rows });
    const classes = classCounts(this.#spec.label, this.#counts, this.#findings);
    const sizes = splitSizes([...this.#counts], spec);
    const { width, height } = this.#spec;
    const preview: ExamplePreview = { kind: 'pictures', width, height, pictures: this.#previews };
    const findings = this.#findings.list(this.#seen);
    return {
      data,
      report: {
        ...{ kind: 'pictures', fileName, sizeBytes, plan: this.#plan, findings, rows, classes, preview },
        droppedRows: this.#seen - rows,
        trainRows: sizes.train,
        heldOutRows: sizes.heldOut,
      },
    };
  }

  #labelOf(mark: string, at: string): number {
    const label = this.#classOf(mark);
    if (label < 0) this.#findings.note('unknown-class', { at, example: mark });
    return label;
  }

  /** The first or the last place: the one that holds marks only, and more different ones. */
  #labelPlace(records: readonly (readonly string[])[], pixels: number, path: string): number {
    const [first] = records;
    check(first !== undefined, `${path} is empty`, 'Choose a table with one picture a line.');
    check(
      first.length === pixels + 1,
      `${path} has ${first.length} cells a line; a picture of the task needs ${pixels} pixels and a label`,
      'Check that the pictures have the size that the task says.',
    );
    const marks = (place: number) => {
      const cells = records.flatMap((record) => record[place] ?? []);
      const known = cells.filter((cell) => this.#classOf(cell) >= 0);
      return known.length < cells.length / 2 ? 0 : new Set(known).size;
    };
    return marks(0) > marks(pixels) ? 0 : pixels;
  }

  #line(record: readonly string[], labelPlace: number, at: string): void {
    if (this.#full) return;
    this.#seen++;
    const { width, height, channels, pixelMaximum: maximum = 255 } = this.#spec;
    const pixels = width * height * channels;
    if (record.length !== pixels + 1) {
      this.#findings.note('short-row', { at, example: record.join(',') });
      return;
    }
    const label = this.#labelOf(record[labelPlace] as string, at);
    if (label < 0) return;
    const values = new Float64Array(pixels);
    for (let i = 0; i < pixels; i++) {
      const cell = record[labelPlace === 0 ? i + 1 : i] as string;
      const value = cellNumber(cell.trim(), '.');
      if (value >= 0 && value <= maximum) values[i] = value;
      else {
        this.#findings.note(Number.isNaN(value) ? 'not-a-number' : 'out-of-range', { at, example: cell });
        return;
      }
    }
    this.#take({ width, height, channels, values, maximum }, label, at);
  }

  #take(picture: Picture, label: number, at: string): void {
    const rows = this.#rows;
    if (picture.width === 0 || picture.height === 0) {
      this.#findings.note('unreadable', { at });
      return;
    }
    const { features, at: start } = rows;
    encodePicture(picture, this.#spec, features, start, this.#plan.fit);
    rows.labels[rows.labelAt] = label;
    const added = rows.add();
    if (added === 'full') this.#full = true;
    else if (added === 'duplicate') this.#findings.note('duplicates', { at });
    else if (added === 'contradiction') this.#findings.note('contradictions', { at });
    if (added !== 'added') return;
    const { width, height } = this.#spec;
    if (picture.width !== width || picture.height !== height) {
      this.#findings.note('scaled', { at, example: `${picture.width} x ${picture.height}` });
    }
    const before = this.#counts[label] as number;
    this.#counts[label] = before + 1;
    // The first few of each class, so that every class is seen.
    if (before < Math.max(1, Math.floor(PREVIEWS / this.#counts.length)) && this.#previews.length < PREVIEWS) {
      const className = this.#spec.label.classes[label]?.name ?? '';
      this.#previews.push({ className, rgba: toRgba(features, start, this.#spec) });
    }
  }
}

/** 1 for numbers in [0, 1], else 255. */
function whiteOf(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if ((values[i] as number) > 1) return 255;
  return 1;
}

function inRange(values: ArrayLike<number>, start: number, length: number, maximum: number): boolean {
  for (let i = start; i < start + length; i++) {
    const value = values[i] as number;
    if (!(value >= 0 && value <= maximum)) return false;
  }
  return true;
}
