/** From a person's file to rows that train: reading, repairing, and the library of this browser. */
import type { ReadingPlan, Repair } from '../../src/dataset/reading-plan.ts';
import type { ExamplesPlan, ExamplesRepair } from '../../src/dataset/examples-plan.ts';
import type { ExamplesReport } from '../../src/dataset/example-report.ts';
import type { FileReport } from '../../src/dataset/file-report.ts';
import type { BudgetView, OwnersLimit } from '../../src/session/budget-book.ts';

/** `paste` is text that the person typed or pasted. */
export type DataSource =
  | { readonly kind: 'sample'; readonly path: string }
  | { readonly kind: 'file'; readonly file: File }
  /** several, or a folder */
  | { readonly kind: 'files'; readonly files: readonly File[] }
  | { readonly kind: 'paste'; readonly text: string };

/** How files are read; without anything, by the plan that fits best. */
export interface ReadingOrder {
  /** of an earlier reading */
  readonly plan?: ReadingPlan;
  /** changes of that plan */
  readonly repairs?: readonly Repair[];
  /** of pictures, texts or series: the plan of an earlier reading, and changes of it */
  readonly examples?: { readonly plan: ExamplesPlan; readonly repairs: readonly ExamplesRepair[] };
  /** id of the data set of an earlier reading of the same file, which goes unless it was used */
  readonly replaces?: string;
}

export type Progress = (readBytes: number, totalBytes: number) => void;

/** What a reading gave: the report, and the stored data set when nothing stood in the way. The rows themselves stay in the worker. */
export interface Reading {
  readonly report: FileReport | ExamplesReport;
  /** id in the library */
  readonly dataset?: string;
}

export interface TableReading extends Reading {
  readonly report: FileReport;
}

/** Of pictures, texts or series. */
export interface ExamplesReading extends Reading {
  readonly report: ExamplesReport;
}

/** One stored data set. */
export interface DatasetView {
  readonly id: string;
  readonly fileName: string;
  readonly rows: number;
  readonly droppedRows: number;
  readonly columns: readonly string[];
  /** as stored, encrypted */
  readonly sizeBytes: number;
  readonly readAtMs: number;
  readonly uses: readonly DatasetUse[];
  readonly budget: DatasetBudget;
}

/** What all tasks together have released of a data set, and what its owner allows. */
export type DatasetBudget = Pick<BudgetView, 'protects' | 'spent' | 'openBefore' | 'limit'>;

/** A task that trained on a data set, and what that cost in privacy. */
export interface DatasetUse {
  readonly task: string;
  readonly title: string;
  /** of the network that the task is on */
  readonly network: string;
  readonly sinceMs: number;
  /** sums that this data set is part of and that were released */
  readonly releases: number;
  /** epsilon of those at the limit's delta; absent where nothing bounds what they tell */
  readonly epsilon?: number;
  /** this browser takes part with it now */
  readonly active: boolean;
}

export interface DataApi {
  /**
   * Reads a file, or several, for a task. Stores the rows, encrypted, when nothing stands in the way.
   * @throws MurmurError bad-input for what is no table at all, too-large, cancelled
   */
  readData(
    task: string,
    source: DataSource,
    order: ReadingOrder,
    onProgress: Progress | undefined,
    signal?: AbortSignal,
  ): Promise<Reading>;
  datasets(): Promise<readonly DatasetView[]>;
  /** Those that were read for the same columns as a task's. */
  datasetsFor(task: string): Promise<readonly DatasetView[]>;
  /** What a data set has spent, and what it will have when a task is over. */
  budget(task: string, dataset: string): Promise<BudgetView>;
  /** Sets what may be spent of a data set in all, and of every other reading of the same file. @throws MurmurError bad-input */
  setLimit(dataset: string, limit: OwnersLimit): Promise<void>;
  /** Deletes the rows. @throws MurmurError conflict while a tab takes part with them */
  forget(id: string): Promise<void>;
  /** Deletes everything that this site stores in this browser, keys and wallets included. @throws MurmurError conflict while a tab takes part */
  forgetEverything(): Promise<void>;
}
