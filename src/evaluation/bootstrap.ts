/**
 * Paired percentile bootstrap of the mean difference of two models' losses on the same rows
 * (Efron and Tibshirani, "An Introduction to the Bootstrap", 1993, chapters 8 and 13).
 * Guarantees: deterministic in its seed. Not: exact coverage on a handful of rows, where percentile intervals are too short.
 */
import { check } from '../core/errors.ts';
import { SeededRandom } from '../core/random.ts';

export interface Interval {
  readonly low: number;
  readonly high: number;
  /** of the sample itself */
  readonly mean: number;
}

/** Tail left out on each side of a 95 % interval. */
const TAIL = 0.025;

/**
 * 95 % interval of mean(after − before); negative means that the model got better.
 * @param before after  loss of each row, same order, at least one row
 * @param replicates resamples, at least 40
 * @param seed at least 12 bytes; never shared between people who should draw independently
 */
export function pairedBootstrap({
  before,
  after,
  replicates,
  seed,
}: {
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly replicates: number;
  readonly seed: Uint8Array;
}): Interval {
  const rows = before.length;
  check(rows > 0 && after.length === rows, `${rows} losses before, ${after.length} after`);
  check(Number.isInteger(replicates) && replicates >= 40 && replicates <= 1e6, 'replicates must be in 40..10^6');
  const differences = after.map((loss, row) => loss - (before[row] as number));
  check(differences.every(Number.isFinite), 'a loss is not finite');
  const random = new SeededRandom(seed);
  const means = new Float64Array(replicates);
  for (let replicate = 0; replicate < replicates; replicate++) {
    let sum = 0;
    for (let i = 0; i < rows; i++) sum += differences[random.below(rows)] as number;
    means[replicate] = sum / rows;
  }
  means.sort();
  const left = Math.floor(TAIL * replicates);
  return {
    low: means[left] as number,
    high: means[replicates - 1 - left] as number,
    mean: differences.reduce((sum, value) => sum + value, 0) / rows,
  };
}
