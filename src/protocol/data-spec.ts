/**
 * What the rows of a task are, by kind, as every site must read them: a table's columns, pictures of one size, texts over one alphabet,
 * windows of sensor readings. From it follow the shape of one example and what is to be learnt of it.
 */
import * as v from 'valibot';
import { MAX_CLASSES } from './limits.ts';
import { LARGEST, note, range, text, whole } from './spec-parts.ts';

/** 0-based place of the column in a file without a header line. */
const position = v.optional(whole(0, 16_383));

const NumberColumn = v.strictObject({
  kind: v.literal('number'),
  name: text(64),
  description: note(500),
  unit: v.optional(text(32)),
  position,
  /** public range: what a value may be at all, chosen without looking at anybody's data */
  minimum: range(-LARGEST, LARGEST),
  maximum: range(-LARGEST, LARGEST),
});

const CategoryColumn = v.strictObject({
  kind: v.literal('category'),
  name: text(64),
  description: note(500),
  position,
  /** cell texts; two that are written as numbers are the same when the numbers are */
  categories: v.pipe(v.array(text(64)), v.minLength(2), v.maxLength(256)),
});

const Column = v.variant('kind', [NumberColumn, CategoryColumn]);

/** cell texts, after trimming, that mean "not known" */
const missingMarks = v.pipe(v.array(note(32)), v.maxLength(32));
const delimiter = v.picklist([',', ';', '\t', '|', ' ']);

const Table = v.strictObject({
  kind: v.literal('table'),
  columns: v.pipe(v.array(Column), v.minLength(1), v.maxLength(1024)),
  label: v.strictObject({
    name: text(64),
    description: note(500),
    position,
    positive: v.union([
      v.strictObject({ above: range(-LARGEST, LARGEST) }),
      v.strictObject({ equals: v.pipe(v.array(text(64)), v.minLength(1), v.maxLength(256)) }),
    ]),
  }),
  missingMarks,
  delimiter,
  /** true: the first line names the columns, in any order; false: there is no such line and every column has a position */
  header: v.boolean(),
  missingRule: v.literal('drop-row'),
});

/** A class: its name for people, and how files write it (a folder's name, a number, a word). */
const Class = v.strictObject({
  name: text(64),
  /** texts that mean this class, compared as cells are */
  marks: v.pipe(v.array(text(64)), v.minLength(1), v.maxLength(64)),
});

const classLabel = v.strictObject({
  name: text(64),
  description: note(500),
  /** in the order of the model's outputs; with two, the second is the one whose chance is predicted */
  classes: v.pipe(v.array(Class), v.minLength(2), v.maxLength(MAX_CLASSES)),
});

const Pictures = v.strictObject({
  kind: v.literal('pictures'),
  /** pixels; a picture of another size is scaled to it */
  height: whole(1, 256),
  width: whole(1, 256),
  /** 1 is grey, 3 is red, green, blue */
  channels: v.picklist([1, 3]),
  /** the pixel value that is white in files of numbers (tables, arrays); without it 255. Picture files always have 255 */
  pixelMaximum: v.optional(range(1e-6, 65_535)),
  label: classLabel,
});

const Texts = v.strictObject({
  kind: v.literal('texts'),
  /** every character that the model knows, each once; any other one is read as the last */
  alphabet: v.pipe(v.string(), v.minLength(2), v.maxLength(250)),
  /** upper case is read as lower case */
  lowerCase: v.boolean(),
  /** characters of one example: a longer text is cut (classes) or read in pieces (next) */
  length: whole(2, 1024),
  delimiter,
  learn: v.variant('kind', [
    v.strictObject({ kind: v.literal('class'), label: classLabel }),
    /** the next character, which makes a language model; `position`: every line is a text of its own, in that cell; else the file is one */
    v.strictObject({ kind: v.literal('next'), position }),
  ]),
});

const Series = v.strictObject({
  kind: v.literal('series'),
  /** sensors, one value each a line; the file has a header line */
  columns: v.pipe(v.array(NumberColumn), v.minLength(1), v.maxLength(64)),
  /** lines of one example */
  window: whole(1, 1024),
  /** lines between the starts of two examples */
  stride: whole(1, 1024),
  missingMarks,
  delimiter,
  learn: v.variant('kind', [
    /** whether a column of the window's last line is above a value; the column is not among the inputs */
    v.strictObject({
      kind: v.literal('above'),
      name: text(64),
      description: note(500),
      above: range(-LARGEST, LARGEST),
    }),
    /** one of the input columns, one line after the window */
    v.strictObject({ kind: v.literal('next'), name: text(64), description: note(500) }),
  ]),
});

export const DataSchema = v.variant('kind', [Table, Pictures, Texts, Series]);

export type DataSpec = v.InferOutput<typeof DataSchema>;
export type DataKind = DataSpec['kind'];
export type TableSpec = v.InferOutput<typeof Table>;
export type PicturesSpec = v.InferOutput<typeof Pictures>;
export type TextsSpec = v.InferOutput<typeof Texts>;
export type SeriesSpec = v.InferOutput<typeof Series>;
export type ColumnSpec = TableSpec['columns'][number];
export type ClassLabelSpec = PicturesSpec['label'];
