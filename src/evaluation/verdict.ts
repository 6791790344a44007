/**
 * One voter's verdict on a candidate: it abstains while its own 95 % interval contains 0, because one round's step is mostly too small
 * to see on few rows. Only the word leaves the tab, never the interval.
 */
import { type Interval, pairedBootstrap } from './bootstrap.ts';

export type Verdict = 'worse' | 'abstain' | 'better';

/** Fewer held-out rows than this cannot carry a bootstrap interval. */
export const FEWEST_ROWS = 10;
const REPLICATES = 2000;

/**
 * The verdict of a site's held-out rows; below {@link FEWEST_ROWS} it abstains.
 * @param before after  log-loss of each held-out row under the model M and under the candidate, same order
 * @param seed at least 12 bytes
 */
export function judge({
  before,
  after,
  seed,
  replicates = REPLICATES,
}: {
  readonly before: Float64Array;
  readonly after: Float64Array;
  readonly seed: Uint8Array;
  readonly replicates?: number;
}): Verdict {
  if (before.length < FEWEST_ROWS && after.length === before.length) return 'abstain';
  return verdict(pairedBootstrap({ before, after, replicates, seed }));
}

/** The verdict of an interval of mean(after − before) of losses. */
export function verdict({ low, high }: Interval): Verdict {
  if (low > 0) return 'worse';
  return high < 0 ? 'better' : 'abstain';
}
