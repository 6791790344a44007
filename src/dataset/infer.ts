/** A schema that would fit a sample file, as a first guess for the person who creates a task. */
import type { TableSpec } from '../protocol/task-spec.ts';
import type { IdentifyingKind } from './file-report.ts';
import type { FileEncoding } from './reading-plan.ts';

export interface InferredColumn {
  readonly name: string;
  readonly place: number;
  readonly samples: readonly string[];
  readonly missing: number;
  /** what the column would be as a feature; undefined for free text, or more categories than a task takes */
  readonly column: TableSpec['columns'][number] | undefined;
  /** the two or more texts that it holds, most frequent first; empty when there are too many to be a label */
  readonly values: readonly string[];
  readonly identifying?: IdentifyingKind;
}

export interface Inferred {
  readonly fileName: string;
  readonly encoding: FileEncoding;
  readonly delimiter: TableSpec['delimiter'];
  readonly header: boolean;
  readonly missingMarks: readonly string[];
  readonly rows: number;
  readonly columns: readonly InferredColumn[];
  /** index of the column that is most likely the label */
  readonly likelyLabel: number | undefined;
}
