/** What the data of a task are and what is learnt of them, in words. */
import type { ColumnSpec, DataSpec } from '../../protocol/data-spec.ts';
import { targetOf } from '../../protocol/target.ts';
import { formatCount } from '../format.ts';
import { plural } from './plural.ts';

export interface Learnt {
  readonly name: string;
  readonly description: string;
  readonly note: string;
}

/** What is predicted. */
export function learntOf(data: DataSpec): Learnt {
  switch (data.kind) {
    case 'table': {
      const { name, description, positive } = data.label;
      return { name, description, note: 'above' in positive ? above(positive.above) : equals(positive.equals) };
    }
    case 'pictures':
      return { ...data.label, note: oneOf(data.label.classes) };
    case 'texts':
      return data.learn.kind === 'class'
        ? { ...data.learn.label, note: oneOf(data.learn.label.classes) }
        : {
            name: 'next',
            description: 'The character that comes next',
            note: `One of ${[...data.alphabet].length}; again and again, it writes a text.`,
          };
    case 'series': {
      const { name, description } = data.learn;
      const column = data.columns.find((one) => one.name === name);
      const note =
        data.learn.kind === 'above'
          ? above(data.learn.above)
          : `A value from ${column?.minimum ?? 0} to ${column?.maximum ?? 1}${column?.unit === undefined ? '' : ` ${column.unit}`}.`;
      return { name, description, note };
    }
  }
}

/** From what it is predicted. */
export function inputsOf(data: DataSpec): string {
  switch (data.kind) {
    case 'table':
      return `From ${plural(data.columns.length, 'column')} of each row`;
    case 'pictures':
      return `From pictures of ${data.width} x ${data.height} pixels, ${data.channels === 1 ? 'grey' : 'in colour'}`;
    case 'texts':
      return data.learn.kind === 'class'
        ? `From the first ${formatCount(data.length)} characters of each text`
        : `From up to ${formatCount(data.length)} characters before it`;
    case 'series':
      return `From ${plural(data.window, 'reading')} in a row of ${plural(data.columns.length, 'sensor')}`;
  }
}

/** Columns that are read one by one: of tables and series. */
export function columnsOf(data: DataSpec): readonly ColumnSpec[] {
  return data.kind === 'table' || data.kind === 'series' ? data.columns : [];
}

/** What is worth knowing of files of this kind; undefined where missing values are the matter, and there are words for them. */
export function formOf(data: DataSpec): string | undefined {
  if (data.kind === 'pictures') return 'Pictures of another size are scaled. The same picture counts once.';
  if (data.kind !== 'texts') return undefined;
  const known = [...data.alphabet].length;
  return `${plural(known, 'character')} are told apart${data.lowerCase ? ', capitals read as small letters' : ''}; all others are read as one sign.`;
}

/** What the last layer says. */
export function outputOf(data: DataSpec): string {
  const target = targetOf(data);
  switch (target.kind) {
    case 'binary':
      return `one output: the chance of “${target.names[1]}”`;
    case 'classes':
      return `${plural(target.names.length, 'output')}: the chance of each class`;
    case 'value':
      return 'one output: the value';
    case 'next':
      return `${plural(target.characters, 'output')} at each place: the chance of each character to come next`;
  }
}

const above = (value: number) => `Counts as “yes” when above ${value}.`;
const equals = (values: readonly string[]) => `Counts as “yes” when ${values.join(' or ')}.`;
const oneOf = (classes: readonly { readonly name: string }[]) =>
  `One of ${formatCount(classes.length)}: ${classes
    .slice(0, 12)
    .map(({ name }) => name)
    .join(', ')}${classes.length > 12 ? ', …' : ''}.`;
