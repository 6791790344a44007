/** Which class a text means, by the task's marks. */
import type { ClassLabelSpec } from '../protocol/data-spec.ts';
import { canonicalCell } from '../protocol/cell-text.ts';
import type { ClassCount } from './example-report.ts';
import type { Findings } from './findings.ts';

/** @returns the class's number, or -1 */
export type ClassOf = (mark: string) => number;

/** @param others what files call a class beside the task's marks, as canonicalCell gives it */
export function classReader({ classes }: ClassLabelSpec, others: Readonly<Record<string, number>> = {}): ClassOf {
  const known = new Map<string, number>();
  // Exactly as written comes first: marks that differ in case alone stay apart.
  for (const [i, { name, marks }] of classes.entries())
    for (const mark of [...marks, name]) setOnce(known, canonicalCell(mark), i);
  for (const [mark, i] of Object.entries(others)) if (i < classes.length) setOnce(known, mark, i);
  for (const [mark, i] of [...known]) setOnce(known, mark.toLowerCase(), i);
  return (mark) => {
    const cell = canonicalCell(mark);
    return known.get(cell) ?? known.get(cell.toLowerCase()) ?? -1;
  };
}

/** Rows of each class, and what is to be said about them. */
export function classCounts(
  { classes }: ClassLabelSpec,
  counts: Uint32Array,
  findings: Findings,
): readonly ClassCount[] {
  const rows = counts.reduce((sum, count) => sum + count, 0);
  const present = counts.filter((count) => count > 0).length;
  if (rows > 1 && present === 1)
    findings.note('one-class', { name: classes[counts.findIndex((count) => count > 0)]?.name ?? '', count: rows });
  else if (rows > 0)
    for (const [i, { name }] of classes.entries()) if (counts[i] === 0) findings.note('absent-class', { name });
  return classes.map(({ name }, i) => ({ name, count: counts[i] as number }));
}

function setOnce(map: Map<string, number>, key: string, value: number): void {
  if (!map.has(key)) map.set(key, value);
}
