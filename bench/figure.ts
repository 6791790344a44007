/** What a measurement gets and gives; docs: bench/index.ts. */

/** One measured number against what it should be. */
export interface Figure {
  /** stable name, e.g. `masking.clientRatio` */
  readonly id: string;
  readonly value: number;
  readonly unit: string;
  readonly goal: number;
  readonly better: 'higher' | 'lower';
  /** whether the value meets the goal */
  readonly holds: boolean;
  /** what was measured, on what, against what */
  readonly note: string;
}

export interface BenchContext {
  /** the published run instead of the quick one */
  readonly full: boolean;
  /** values of further `--key value` pairs */
  readonly args: Readonly<Record<string, string>>;
  /** progress for the person who waits; goes to stderr */
  readonly progress: (text: string) => void;
}

/** What each `bench/NAME.ts` exports as `run`. */
export type Bench = (context: BenchContext) => Promise<readonly Figure[]>;

/** A figure whose `holds` follows from value, goal and direction. */
export function figure(values: Omit<Figure, 'holds'>): Figure {
  const { value, goal, better } = values;
  return { ...values, holds: better === 'higher' ? value >= goal : value <= goal };
}
