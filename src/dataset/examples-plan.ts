/**
 * How files of pictures, texts or series are read for a task, where the person has a say. As with tables (reading-plan.ts) a plan is plain
 * data, a repair is a change of it, and the files are never touched (ADR 9).
 */
import { check } from '../core/errors.ts';
import { canonicalCell } from '../protocol/cell-text.ts';

/** What does not fit, or is worth knowing. Words for each kind are in the page's catalogue. */
export type ExampleFindingKind =
  /** a column of the task that a file does not have under that name */
  | 'unmapped'
  /** examples whose class is none of the task's */
  | 'unknown-class'
  /** files that are no pictures, or damaged */
  | 'unreadable'
  /** numbers outside the public range */
  | 'out-of-range'
  | 'not-a-number'
  /** lines without the cells that are needed */
  | 'short-row'
  /** texts without a character */
  | 'empty'
  /** bytes that are no text in the encoding */
  | 'undecodable'
  /** pictures of another size, scaled */
  | 'scaled'
  /** texts whose end is not read */
  | 'cut'
  /** characters that the alphabet does not have; `of` says of how many */
  | 'unknown-characters'
  /** examples that were there before, byte for byte as the model sees them */
  | 'duplicates'
  /** the same example under another class; the first one counts */
  | 'contradictions'
  /** windows with a value missing */
  | 'missing'
  /** a class of the task without an example */
  | 'absent-class'
  /** all labels are alike, so nothing can be learnt */
  | 'one-class'
  | 'no-rows'
  | 'too-many-rows';

export interface ExamplesPlan {
  /** what files call a class, as canonicalCell gives it, to the task's class; beside the task's own marks */
  readonly classes: Readonly<Record<string, number>>;
  /** a task's column to what files call it in their first line, where that is another name */
  readonly columns: Readonly<Record<string, string>>;
  /** a picture of another shape: squeezed into the task's, or only its middle is taken */
  readonly fit: 'squeeze' | 'middle';
  /** what does not fit and is left out, or read as well as can be, however much of it there is */
  readonly accepted: readonly ExampleFindingKind[];
}

/** A change of the plan that mends a finding. */
export type ExamplesRepair =
  | { readonly kind: 'column'; readonly column: string; readonly source: string }
  | { readonly kind: 'class'; readonly from: string; readonly to: number }
  | { readonly kind: 'fit'; readonly fit: ExamplesPlan['fit'] }
  | { readonly kind: 'accept'; readonly finding: ExampleFindingKind };

/** What holds unless the person says otherwise. */
export const PLAIN_PLAN: ExamplesPlan = { classes: {}, columns: {}, fit: 'squeeze', accepted: [] };

/** Kinds that block and that a person may accept; without a row, or with too many, there is nothing to accept. */
const ACCEPTABLE: ReadonlySet<ExampleFindingKind> = new Set([
  'unknown-class',
  'unreadable',
  'out-of-range',
  'not-a-number',
  'short-row',
  'undecodable',
  'unknown-characters',
]);
const MAX_CLASSES = 1024;
const MAX_COLUMNS = 256;

/** @throws MurmurError bad-input for a repair that a plan cannot take */
export function applyExamplesRepair(plan: ExamplesPlan, repair: ExamplesRepair): ExamplesPlan {
  switch (repair.kind) {
    case 'class':
      check(Object.keys(plan.classes).length < MAX_CLASSES, `a plan names at most ${MAX_CLASSES} classes`);
      check(Number.isInteger(repair.to) && repair.to >= 0, 'a class is named by its number');
      return { ...plan, classes: { ...plan.classes, [canonicalCell(repair.from)]: repair.to } };
    case 'column':
      check(Object.keys(plan.columns).length < MAX_COLUMNS, `a plan names at most ${MAX_COLUMNS} columns`);
      check(repair.source !== '', 'a column of the file is named by its first line');
      return { ...plan, columns: { ...plan.columns, [repair.column]: repair.source } };
    case 'fit':
      return { ...plan, fit: repair.fit };
    case 'accept':
      check(ACCEPTABLE.has(repair.finding), `${repair.finding} is nothing to accept`);
      return { ...plan, accepted: [...new Set([...plan.accepted, repair.finding])] };
  }
}

/** What can be done about a finding, beside choosing other files; which class an unknown one is, only the person can say. */
export function examplesRepairs(
  { kind, severity }: { readonly kind: ExampleFindingKind; readonly severity: 'blocks' | 'warns' },
  { fit }: ExamplesPlan,
): readonly ExamplesRepair[] {
  if (kind === 'scaled') return [{ kind: 'fit', fit: fit === 'squeeze' ? 'middle' : 'squeeze' }];
  return severity === 'blocks' && ACCEPTABLE.has(kind) ? [{ kind: 'accept', finding: kind }] : [];
}
