/** Repetitions of a measurement: how many, and what they say of its mean. */
import { check } from '../../src/core/errors.ts';
import type { SectionContext } from './section.ts';

/** Student's t, two-sided 95 %, for 1 to 30 degrees of freedom. */
const T = [
  12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.16, 2.145, 2.131, 2.12, 2.11,
  2.101, 2.093, 2.086, 2.08, 2.074, 2.069, 2.064, 2.06, 2.056, 2.052, 2.048, 2.045, 2.042,
];

/**
 * What --seeds asks for.
 * @throws MurmurError bad-input for a number outside 2..1000
 */
export function seedCount({ args }: Pick<SectionContext, 'args'>, usual: number): number {
  const seeds = Number(args['seeds'] ?? usual);
  check(Number.isInteger(seeds) && seeds >= 2 && seeds <= 1000, '--seeds must be in 2..1000');
  return seeds;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Half the width of Student's 95 % interval of the mean. @param values at least two */
export function margin(values: readonly number[]): number {
  const average = mean(values);
  const freedom = values.length - 1;
  const variance = values.reduce((sum, value) => sum + (value - average) ** 2, 0) / freedom;
  return (T[freedom - 1] ?? 1.96) * Math.sqrt(variance / values.length);
}

/**
 * For a figure's note. The seeds split the same rows, so the interval says how much splits and initial weights matter, not what other
 * people's rows would give.
 */
export function interval(values: readonly number[], what = 'seeds'): string {
  const [average, half] = [mean(values), margin(values)];
  return `95 % interval of the mean over ${values.length} ${what} ${(average - half).toFixed(4)} to ${(average + half).toFixed(4)}`;
}
