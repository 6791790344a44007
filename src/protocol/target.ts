/**
 * What follows from a task's data: the shape of one example, and what is to be learnt of it. Apart from the schema (data-spec.ts), so that
 * the page, which needs this, does without the schema's library.
 */
import { MurmurError } from '../core/errors.ts';
import type { ClassLabelSpec, DataSpec, TableSpec, TextsSpec } from './data-spec.ts';

/** Most numbers of one example: a picture of 128 x 128 in colour fits. */
export const MAX_EXAMPLE = 65_536;

/**
 * What a model has to say of one example.
 * - binary: the chance of label 1; one sigmoid output; labels are 0 or 1
 * - classes: a chance a class; that many softmax outputs; labels are class numbers
 * - value: a number, as its place in the public range; one linear output; labels are in [0, 1]
 * - next: a chance a character, at every place of the text; labels are the codes of the characters that follow
 */
export type Target =
  | { readonly kind: 'binary'; readonly names: readonly [string, string] }
  | { readonly kind: 'classes'; readonly names: readonly string[] }
  | {
      readonly kind: 'value';
      readonly column: number;
      readonly minimum: number;
      readonly maximum: number;
      readonly unit: string | undefined;
    }
  | { readonly kind: 'next'; readonly characters: number; readonly steps: number };

/** A label of two classes without names of their own. */
export const BINARY: Target = { kind: 'binary', names: ['no', 'yes'] };

/** Code of the empty places after a short text; the alphabet's characters are 1 and up. */
export const PADDING = 0;

/**
 * The table that a task's rows are.
 * @throws MurmurError unsupported for another kind
 */
export function tableOf(data: DataSpec): TableSpec {
  if (data.kind === 'table') return data;
  throw new MurmurError('unsupported', `this needs a task over tables; this one is over ${data.kind}`);
}

/** Codes of a text task: the alphabet's characters and the padding. */
export function characterCodes({ alphabet }: TextsSpec): number {
  return [...alphabet].length + 1;
}

/** Shape of one example: [features], [height, width, channels], [characters] (codes) or [lines, sensors]. */
export function exampleShape(data: DataSpec): readonly number[] {
  switch (data.kind) {
    case 'table':
      return [data.columns.reduce((sum, column) => sum + (column.kind === 'number' ? 1 : column.categories.length), 0)];
    case 'pictures':
      return [data.height, data.width, data.channels];
    case 'texts':
      return [data.length];
    case 'series':
      return [data.window, data.columns.length];
  }
}

/** Numbers of one example: the product of {@link exampleShape}. */
export function featureWidth(data: DataSpec): number {
  return exampleShape(data).reduce((product, size) => product * size, 1);
}

/** Numbers that are standardised together: a table's features, a picture's channels, sensors; none of a text. */
export function standardisedWidth(data: DataSpec): number {
  return data.kind === 'texts' ? 0 : (exampleShape(data).at(-1) as number);
}

export function targetOf(data: DataSpec): Target {
  switch (data.kind) {
    case 'table':
      return BINARY;
    case 'pictures':
      return classesTarget(data.label);
    case 'texts':
      if (data.learn.kind === 'class') return classesTarget(data.learn.label);
      return { kind: 'next', characters: characterCodes(data), steps: data.length };
    case 'series': {
      if (data.learn.kind === 'above') return BINARY;
      const { name } = data.learn;
      const column = data.columns.findIndex((candidate) => candidate.name === name);
      const { minimum = 0, maximum = 1, unit } = data.columns[column] ?? {};
      return { kind: 'value', column, minimum, maximum, unit };
    }
  }
}

/** Units of the model's last layer. */
export function outputWidth(target: Target): number {
  switch (target.kind) {
    case 'binary':
    case 'value':
      return 1;
    case 'classes':
      return target.names.length;
    case 'next':
      return target.characters;
  }
}

/** Labels of one example. */
export function labelWidth(target: Target): number {
  return target.kind === 'next' ? target.steps : 1;
}

function classesTarget({ classes }: ClassLabelSpec): Target {
  const names = classes.map(({ name }) => name);
  const [first, second] = names;
  return names.length === 2 && first !== undefined && second !== undefined
    ? { kind: 'binary', names: [first, second] }
    : { kind: 'classes', names };
}
