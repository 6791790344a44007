/** The first plan for a file: how it is written, and which of its columns is which of the schema's. */
import type { TableSpec } from '../protocol/task-spec.ts';
import { type Wanted, matchNames } from './names.ts';
import type { ColumnReading, Delimiter, FileEncoding, ReadingPlan, Repair } from './reading-plan.ts';
import { applyRepair, movesColumns } from './repair.ts';
import { type Expected, sniffShape } from './shape.ts';

/** The beginning of a file. */
export interface Head {
  readonly text: string;
  readonly encoding: FileEncoding;
  /** the text is all of the file */
  readonly whole: boolean;
}

/** What the schema's columns are called, label last. */
export function wantedColumns(schema: TableSpec): readonly (Wanted & { readonly position?: number | undefined })[] {
  return [...schema.columns, schema.label];
}

/**
 * The plan that fits best: delimiter and header by the look of the file, columns by name, or by the task's positions where neither
 * names the other's.
 * @param fixed what the person has decided
 */
export function planFor(
  schema: TableSpec,
  { text, encoding, whole }: Head,
  fixed: { readonly delimiter?: Delimiter; readonly header?: boolean } = {},
): ReadingPlan {
  const wanted = wantedColumns(schema);
  const expected: Expected = {
    names: wanted.map(({ name }) => name),
    width: schema.header ? undefined : Math.max(...wanted.map(({ position = 0 }) => position)) + 1,
    delimiter: schema.delimiter,
    header: schema.header,
  };
  const { delimiter, header, names, records } = sniffShape(text, whole, expected, fixed);
  const byName = matchNames(wanted, names);
  const named = byName.some((place) => place !== undefined);
  const width = Math.max(names.length, ...records.map(({ length }) => length));
  const columns = wanted.map(({ position }, i): ColumnReading => {
    const place = named ? byName[i] : position;
    return plainReading(place !== undefined && place < width ? place : undefined);
  });
  return { encoding, delimiter, header, columns, missingMarks: [] };
}

/** The plan of a file that is written exactly as the task says. @param places one a column, label last */
export function exactPlan(schema: TableSpec, places: readonly number[]): ReadingPlan {
  const { delimiter, header } = schema;
  return { encoding: 'utf-8', delimiter, header, columns: places.map(plainReading), missingMarks: [] };
}

/**
 * A plan after some repairs. Where a repair moves the columns, the file is matched again.
 * @param headIn the beginning of the file in another encoding
 */
export function mend(
  schema: TableSpec,
  plan: ReadingPlan,
  repairs: readonly Repair[],
  headIn: (encoding: FileEncoding) => Head,
): ReadingPlan {
  let mended = plan;
  for (const repair of repairs) {
    mended = applyRepair(mended, repair);
    if (!movesColumns(repair)) continue;
    const { encoding, delimiter, header, missingMarks } = mended;
    // Another delimiter makes other cells of the first line, so whether they are names is asked again.
    const fixed = repair.kind === 'delimiter' ? { delimiter } : { delimiter, header };
    mended = { ...planFor(schema, headIn(encoding), fixed), missingMarks };
  }
  return mended;
}

function plainReading(source: number | undefined): ColumnReading {
  return { source, decimal: '.', factor: 1, replace: {}, bad: 'refuse' };
}
