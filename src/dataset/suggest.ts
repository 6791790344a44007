/** What would mend the cells of a column that do not fit, best first. A suggestion is made only where it helps nearly all of them. */
import { type TableSpec } from '../protocol/task-spec.ts';
import { canonicalCell } from '../protocol/cell-text.ts';
import { MISSING, cellNumber } from './cells.ts';
import { bracketedUnit } from './names.ts';
import type { Misfits, PassResult } from './reading.ts';
import type { ColumnReading, ReadingPlan, Repair } from './reading-plan.ts';
import { otherUnits, plainUnit } from './units.ts';
import { isMissingNumber, isMissingWord, likelyMeaning } from './words.ts';

const NEARLY_ALL = 0.95;
const MOST = 0.5;
const MAX_REPLACEMENTS = 12;
const MAX_MARKS = 4;
const MAX_FACTORS = 4;
const POWERS = [10, 0.1, 100, 0.01, 1000, 0.001, 1e4, 1e-4, 1e6, 1e-6] as const;
/** Values that fill less than the first share of the public range, and more than the second in another unit, are probably in that unit. */
const NARROW = 0.02;
const WIDE = 0.05;

export interface ColumnContext {
  readonly schema: TableSpec;
  readonly plan: ReadingPlan;
  readonly column: number;
  readonly pass: PassResult;
}

/** Repairs for one kind of misfit. */
export function suggestRepairs(context: ColumnContext, misfits: Misfits): readonly Repair[] {
  const { column, pass } = context;
  // Leaving out most rows is no repair.
  const drop: Repair[] = misfits.count <= MOST * pass.seenRows ? [{ kind: 'drop-rows', column }] : [];
  switch (misfits.kind) {
    case 'not-a-number':
      return [...decimalRepairs(context, misfits), ...markRepairs(context, misfits), ...drop];
    case 'out-of-range':
      return [...factorRepairs(context), ...markRepairs(context, misfits), ...drop];
    case 'unknown-category':
      return [...replaceRepairs(context, misfits), ...markRepairs(context, misfits), ...drop];
    case 'short-row':
      return drop;
  }
}

/** Factors for a column whose values all fit, but look like another unit: by the header's words, or by the room that they take. */
export function unitRepairs(context: ColumnContext): readonly Repair[] {
  const { schema, plan, column, pass } = context;
  const spec = schema.columns[column];
  const { source, factor } = plan.columns[column] as ColumnReading;
  if (spec?.kind !== 'number' || source === undefined || factor !== 1) return [];
  const others = otherUnits(spec.unit, `${spec.name} ${spec.description}`);
  const written = bracketedUnit(pass.names[source] ?? '');
  const named = others.filter(({ unit }) => written !== undefined && plainUnit(unit) === plainUnit(written));
  if (named.length > 0) return named.map((other) => ({ kind: 'scale', column, ...pick(other) }));
  const values = numbersOf(context).filter((value) => value !== 0);
  const span = spec.maximum - spec.minimum;
  const room = spread(values) / span;
  if (values.length < 5 || room === 0 || room > NARROW) return [];
  const likely = others.filter((other) => {
    const scaled = values.map((value) => value * other.factor);
    return share(scaled, spec) >= NEARLY_ALL && spread(scaled) / span > WIDE;
  });
  return likely.map((other) => ({ kind: 'scale', column, ...pick(other) }));
}

/** Replacements by which the texts of a label are recognised. */
export function labelRepairs({ schema, column, pass }: ColumnContext): readonly Repair[] {
  const { positive, description } = schema.label;
  if ('above' in positive) return [];
  const texts = [...(pass.readers[column]?.known ?? [])].filter(([, code]) => code === 0).map(([cell]) => cell.trim());
  return texts.slice(0, MAX_REPLACEMENTS).flatMap((text): readonly Repair[] => {
    const meant = likelyMeaning(text, positive.equals, description);
    return meant === undefined ? [] : [{ kind: 'replace', column, from: canonicalCell(text), to: meant }];
  });
}

function decimalRepairs({ schema, plan, column }: ColumnContext, { distinct }: Misfits): readonly Repair[] {
  const { decimal: now, factor } = plan.columns[column] as ColumnReading;
  const decimal = now === '.' ? ',' : '.';
  const spec = schema.columns[column];
  const texts = [...distinct.keys()].filter((text) => text.includes(decimal));
  const helped = texts.filter((text) => {
    const value = cellNumber(text, decimal) * factor;
    return spec?.kind === 'number' ? value >= spec.minimum && value <= spec.maximum : !Number.isNaN(value);
  });
  const helps = helped.length > 0 && helped.length >= NEARLY_ALL * texts.length && texts.length >= MOST * distinct.size;
  return helps ? [{ kind: 'decimal', column, decimal }] : [];
}

function factorRepairs(context: ColumnContext): readonly Repair[] {
  const { schema, plan, column } = context;
  const spec = schema.columns[column];
  if (spec?.kind !== 'number') return [];
  const { factor } = plan.columns[column] as ColumnReading;
  const values = numbersOf(context);
  const now = share(values, spec);
  const others = factor === 1 ? otherUnits(spec.unit, `${spec.name} ${spec.description}`).map(pick) : [];
  const known = new Set(others.map((other) => other.factor));
  const powers = POWERS.filter((power) => !known.has(power)).map((power) => ({ factor: power }));
  const helping = [...others, ...powers].filter((other) => {
    const then = share(
      values.map((value) => value * other.factor),
      spec,
    );
    // What brings everything near one end fits any range; it is no unit.
    return then >= NEARLY_ALL && then > now && spread(values) * other.factor > 0.01 * (spec.maximum - spec.minimum);
  });
  return helping.slice(0, MAX_FACTORS).map((other) => ({ kind: 'scale', column, ...other }));
}

function replaceRepairs({ schema, column }: ColumnContext, { distinct }: Misfits): readonly Repair[] {
  const spec = schema.columns[column];
  if (spec?.kind !== 'category') return [];
  return byFrequency(distinct)
    .slice(0, MAX_REPLACEMENTS)
    .flatMap(([text]): readonly Repair[] => {
      const to = likelyMeaning(text, spec.categories, spec.description);
      return to === undefined ? [] : [{ kind: 'replace', column, from: canonicalCell(text), to }];
    });
}

function markRepairs({ pass, column }: ColumnContext, { distinct, kind }: Misfits): readonly Repair[] {
  const marks = byFrequency(distinct).filter(([text, times]) =>
    kind === 'not-a-number' || !isMissingNumber(text) ? isMissingWord(text) : times > 1,
  );
  // A mark holds for the whole file, so it must not be a value anywhere.
  const isValue = (text: string) =>
    pass.readers.some((reader, i) => i !== column && (reader.known.get(text) ?? MISSING) >= 0 && text !== '');
  return marks
    .filter(([text]) => !isValue(text))
    .slice(0, MAX_MARKS)
    .map(([mark]) => ({ kind: 'missing-mark', mark }));
}

function byFrequency(distinct: ReadonlyMap<string, number>): readonly (readonly [string, number])[] {
  return [...distinct].sort((a, b) => b[1] - a[1]);
}

/** Different numbers of the column, as the plan reads them; marks of unknown values are no numbers. */
function numbersOf({ plan, column, pass }: ColumnContext): readonly number[] {
  const { decimal, factor } = plan.columns[column] as ColumnReading;
  const known = pass.readers[column]?.known ?? new Map<string, number>();
  return [...known].flatMap(([cell, code]) => {
    const value = code === MISSING || isMissingNumber(cell) ? NaN : cellNumber(cell.trim(), decimal) * factor;
    return Number.isNaN(value) ? [] : [value];
  });
}

function share(values: readonly number[], { minimum, maximum }: { minimum: number; maximum: number }): number {
  if (values.length === 0) return 0;
  return values.filter((value) => value >= minimum && value <= maximum).length / values.length;
}

/** Width of the middle nine tenths. */
function spread(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const at = (quantile: number) => sorted[Math.floor(quantile * (sorted.length - 1))] ?? 0;
  return at(0.95) - at(0.05);
}

function pick({ factor, unit }: { factor: number; unit: string }): { factor: number; unit: string } {
  return { factor, unit };
}
