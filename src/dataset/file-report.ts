/** What a reading of a file tells its owner: the columns found, what does not fit and how to mend it, and a preview. */
import type { ReadingPlan, Repair } from './reading-plan.ts';

/** What does not fit. Words for each kind are in the page's catalogue. */
export type FindingKind =
  /** a column of the schema has no column of the file */
  | 'unmapped'
  /** cells that are no numbers */
  | 'not-a-number'
  /** numbers outside the public range, usually another unit */
  | 'out-of-range'
  /** all numbers fit, but they look like another unit */
  | 'another-unit'
  /** cells that are none of the categories */
  | 'unknown-category'
  /** rows with fewer cells than the mapping needs */
  | 'short-row'
  /** bytes that are no text in the encoding */
  | 'undecodable'
  /** all labels are alike, so nothing can be learnt */
  | 'one-class'
  /** no row is complete */
  | 'no-rows'
  /** more rows than a task takes */
  | 'too-many-rows'
  /** a used column looks like a name, a record number or a date of birth */
  | 'identifying';

export type IdentifyingKind = 'name' | 'record-number' | 'birth-date' | 'contact';

export interface Finding {
  /** stable across readings: kind and column */
  readonly id: string;
  readonly kind: FindingKind;
  /** `blocks`: nothing is stored until it is mended */
  readonly severity: 'blocks' | 'warns';
  /** index into the plan's columns; absent for what concerns the whole file */
  readonly column?: number;
  /** name of the schema's column, or of the file's for `identifying` */
  readonly columnName?: string;
  /** first place: 1-based row of data, header not counted */
  readonly row?: number;
  /** the cell there, shortened */
  readonly cell?: string;
  /** cells or rows concerned */
  readonly count: number;
  readonly identifying?: IdentifyingKind;
  /** best first; empty when only the person can know */
  readonly repairs: readonly Repair[];
}

/** A column of the file as it is. */
export interface SourceColumn {
  readonly place: number;
  /** from the header line; empty when there is none */
  readonly name: string;
  /** first cells, shortened */
  readonly samples: readonly string[];
  readonly identifying?: IdentifyingKind;
}

/** Distribution of a column of the schema over the rows that were read. */
export type ColumnProfile =
  | {
      readonly kind: 'number';
      readonly name: string;
      readonly missing: number;
      readonly minimum: number;
      readonly maximum: number;
      readonly mean: number;
      /** equal bins from minimum to maximum */
      readonly bins: readonly number[];
    }
  | {
      readonly kind: 'category';
      readonly name: string;
      readonly missing: number;
      /** in the schema's order; the label's are 'negative' and 'positive' */
      readonly counts: readonly { readonly category: string; readonly count: number }[];
    };

export interface FileReport {
  readonly kind: 'table';
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly plan: ReadingPlan;
  readonly sources: readonly SourceColumn[];
  /** those that block first */
  readonly findings: readonly Finding[];
  /** one a column of the plan; empty when the file was not read to its end */
  readonly profiles: readonly ColumnProfile[];
  /** first rows as they stand in the file */
  readonly head: readonly (readonly string[])[];
  /** rows that are complete and fit */
  readonly rows: number;
  /** left out: a missing value, or a cell of a column whose misfits are dropped */
  readonly droppedRows: number;
  readonly trainRows: number;
  readonly heldOutRows: number;
  /** the file was given up before its end, because nothing in it could be used */
  readonly stoppedEarly: boolean;
}
