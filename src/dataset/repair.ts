/** Repairs as changes of a plan. The file is never touched, so every repair can be taken back by reading with the older plan. */
import { check } from '../core/errors.ts';
import type { ColumnReading, ReadingPlan, Repair } from './reading-plan.ts';

/** Largest number of repairs that one column's texts, or the marks of a plan, may hold. */
const MAX_ENTRIES = 256;

/**
 * The plan with a repair. After another encoding, delimiter or header the columns stand elsewhere: match the file again (planFor).
 * @throws MurmurError bad-input for a repair that the plan cannot take
 */
export function applyRepair(plan: ReadingPlan, repair: Repair): ReadingPlan {
  switch (repair.kind) {
    case 'map':
      check(Number.isInteger(repair.source) && repair.source >= 0, 'a column of the file is named by its place');
      return withColumn(plan, repair.column, { source: repair.source });
    case 'decimal':
      return withColumn(plan, repair.column, { decimal: repair.decimal });
    case 'scale': {
      check(Number.isFinite(repair.factor) && repair.factor !== 0, 'a factor is a number other than 0');
      const { factor } = columnOf(plan, repair.column);
      return withColumn(plan, repair.column, { factor: factor * repair.factor });
    }
    case 'replace': {
      const { replace } = columnOf(plan, repair.column);
      check(Object.keys(replace).length < MAX_ENTRIES, `a column has at most ${MAX_ENTRIES} replacements`);
      return withColumn(plan, repair.column, { replace: { ...replace, [repair.from]: repair.to } });
    }
    case 'missing-mark':
      check(plan.missingMarks.length < MAX_ENTRIES, `a file has at most ${MAX_ENTRIES} marks of a missing value`);
      return { ...plan, missingMarks: [...new Set([...plan.missingMarks, repair.mark])] };
    case 'drop-rows':
      return withColumn(plan, repair.column, { bad: 'drop-row' });
    case 'encoding':
      return { ...plan, encoding: repair.encoding };
    case 'delimiter':
      return { ...plan, delimiter: repair.delimiter };
    case 'header':
      return { ...plan, header: repair.header };
  }
}

/** Whether a repair moves the columns, so that they have to be matched again. */
export function movesColumns({ kind }: Repair): boolean {
  return kind === 'encoding' || kind === 'delimiter' || kind === 'header';
}

function columnOf(plan: ReadingPlan, column: number): ColumnReading {
  const found = plan.columns[column];
  check(found !== undefined, `the plan has no column ${column}`);
  return found;
}

function withColumn(plan: ReadingPlan, column: number, change: Partial<ColumnReading>): ReadingPlan {
  const changed = { ...columnOf(plan, column), ...change };
  return { ...plan, columns: plan.columns.map((reading, i) => (i === column ? changed : reading)) };
}
