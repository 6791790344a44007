/** What the example tasks have in common: their files, and rules of a round that suit a handful of sites. */
import type { TaskSpec } from '../../protocol/task-spec.ts';

/** A file of the page that a person can take instead of an own one. */
export interface ExampleSite {
  readonly id: string;
  readonly name: string;
  /** under public/, as the page asks for it */
  readonly path: string;
}

export const ROUND_RULES = {
  // 16 · 4 · 2^24 < 2^31 leaves no wrap.
  masking: { clipNorm: 4, updateWidth: 32, updateFractionBits: 24, rowCap: 2048, maxCohort: 16 },
  evaluation: { bins: 20, release: 'exact' },
  retry: 'strict',
  minDiff: 2,
} as const satisfies Partial<TaskSpec>;

/** Sites that are parts of one file. @param name of one, with a number behind */
export function numberedSites(
  folder: string,
  stem: string,
  extension: string,
  name: string,
  count: number,
): readonly ExampleSite[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `${stem}-${i + 1}`,
    name: `${name} ${i + 1} (simulated)`,
    path: `/data/${folder}/${stem}-${i + 1}${extension}`,
  }));
}

/** The ten digits, as files write them. */
export const DIGITS = Array.from({ length: 10 }, (_, digit) => ({ name: String(digit), marks: [String(digit)] }));
