/** What a reading of pictures, texts or series tells its owner. Tables have a report of their own, with columns to map (file-report.ts). */
import type { ExampleFindingKind, ExamplesPlan, ExamplesRepair } from './examples-plan.ts';

export interface ExampleFinding {
  /** stable across readings */
  readonly id: string;
  readonly kind: ExampleFindingKind;
  /** `blocks`: nothing is stored */
  readonly severity: 'blocks' | 'warns';
  readonly count: number;
  /** of how many, where a share says more */
  readonly of: number;
  /** the class or the column that it is about */
  readonly name?: string;
  /** first places: a file, or `line 5` */
  readonly places: readonly string[];
  /** what stands there, shortened */
  readonly example?: string;
  /** best first; empty when only the person can know */
  readonly repairs: readonly ExamplesRepair[];
}

export interface ClassCount {
  readonly name: string;
  readonly count: number;
}

/** Which column of the files each column of a series task is. */
export interface ColumnMapping {
  /** in the task's order, the label last where it is a column of its own; no source where a file lacks it */
  readonly columns: readonly { readonly name: string; readonly source: string | undefined }[];
  /** what the files' first lines name, with first cells, shortened */
  readonly sources: readonly { readonly name: string; readonly samples: readonly string[] }[];
}

/** A few examples as the model sees them. */
export type ExamplePreview =
  | {
      readonly kind: 'pictures';
      readonly width: number;
      readonly height: number;
      /** width x height x 4 bytes each */
      readonly pictures: readonly { readonly className: string; readonly rgba: Uint8Array }[];
    }
  | {
      readonly kind: 'texts';
      readonly texts: readonly { readonly className: string | undefined; readonly text: string }[];
    }
  | {
      readonly kind: 'series';
      /** at most some hundred values a column over the whole file, NaN where one is missing; in the column's unit */
      readonly columns: readonly {
        readonly name: string;
        readonly unit: string | undefined;
        readonly values: Float64Array;
      }[];
    };

export interface ExamplesReport {
  readonly kind: 'pictures' | 'texts' | 'series';
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly plan: ExamplesPlan;
  /** those that block first */
  readonly findings: readonly ExampleFinding[];
  /** examples that fit, each once */
  readonly rows: number;
  /** examples that were left out, copies included */
  readonly droppedRows: number;
  readonly trainRows: number;
  readonly heldOutRows: number;
  /** in the order of the task's classes; empty where there are none */
  readonly classes: readonly ClassCount[];
  readonly preview: ExamplePreview;
  /** of series */
  readonly mapping?: ColumnMapping;
}
