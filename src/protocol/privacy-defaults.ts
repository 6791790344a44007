/**
 * The noise that a new task with privacy gets unless its creator says otherwise; no schema library, so that the page may import it.
 * Epsilon follows from the task's length and is computed for each task (src/aggregation/task-privacy.ts), never promised here;
 * bench/learning/attack.ts measures what attacks make of it.
 */
import type { RecordPrivacySpec, UserPrivacySpec } from './privacy-spec.ts';

/** DP-SGD as in Abadi et al. 2016, section 5: each step takes about a twentieth of a site's records. 400 steps cost an epsilon of 7.4. */
export const DEFAULT_RECORD_PRIVACY: RecordPrivacySpec = {
  kind: 'records',
  noiseMultiplier: 1,
  delta: 1e-5,
  clipNorm: 1,
  samplingRate: 0.05,
};

/**
 * Noise of one clip norm in each round's sum; 10 rounds cost an epsilon of 18, so this is for many participants and few rounds. `honest`
 * suits the smallest rounds that there are; with a larger cohort `fewestHonest` of threshold.ts allows more, and less noise a member.
 */
export const DEFAULT_USER_PRIVACY: UserPrivacySpec = {
  kind: 'user',
  noiseMultiplier: 1,
  delta: 1e-5,
  honest: 2,
};
