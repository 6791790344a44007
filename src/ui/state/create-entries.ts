/** Reads what was typed: every entry is checked by itself, and what is wrong is noted under its name, without words. */
import { isNumberText } from '../../protocol/cell-text.ts';
import { isFlockText } from '../../protocol/task-parameters.ts';

/** What is wrong with one entry. */
export type Problem =
  | { readonly kind: 'missing' | 'not-a-number' | 'not-whole' | 'not-an-amount' }
  | { readonly kind: 'outside'; readonly least: number; readonly most: number }
  | { readonly kind: 'too-long'; readonly most: number }
  | { readonly kind: 'not-above-minimum' | 'name-taken' | 'no-columns' | 'no-label' }
  | { readonly kind: 'few-categories' | 'many-categories' | 'long-category' | 'same-category' }
  | { readonly kind: 'no-positive' | 'all-positive' | 'many-marks' | 'needs-scores' }
  | { readonly kind: 'few-classes' | 'class-taken' | 'few-characters' | 'same-character' | 'capitals' }
  | { readonly kind: 'no-sensors' | 'noise-algorithm' | 'needs-start' | 'start-gone' }
  | { readonly kind: 'many-features'; readonly count: number; readonly most: number }
  | { readonly kind: 'other'; readonly message: string; readonly hint?: string };

/** Names an entry: `title`, `rounds`, `columns.3.minimum`, … */
export type FieldId = string;

/** Bounds of what is entered as a number; those of the spec, or narrower where only a mistake lies beyond. */
export const LARGEST_VALUE = 1e12;
export const NAME_LENGTH = 64;
export const ABOUT_LENGTH = 500;
const MAX_MARKS = 32;
const MARK_LENGTH = 32;

/** Notes the first problem of each entry. What it gives for a wrong entry has its type, and no other worth. */
export class Entries {
  readonly problems = new Map<FieldId, Problem>();

  wrong(field: FieldId, problem: Problem): undefined {
    if (!this.problems.has(field)) this.problems.set(field, problem);
  }

  text(field: FieldId, typed: string, least: number, most: number): string {
    const text = typed.trim();
    if (text.length < least) this.wrong(field, { kind: 'missing' });
    if (text.length > most) this.wrong(field, { kind: 'too-long', most });
    return text;
  }

  number(field: FieldId, typed: string, least: number, most: number): number {
    const text = typed.trim();
    const value = Number(text);
    if (text === '') this.wrong(field, { kind: 'missing' });
    else if (!isNumberText(text)) this.wrong(field, { kind: 'not-a-number' });
    else if (value < least || value > most) this.wrong(field, { kind: 'outside', least, most });
    return value;
  }

  whole(field: FieldId, typed: string, least: number, most: number): number {
    const value = this.number(field, typed, least, most);
    if (!Number.isInteger(value)) this.wrong(field, { kind: 'not-whole' });
    return value;
  }

  amount(field: FieldId, typed: string): string {
    const text = typed.trim();
    if (text === '') this.wrong(field, { kind: 'missing' });
    else if (!isFlockText(text)) this.wrong(field, { kind: 'not-an-amount' });
    return text;
  }

  /** A public range. @param at the entry's name before `.minimum` and `.maximum` */
  range(at: FieldId, typed: { readonly minimum: string; readonly maximum: string }) {
    const minimum = this.number(`${at}.minimum`, typed.minimum, -LARGEST_VALUE, LARGEST_VALUE);
    const maximum = this.number(`${at}.maximum`, typed.maximum, -LARGEST_VALUE, LARGEST_VALUE);
    if (minimum >= maximum) this.wrong(`${at}.maximum`, { kind: 'not-above-minimum' });
    return { minimum, maximum };
  }

  /** Marks for "not known". */
  marks(form: { readonly missingMarks: string; readonly missingEmpty: boolean }): string[] {
    const typed = form.missingMarks.split(',').map((mark) => mark.trim());
    const marks = [...new Set(typed.filter((mark) => mark !== ''))];
    if (form.missingEmpty) marks.push('');
    if (marks.length > MAX_MARKS || marks.some(({ length }) => length > MARK_LENGTH))
      this.wrong('missingMarks', { kind: 'many-marks' });
    return marks;
  }
}

/** Marks of a sample as they are entered. */
export function marksForm(marks: readonly string[]): { missingMarks: string; missingEmpty: boolean } {
  return { missingMarks: marks.filter((mark) => mark !== '').join(', '), missingEmpty: marks.includes('') };
}

/** One entry a line, without empty ones. */
export function linesOf(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
