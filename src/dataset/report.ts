/** What a pass over a file means for its owner: findings with their repairs, the file's columns, distributions, counts. */
import type { HeldOutSpec, TableSpec } from '../protocol/task-spec.ts';
import type { ColumnProfile, FileReport, Finding, SourceColumn } from './file-report.ts';
import { identifyingKind } from './identifying.ts';
import { nearNames } from './names.ts';
import { wantedColumns } from './plan-for.ts';
import { type Misfits, type PassResult, shorten } from './reading.ts';
import type { FileEncoding, ReadingPlan, Repair } from './reading-plan.ts';
import { sniffShape } from './shape.ts';
import { heldOutCount } from './split.ts';
import { type ColumnContext, labelRepairs, suggestRepairs, unitRepairs } from './suggest.ts';

/** Columns and rows of the file that a report shows. */
const MAX_SOURCES = 256;
const SAMPLES = 4;
const HEAD_ROWS = 8;
const MAX_FINDINGS = 200;
const MOST = 0.5;

export interface FileFacts {
  readonly fileName: string;
  readonly sizeBytes: number;
  /** text of the beginning, for guesses about the file's shape */
  readonly head: string;
}

/** @param profiles of the rows that fit (profile.ts) */
export function reportOn(
  schema: TableSpec,
  heldOut: HeldOutSpec,
  plan: ReadingPlan,
  pass: PassResult,
  { fileName, sizeBytes, head }: FileFacts,
  profiles: readonly ColumnProfile[],
): FileReport {
  const sources = sourcesOf(pass);
  const isEmpty = pass.seenRows === 0 && pass.names.length === 0;
  const ofColumns = isEmpty ? [] : columnFindings(schema, plan, pass, sources, head);
  const findings = [
    ...wholeFileFindings(plan, pass, ofColumns),
    ...ofColumns,
    ...identifyingFindings(schema, plan, sources, pass.sample.length),
  ];
  const { rows, positives, droppedRows, stoppedEarly } = pass;
  const complete = plan.columns.every(({ source }) => source !== undefined);
  const usable = complete ? rows : 0;
  const heldOutRows = usable === 0 ? 0 : heldOutCount(positives, heldOut) + heldOutCount(rows - positives, heldOut);
  return {
    kind: 'table',
    fileName,
    sizeBytes,
    plan,
    sources,
    findings: findings.sort(blocksFirst).slice(0, MAX_FINDINGS),
    profiles: stoppedEarly || rows === 0 ? [] : profiles,
    head: pass.sample.slice(0, HEAD_ROWS).map((record) => record.slice(0, MAX_SOURCES).map(shorten)),
    rows,
    droppedRows,
    trainRows: usable - heldOutRows,
    heldOutRows,
    stoppedEarly,
  };
}

/** Whether the rows may be stored and trained on. */
export function isReady({ findings }: FileReport): boolean {
  return findings.every(({ severity }) => severity === 'warns');
}

function blocksFirst(a: Finding, b: Finding): number {
  return Number(a.severity === 'warns') - Number(b.severity === 'warns');
}

function sourcesOf({ names, sample }: PassResult): readonly SourceColumn[] {
  const width = Math.min(MAX_SOURCES, Math.max(names.length, ...sample.map(({ length }) => length), 0));
  return Array.from({ length: width }, (_, place) => {
    const cells = sample.flatMap((record) => record[place] ?? []);
    const name = shorten(names[place] ?? '');
    const identifying = identifyingKind(name, cells);
    const samples = cells
      .filter((cell) => cell.trim() !== '')
      .slice(0, SAMPLES)
      .map(shorten);
    return { place, name, samples, ...(identifying && { identifying }) };
  });
}

function wholeFileFindings(plan: ReadingPlan, pass: PassResult, ofColumns: readonly Finding[]): readonly Finding[] {
  const found: Finding[] = [];
  if (pass.undecodable !== undefined) {
    const { row, cell, count } = pass.undecodable;
    const others: readonly FileEncoding[] = ['windows-1252', 'utf-8'];
    const repairs = others.flatMap((encoding): readonly Repair[] =>
      encoding === plan.encoding ? [] : [{ kind: 'encoding', encoding }],
    );
    found.push({ id: 'undecodable', kind: 'undecodable', severity: 'blocks', row, cell, count, repairs });
  }
  if (pass.tooManyRows) {
    found.push({ id: 'too-many-rows', kind: 'too-many-rows', severity: 'blocks', count: pass.rows, repairs: [] });
  }
  // Where columns say what is wrong with all rows, this would only repeat it.
  if (pass.seenRows === 0 || (pass.rows === 0 && ofColumns.every(({ severity }) => severity === 'warns'))) {
    found.push({ id: 'no-rows', kind: 'no-rows', severity: 'blocks', count: pass.seenRows, repairs: [] });
  }
  return found;
}

function columnFindings(
  schema: TableSpec,
  plan: ReadingPlan,
  pass: PassResult,
  sources: readonly SourceColumn[],
  head: string,
): readonly Finding[] {
  const wanted = wantedColumns(schema);
  const taken = new Set(plan.columns.flatMap(({ source }) => source ?? []));
  return wanted.flatMap((column, i): readonly Finding[] => {
    const about = { column: i, columnName: column.name };
    const context: ColumnContext = { schema, plan, column: i, pass };
    if (plan.columns[i]?.source === undefined) {
      const repairs: Repair[] = unmappedRepairs(context, sources, taken);
      return [{ id: `unmapped:${i}`, kind: 'unmapped', severity: 'blocks', ...about, count: pass.seenRows, repairs }];
    }
    const misfits = (pass.misfits[i] ?? []).map((entry): Finding => ({
      id: `${entry.kind}:${i}`,
      kind: entry.kind,
      severity: 'blocks',
      ...about,
      row: entry.row,
      cell: entry.cell,
      count: entry.count,
      repairs: misfitRepairs(context, entry, head),
    }));
    if (i === schema.columns.length) return [...misfits, ...labelFindings(context)];
    const units = misfits.length > 0 ? [] : unitRepairs(context);
    if (units.length === 0) return misfits;
    return [
      { id: `another-unit:${i}`, kind: 'another-unit', severity: 'warns', ...about, count: pass.rows, repairs: units },
    ];
  });
}

function misfitRepairs(context: ColumnContext, misfits: Misfits, head: string): readonly Repair[] {
  const { schema, plan, pass } = context;
  const repairs = suggestRepairs(context, misfits);
  if (misfits.kind === 'short-row' && misfits.count > MOST * pass.seenRows) {
    const { delimiter } = sniffShape(head, false, {
      names: wantedColumns(schema).map(({ name }) => name),
      width: undefined,
      delimiter: schema.delimiter,
      header: plan.header,
    });
    return delimiter === plan.delimiter ? repairs : [{ kind: 'delimiter', delimiter }, ...repairs];
  }
  // A first line that fits nowhere is a header line.
  const onlyFirst = misfits.kind === 'not-a-number' && misfits.count === 1 && misfits.row === 1 && !plan.header;
  return onlyFirst ? [{ kind: 'header', header: true }, ...repairs] : repairs;
}

function unmappedRepairs(
  { schema, plan, column, pass }: ColumnContext,
  sources: readonly SourceColumn[],
  taken: ReadonlySet<number>,
): Repair[] {
  const wanted = wantedColumns(schema);
  const near = nearNames(wanted[column] as (typeof wanted)[number], pass.names, taken);
  // In a file of as many columns as the task uses, the order is a good guess.
  const byOrder = sources.length === wanted.length && !taken.has(column) && !near.includes(column) ? [column] : [];
  const maps = [...near, ...byOrder].map((source): Repair => ({ kind: 'map', column, source }));
  const namesLookLikeData = plan.header && pass.names.some((name) => /^[+-]?\d+(?:[.,]\d+)?$/u.test(name));
  return namesLookLikeData ? [...maps, { kind: 'header', header: false }] : maps;
}

function labelFindings(context: ColumnContext): readonly Finding[] {
  const { schema, plan, column, pass } = context;
  const rows = pass.rows;
  const about = { column, columnName: schema.label.name, count: rows };
  const complete = plan.columns.every(({ source }) => source !== undefined);
  if (rows < 2 || (pass.positives > 0 && pass.positives < rows)) return [];
  const repairs = pass.positives === 0 ? labelRepairs(context) : [];
  const severity = repairs.length > 0 && complete ? 'blocks' : 'warns';
  return [{ id: `one-class:${column}`, kind: 'one-class', severity, ...about, repairs }];
}

function identifyingFindings(
  schema: TableSpec,
  plan: ReadingPlan,
  sources: readonly SourceColumn[],
  looked: number,
): readonly Finding[] {
  const wanted = wantedColumns(schema);
  return sources.flatMap(({ place, name, identifying }): readonly Finding[] => {
    if (identifying === undefined) return [];
    const column = plan.columns.findIndex(({ source }) => source === place);
    const used = column >= 0;
    return [
      {
        id: `identifying:${place}`,
        kind: 'identifying',
        severity: 'warns',
        ...(used && { column }),
        columnName: used ? (wanted[column]?.name ?? name) : name || String(place + 1),
        count: looked,
        identifying,
        repairs: [],
      },
    ];
  });
}
