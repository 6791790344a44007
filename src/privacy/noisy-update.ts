/**
 * One participant's update as it enters the masked sum with user-level privacy, and the sum as it comes out: rotate, round within the
 * norm, add Skellam noise (Agarwal, Kairouz, Liu 2021, Algorithm 1; arXiv 2110.04995). Only the sum of all has enough noise; one
 * participant's share of it alone protects nobody, the mask does.
 */
import { MurmurError, check } from '../core/errors.ts';
import type { RandomBytes } from '../core/random.ts';
import type { NoisePlan } from '../protocol/noise-plan.ts';
import { BitSource } from './bit-source.ts';
import { rotate, unrotate } from './hadamard.ts';
import { roundedSensitivity } from './quantisation.ts';
import { roundWithin } from './rounding.ts';
import { skellamNoise } from './skellam-noise.ts';

/** x in the bound e^−x (Laurent and Massart 2000) on how far the noise's norm lies above its mean: one in 10^9. */
const NORM_TAIL = 21;

/**
 * @param update flat, clipped to plan.clipSteps / stepsPerUnit
 * @param stepsPerUnit grid steps of one unit of the update
 * @param step of the task
 * @returns plan.length integers, in grid steps
 * @throws MurmurError internal for an update that is not clipped
 */
export function noisyUpdate(
  update: Float64Array,
  { plan, stepsPerUnit, step, random }: { plan: NoisePlan; stepsPerUnit: number; step: number; random: RandomBytes },
): Float64Array<ArrayBuffer> {
  const values = new Float64Array(plan.length);
  for (let i = 0; i < update.length; i++) values[i] = (update[i] as number) * stepsPerUnit;
  rotate(values, plan.blockSize, step);
  const { l2 } = roundedSensitivity(plan.clipSteps, plan.length);
  const rounded = roundWithin(values, l2, new BitSource(random));
  const noise = skellamNoise(plan.length, plan.variance, random);
  for (let i = 0; i < rounded.length; i++) rounded[i] = (rounded[i] as number) + (noise[i] as number);
  return rounded;
}

/**
 * The update that a sum of noisy ones is, in grid steps.
 * @param sum plan.length integers
 * @param members inputs in the sum
 * @param weights coordinates of the update
 * @throws MurmurError void when the sum is past what honest members give: it may have wrapped around, or somebody did not clip
 */
export function sumOfNoisyUpdates(
  sum: Float64Array,
  { plan, members, weights, step }: { plan: NoisePlan; members: number; weights: number; step: number },
): Float64Array<ArrayBuffer> {
  check(sum.length === plan.length, `expected ${plan.length} coordinates, got ${sum.length}`);
  let squares = 0;
  for (const value of sum) {
    if (!(Math.abs(value) <= plan.bound)) throw impossible(`a coordinate of ${value} steps, past ${plan.bound}`);
    squares += value * value;
  }
  const most = largestSumNorm(plan, members);
  if (squares > most * most) throw impossible(`a norm of ${Math.sqrt(squares)} steps, past ${most}`);
  const values = sum.slice();
  unrotate(values, plan.blockSize, step);
  return values.slice(0, weights);
}

/** Largest norm of a sum in grid steps: that of the rounded updates, and the noise's but once in 10^9. */
export function largestSumNorm(plan: NoisePlan, members: number): number {
  const d = plan.length;
  const variance = members * plan.variance;
  // The last term is for noise of hardly any variance, whose few jumps weigh more than the normal's.
  const noise = variance * (d + 2 * Math.sqrt(NORM_TAIL * d) + 2 * NORM_TAIL) + NORM_TAIL ** 2;
  return members * roundedSensitivity(plan.clipSteps, d).l2 + Math.sqrt(noise);
}

function impossible(what: string): MurmurError {
  return new MurmurError('void', `sum: the noisy update has ${what}`, { hint: 'The round is tried again.' });
}
