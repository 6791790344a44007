/** What the page shows of a report on pictures, texts or series. */
import type { ExamplesReport } from '../../dataset/example-report.ts';
import type { Point } from '../components/charts/chart-data.ts';

/** How the examples that judge the model were chosen. */
export function splitRule({ kind, classes }: ExamplesReport): 'byClass' | 'byChance' | 'byTime' {
  if (kind === 'series') return 'byTime';
  return classes.length > 0 ? 'byClass' : 'byChance';
}

/** Runs of a line between values that are missing. */
export function lineRuns(values: ArrayLike<number>): readonly (readonly Point[])[] {
  const runs: Point[][] = [];
  let run: Point[] | undefined;
  for (let x = 0; x < values.length; x++) {
    const y = values[x] as number;
    if (Number.isNaN(y)) run = undefined;
    else if (run === undefined) runs.push((run = [{ x, y }]));
    else run.push({ x, y });
  }
  return runs;
}

/** Lowest and highest known value; undefined where there is none. */
export function rangeOf(values: ArrayLike<number>): readonly [number, number] | undefined {
  let [low, high] = [Infinity, -Infinity];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? undefined : [low, high];
}
