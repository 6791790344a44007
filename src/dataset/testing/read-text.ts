/** A whole text through the reading of a person's file, for tests. */
import { MurmurError } from '../../core/errors.ts';
import { HEAD_BYTES } from '../encoding.ts';
import type { FileReport } from '../file-report.ts';
import { type Head, mend, planFor } from '../plan-for.ts';
import { profilesOf } from '../profile.ts';
import { type PassResult, ReadingPass } from '../reading.ts';
import type { ReadingPlan, Repair } from '../reading-plan.ts';
import { reportOn } from '../report.ts';
import type { TableSpec } from '../../protocol/task-spec.ts';

export const HELD_OUT = { fraction: 0.2, seed: 'test' };

export function headOf(text: string): Head {
  return { text: text.slice(0, HEAD_BYTES), encoding: 'utf-8', whole: text.length <= HEAD_BYTES };
}

export function readText(
  text: string,
  schema: TableSpec,
  plan: ReadingPlan = planFor(schema, headOf(text)),
  pieces: Iterable<string> = [text],
): { report: FileReport; pass: PassResult; plan: ReadingPlan } {
  const reading = new ReadingPass(schema, plan);
  for (const piece of pieces) {
    if (reading.done) break;
    reading.push(piece);
  }
  const pass = reading.end();
  const facts = { fileName: 'test.csv', sizeBytes: text.length, head: headOf(text).text };
  const profiles = profilesOf(schema, pass.blocks, pass.missing);
  return { report: reportOn(schema, HELD_OUT, plan, pass, facts, profiles), pass, plan };
}

/** Reads again after some repairs. */
export function repaired(text: string, schema: TableSpec, plan: ReadingPlan, ...repairs: readonly Repair[]) {
  return readText(
    text,
    schema,
    mend(schema, plan, repairs, () => headOf(text)),
  );
}

/** The text cut into pieces of a size. */
export function cut(text: string, size: number): readonly string[] {
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) => text.slice(i * size, (i + 1) * size));
}

/** Whether a step ends, or fails with a typed error. */
export function endsWell(step: () => unknown): boolean {
  try {
    step();
    return true;
  } catch (error) {
    return error instanceof MurmurError;
  }
}
