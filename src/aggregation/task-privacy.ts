/**
 * What a whole task costs in privacy, known before anybody joins: every segment that it releases is looked at, and one without noise
 * makes the answer "none", whatever the others have. The cost is of a task whose rounds all settle; a void round that was unmasked is one
 * release more (src/privacy/budget.ts counts what is really released).
 */
import { check } from '../core/errors.ts';
import { type Mechanism, type PrivacyCost, gaussianCurve, skellamCurve } from '../privacy/accountant.ts';
import { epsilonOf } from '../privacy/conversion.ts';
import { roundedSensitivity } from '../privacy/quantisation.ts';
import type { ReleaseCurves } from '../privacy/budget.ts';
import { type RdpCurve, repeat } from '../privacy/rdp-curve.ts';
import type { Segment } from '../protocol/layout.ts';
import { type RecordPrivacySpec, stepsOfPasses } from '../protocol/privacy-spec.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { roundLayout, updateNoise } from './layouts.ts';

/** What a task releases of somebody's data. */
export type Released = Segment['purpose'] | 'verdict';

export type TaskPrivacy =
  | (PrivacyCost & {
      readonly kind: 'epsilon';
      /** whose presence nobody can tell for sure: a participant with all their data, or one record */
      readonly protects: 'user' | 'records';
      /** cost of one training round, for the budget */
      readonly release: ReleaseCurves;
    })
  | {
      readonly kind: 'none';
      /** what is released without noise; empty where the noise is there but counts on nobody */
      readonly open: readonly Released[];
    };

/**
 * @param honest members of a sum whose noise counts, at least: `fewestHonest` of the task's parameters
 */
export function taskPrivacy(spec: TaskSpec, honest: number): TaskPrivacy {
  const open = releasedWithoutNoise(spec);
  const { privacy } = spec;
  if (open.length > 0 || privacy === undefined) return { kind: 'none', open };
  const { mechanism, release } = privacy.kind === 'user' ? userCost(spec, honest) : recordCost(spec, privacy);
  const { delta, kind: protects } = privacy;
  const { epsilon, order } = epsilonOf(repeat(release[protects] as RdpCurve, spec.training.rounds), delta);
  if (epsilon === Infinity) return { kind: 'none', open };
  return { kind: 'epsilon', protects, epsilon, delta, order, mechanism, release };
}

function releasedWithoutNoise(spec: TaskSpec): readonly Released[] {
  const open = new Set<Released>();
  for (const step of [0, 1, spec.training.rounds + 1])
    for (const segment of roundLayout(spec, step)) if (!isProtected(spec, segment)) open.add(segment.purpose);
  // With privacy everybody abstains.
  if (spec.privacy === undefined) open.add('verdict');
  return [...open];
}

function isProtected({ privacy }: TaskSpec, { purpose, length, encoding }: Segment): boolean {
  if (encoding.kind === 'noisy') return true;
  if (privacy === undefined) return false;
  // A weight alone is 1 at every site; more than it (steps made, say) follows from the rows. A record's noise is in the gradients already.
  return (purpose === 'weight' && length === 1) || (purpose === 'update' && privacy.kind === 'records');
}

interface RoundCost {
  readonly mechanism: Mechanism;
  readonly release: ReleaseCurves;
}

/**
 * One participant's vector replaced by zeros; the roster is public, so nothing is gained by sampling. One record more or less turns a
 * vector into another of the same norm at most, which is twice as far.
 */
function userCost(spec: TaskSpec, honest: number): RoundCost {
  const plan = updateNoise(spec);
  check(plan !== undefined, 'this task has no noise for participants');
  const variance = Math.max(0, honest) * plan.variance;
  const { l1, l2 } = roundedSensitivity(plan.clipSteps, plan.length);
  const user = skellamCurve({ l1, l2 }, variance);
  return { mechanism: 'skellam', release: { user, records: skellamCurve({ l1: 2 * l1, l2: 2 * l2 }, variance) } };
}

/** One record added or removed; each site's noise suffices for its own records, so others' noise is not counted. */
function recordCost(spec: TaskSpec, privacy: RecordPrivacySpec): RoundCost {
  const { noiseMultiplier: z, samplingRate: q } = privacy;
  const steps = spec.training.steps ?? stepsOfPasses(privacy, spec.training.epochs ?? 1);
  return {
    mechanism: q === 1 ? 'gaussian' : 'subsampled-gaussian',
    release: { records: gaussianCurve({ z, rounds: steps, q }) },
  };
}
