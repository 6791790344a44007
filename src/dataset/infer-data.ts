/**
 * The one entry for a creator's own files: which kind of data they are, and a first guess of how it is to be read. What is guessed is
 * shown for correction; nothing of the files but that guess leaves this function.
 */
import { MurmurError, check } from '../core/errors.ts';
import type { DataKind } from '../protocol/data-spec.ts';
import { isNumberText } from '../protocol/cell-text.ts';
import { HEAD_BYTES } from './encoding.ts';
import { isZip } from './formats/archive.ts';
import { isIdx } from './formats/idx.ts';
import { isNpy } from './formats/npy.ts';
import { type Inferred, InferPass } from './infer.ts';
import { type InferredPictures, inferPictures, type PictureGuessTools } from './infer-pictures.ts';
import { type InferredSeries, inferSeries } from './infer-series.ts';
import { type InferredTexts, inferTexts, sniffLines } from './infer-texts.ts';
import { PICTURE_FILE } from './pictures.ts';
import { guessShape } from './shape.ts';
import { nameOf, type SourceFile } from './source-file.ts';
import { textPieces } from './text-pieces.ts';

export type InferredTable = Inferred & { readonly kind: 'table' };
export type InferredData = InferredTable | InferredPictures | InferredTexts | InferredSeries;

/** A table of numbers alone with so many columns is one of pixels. */
const PIXEL_COLUMNS = 48;
const SNIFFED_ROWS = 50;
/** Lines of a table that have as many cells as the longest. */
const SAME_WIDTH = 0.8;
/** Names that a column of time has at its front, or parts of a date. */
const TIME_NAME = /^(?:date|time|timestamp|datetime|zeit|datum|year|month|hour)/iu;
const DATE = /^(?:\d{4}[-/]\d{1,2}[-/]\d{1,2}|\d{1,2}\.\d{1,2}\.\d{4})/u;

/**
 * @param files may be opened twice: to see what they are, and to read them
 * @param kind what the person says they are; undefined to guess
 * @throws MurmurError bad-input for files that cannot be read as that, unsupported, too-large
 */
export async function inferData(
  files: readonly SourceFile[],
  kind: DataKind | undefined,
  tools: PictureGuessTools = {},
): Promise<InferredData> {
  switch (kind ?? (await guessKind(files))) {
    case 'table':
      return inferTable(files, tools);
    case 'pictures':
      return inferPictures(files, tools);
    case 'texts':
      return inferTexts(files, tools);
    case 'series':
      return inferSeries(files, tools);
  }
}

/** By the first file: its name, its first bytes, and the shape of its first lines. */
async function guessKind(files: readonly SourceFile[]): Promise<DataKind> {
  const [first] = files;
  check(first !== undefined, 'no file was chosen', 'Choose a sample file.');
  if (files.some(({ path }) => PICTURE_FILE.test(path))) return 'pictures';
  for await (const bytes of first.pieces()) {
    if (isZip(bytes) || isIdx(bytes) || isNpy(bytes)) return 'pictures';
    break;
  }
  for await (const text of textPieces(first, () => undefined)) return kindOfText(text);
  throw new MurmurError('bad-input', `${nameOf(first.path)} is empty`, { hint: 'Choose a file with data in it.' });
}

function kindOfText(head: string): DataKind {
  if (sniffLines(head) !== undefined) return 'texts';
  const { delimiter, header, names, records } = guessShape(head, false, false);
  const rows = records.slice(0, SNIFFED_ROWS);
  const width = Math.max(names.length, ...rows.map(({ length }) => length));
  const alike = rows.filter(({ length }) => length === width).length >= SAME_WIDTH * rows.length;
  // Prose has commas, too, but not the same number in every line.
  const isTable = width >= 2 && (alike || header) && (delimiter !== ' ' || rows.some(hasNumber));
  if (!isTable) return 'texts';
  if (width > PIXEL_COLUMNS && arePixels(rows)) return 'pictures';
  const dated = rows.length > 1 && rows.every((record) => record.some((cell) => DATE.test(cell.trim())));
  const timed = names.filter((name) => TIME_NAME.test(name.trim())).length;
  return header && (dated || timed >= 2 || /^(?:time|timestamp|datetime)/iu.test(names[0] ?? '')) ? 'series' : 'table';
}

function hasNumber(record: readonly string[]): boolean {
  return record.some((cell) => isNumberText(cell.trim()));
}

/** Whole numbers that are not negative, but for one cell at an end of the line. */
function arePixels(rows: readonly (readonly string[])[]): boolean {
  const isPixel = (cell: string) => isNumberText(cell.trim()) && Number(cell) >= 0 && Number(cell) <= 65_535;
  return rows.every((record) => record.slice(1, -1).every((cell) => isPixel(cell) && Number.isInteger(Number(cell))));
}

/** @throws MurmurError bad-input for several files, or what is no table */
async function inferTable(files: readonly SourceFile[], tools: PictureGuessTools): Promise<InferredTable> {
  const [file, ...others] = files;
  check(
    file !== undefined && others.length === 0,
    'a table is one file',
    'Choose one file; put the rows of several together first.',
  );
  let pass: InferPass | undefined;
  for await (const text of textPieces(file, async () => tools.onProgress?.())) {
    pass ??= new InferPass({ text, whole: text.length < HEAD_BYTES });
    pass.push(text);
  }
  check(pass !== undefined, `${nameOf(file.path)} is empty`, 'Choose a file with data in it.');
  return { kind: 'table', ...pass.end(nameOf(file.path)) };
}
