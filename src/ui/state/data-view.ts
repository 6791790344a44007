/** What the page shows of a report: rows of the mapping table, suggestions of a finding, tables behind the charts. */
import type { ColumnProfile, FileReport, Finding, SourceColumn } from '../../dataset/file-report.ts';
import type { ColumnReading, Repair } from '../../dataset/reading-plan.ts';
import type { ColumnSpec, TableSpec } from '../../protocol/task-spec.ts';

export type ColumnState = 'fits' | 'missing' | 'problems' | 'warns';

export interface MappingRow {
  readonly column: number;
  readonly name: string;
  readonly description: string;
  /** undefined for the label */
  readonly spec: ColumnSpec | undefined;
  readonly reading: ColumnReading;
  readonly source: SourceColumn | undefined;
  readonly state: ColumnState;
  /** cells to mend */
  readonly problems: number;
}

/** A row of the table in which the person says which column of the file is meant. */
export interface ColumnChoice {
  readonly key: string;
  readonly name: string;
  /** what the task says about it */
  readonly notes: readonly string[];
  /** value of the choice; empty while there is none */
  readonly source: string;
  readonly samples: readonly string[];
  readonly state: ColumnState;
  readonly stateWords: string;
  /** how its cells are read other than as they stand */
  readonly changes: string;
}

/** One row a column of the schema, the label last. */
export function mappingRows(schema: TableSpec, { plan, sources, findings }: FileReport): readonly MappingRow[] {
  return plan.columns.map((reading, column): MappingRow => {
    const { name, description } = schema.columns[column] ?? schema.label;
    const own = findings.filter((finding) => finding.column === column);
    const blocking = own.filter(({ severity }) => severity === 'blocks');
    return {
      column,
      name,
      description,
      spec: schema.columns[column],
      reading,
      source: sources.find(({ place }) => place === reading.source),
      state: stateOf(reading, blocking.length, own.length),
      problems: blocking.reduce((sum, { count }) => sum + count, 0),
    };
  });
}

/** Repairs of which all of a kind are one decision: the other spellings of categories. */
export function replacementsOf({ repairs }: Finding): readonly Repair[] {
  return repairs.filter(({ kind }) => kind === 'replace');
}

/** The first suggestion of every finding that blocks; never one that leaves rows out, which only the person can want. */
export function firstSuggestions({ findings }: FileReport): readonly Repair[] {
  return findings.flatMap((finding): readonly Repair[] => {
    if (finding.severity !== 'blocks') return [];
    const replacements = replacementsOf(finding);
    const [first] = finding.repairs;
    if (replacements.length > 0 && first?.kind === 'replace') return replacements;
    return first === undefined || first.kind === 'drop-rows' ? [] : [first];
  });
}

/** How many findings keep the file from being used. */
export function blockingCount({ findings }: FileReport): number {
  return findings.filter(({ severity }) => severity === 'blocks').length;
}

/** The bins of a number column as a table: from, to, rows. */
export function binRows(profile: Extract<ColumnProfile, { kind: 'number' }>): readonly (readonly number[])[] {
  const { minimum, maximum, bins } = profile;
  const edge = (i: number) => Number((minimum + ((maximum - minimum) * i) / bins.length).toPrecision(5));
  return bins.map((count, i) => [edge(i), edge(i + 1), count]);
}

function stateOf({ source }: ColumnReading, blocking: number, all: number): ColumnState {
  if (source === undefined) return 'missing';
  if (blocking > 0) return 'problems';
  return all > 0 ? 'warns' : 'fits';
}
