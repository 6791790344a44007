/**
 * What noise a task adds to what it releases, so that its cost in privacy can be computed before anybody joins. A task without this part
 * adds none. With it no statistics are taken (features are standardised by their public range), every weight is 1, and nobody votes
 * by what is in their rows, so that the updates are all that is released of the data; src/aggregation/task-privacy.ts has the cost.
 */
import * as v from 'valibot';
import { range, whole } from './spec-parts.ts';

/** noise of a sum in clip norms */
const noiseMultiplier = range(0.01, 1000);
/** chance that the promise does not hold */
const delta = range(1e-15, 0.01);

/**
 * A participant's whole data set is protected: updates are clipped to masking.clipNorm and the members of a round add integer noise to
 * their masked inputs, `noiseMultiplier` clip norms in all once `honest` of them are honest.
 */
const UserPrivacy = v.strictObject({
  kind: v.literal('user'),
  noiseMultiplier,
  delta,
  /** members of a sum whose noise must suffice; a round in which fewer than these might be honest is not joined */
  honest: whole(1, 128),
});

/**
 * Each single record is protected, from everybody outside its owner's machine: DP-SGD at every site (Abadi et al. 2016), a step being the
 * clipped gradients of a Poisson sample of the site's own records plus normal noise.
 */
const RecordPrivacy = v.strictObject({
  kind: v.literal('records'),
  noiseMultiplier,
  delta,
  /** largest Euclidean norm of one record's gradient */
  clipNorm: range(1e-6, 1e6),
  /** chance of a record to be in a step's sample */
  samplingRate: range(1e-6, 1),
});

export const PrivacySchema = v.variant('kind', [UserPrivacy, RecordPrivacy]);

export type PrivacySpec = v.InferOutput<typeof PrivacySchema>;
export type UserPrivacySpec = v.InferOutput<typeof UserPrivacy>;
export type RecordPrivacySpec = v.InferOutput<typeof RecordPrivacy>;

/** Steps of DP-SGD in so many passes: each record is drawn once a pass, on average. */
export function stepsOfPasses({ samplingRate }: RecordPrivacySpec, passes: number): number {
  return Math.ceil(passes / samplingRate);
}
