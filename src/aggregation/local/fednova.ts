/**
 * FedNova: Wang, Liu, Liang, Joshi, Poor, "Tackling the Objective Inconsistency Problem in Heterogeneous Federated Optimization",
 * NeurIPS 2020, equations 6 and 7, for plain SGD with a rate that is constant within a round, where ‖a_i‖₁ is the number τ_i of local
 * steps: x ← x + τ_eff Σ p_i Δ_i / τ_i with τ_eff = Σ p_i τ_i and p_i the share of site i in the weights. A site that makes more
 * steps than another, or has to stop early, no longer pulls the model by its speed: only its direction counts, by its weight.
 *
 * Each site sends w_i, w_i τ_i / K and w_i Δ_i K / τ_i, where K is the number of steps of a site at the row cap, so that its update is
 * about as long as in FedAvg and the limits of section 7 hold; K cancels in the fold. Clipping shortens what is sent, after division.
 */
import { check } from '../../core/errors.ts';
import type { TaskSpec } from '../../protocol/task-spec.ts';
import { localSteps } from '../../protocol/training-spec.ts';

/** Most steps in units of K that count: the limit of the segment. 128 sites · 128 · 2^32 stays below 2^47. */
export const MOST_STEP_RATIO = 128;

/** K: steps of a site that has as many rows as the task's cap. */
export function referenceSteps({ training, masking }: Pick<TaskSpec, 'training' | 'masking'>): number {
  return localSteps(training, masking.rowCap);
}

/** Steps that a site of so many rows sets out to make; only a site of very many more rows than the cap makes fewer than it would. */
export function plannedSteps(spec: Pick<TaskSpec, 'training' | 'masking'>, rows: number): number {
  return Math.min(localSteps(spec.training, rows), MOST_STEP_RATIO * referenceSteps(spec));
}

/**
 * τ_i / K of a site.
 * @param steps that it made
 * @throws MurmurError bad-input when it made none, or more than count
 */
export function stepRatio(spec: Pick<TaskSpec, 'training' | 'masking'>, steps: number): number {
  check(Number.isInteger(steps) && steps >= 1, 'a site that made no step has no update');
  const ratio = steps / referenceSteps(spec);
  check(
    ratio <= MOST_STEP_RATIO,
    `${steps} steps are more than ${MOST_STEP_RATIO} times those of a site at the row cap`,
  );
  return ratio;
}

/**
 * The update of the model: τ_eff Σ p_i Δ_i / τ_i.
 * @param weights Σ w_i
 * @param ratios Σ w_i τ_i / K
 * @param updates Σ w_i Δ_i K / τ_i
 */
export function fedNovaUpdate(weights: number, ratios: number, updates: Float64Array): Float64Array {
  const effective = ratios / weights;
  return updates.map((value) => (value / weights) * effective);
}
