/**
 * How a person's file is read for a task: a plan is plain data, a repair is a change of the plan, and reading is a function of file,
 * schema and plan alone. So a repair never touches the file, and the same plan reads the next file of the same shape.
 */

/** Encodings that are recognised; names of the Encoding Standard. */
export type FileEncoding = 'utf-8' | 'windows-1252' | 'utf-16le' | 'utf-16be';

export type Delimiter = ',' | ';' | '\t' | '|' | ' ';

/** How one column of the schema is read from the file. */
export interface ColumnReading {
  /** 0-based place in the file; undefined while nothing is mapped to the column */
  readonly source: number | undefined;
  /** how numbers are written: 1.5 or 1,5 */
  readonly decimal: '.' | ',';
  /** value = cell · factor, for a file in another unit */
  readonly factor: number;
  /** cell text, as canonicalCell gives it, to the text that it stands for (categories, and labels given by text) */
  readonly replace: Readonly<Record<string, string>>;
  /** a row whose cell still does not fit: the file is not taken, or the row is left out */
  readonly bad: 'refuse' | 'drop-row';
}

export interface ReadingPlan {
  readonly encoding: FileEncoding;
  readonly delimiter: Delimiter;
  /** whether the first line names the columns */
  readonly header: boolean;
  /** one a column of the schema, in its order, the label last */
  readonly columns: readonly ColumnReading[];
  /** marks of a missing value beside those of the task */
  readonly missingMarks: readonly string[];
}

/** A change of the plan that mends a finding. `column` is an index into the plan's columns. */
export type Repair =
  | { readonly kind: 'map'; readonly column: number; readonly source: number }
  | { readonly kind: 'decimal'; readonly column: number; readonly decimal: '.' | ',' }
  /** `unit` is what the file is written in, where that is known */
  | { readonly kind: 'scale'; readonly column: number; readonly factor: number; readonly unit?: string }
  | { readonly kind: 'replace'; readonly column: number; readonly from: string; readonly to: string }
  | { readonly kind: 'missing-mark'; readonly mark: string }
  | { readonly kind: 'drop-rows'; readonly column: number }
  | { readonly kind: 'encoding'; readonly encoding: FileEncoding }
  | { readonly kind: 'delimiter'; readonly delimiter: Delimiter }
  | { readonly kind: 'header'; readonly header: boolean };
