/**
 * The learning rate of a round: a function of the spec and the round alone. Within a round it does not change.
 * - warm-up: W rounds that grow evenly, k / (W + 1) of the rate (Goyal et al., "Accurate, Large Minibatch SGD", 2017, section 2.2)
 * - cosine: Loshchilov and Hutter, "SGDR: Stochastic Gradient Descent with Warm Restarts", ICLR 2017, equation 5, without restarts
 * Guarantees a rate above zero. It never enters the fold, so engines may differ in the last bit of a cosine.
 */
import { check } from '../core/errors.ts';
import type { ScheduleSpec, TrainingSpec } from './training-spec.ts';

/** No schedule goes below this share of the rate. */
const LEAST_SHARE = 1e-6;

/**
 * @param round 1..R
 * @throws MurmurError bad-input for a round that the task does not have
 */
export function learningRateAt({ learningRate, rounds, schedule }: TrainingSpec, round: number): number {
  check(Number.isInteger(round) && round >= 1 && round <= rounds, `this task has no training round ${round}`);
  return schedule === undefined ? learningRate : learningRate * shareAt(schedule, round, rounds);
}

function shareAt(schedule: ScheduleSpec, round: number, rounds: number): number {
  const { warmUp } = schedule;
  if (round <= warmUp) return round / (warmUp + 1);
  // Rounds since the warm-up ended, and the last such.
  const since = round - warmUp - 1;
  const last = rounds - warmUp - 1;
  switch (schedule.kind) {
    case 'constant':
      return 1;
    case 'step':
      return Math.max(LEAST_SHARE, schedule.factor ** Math.floor(since / schedule.every));
    case 'cosine':
      return schedule.floor + ((1 - schedule.floor) * (1 + Math.cos((Math.PI * since) / Math.max(1, last)))) / 2;
  }
}
