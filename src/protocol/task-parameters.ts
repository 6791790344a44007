/**
 * What a task's creator fixes on chain beside the spec. The bounds are those of contracts/src/alliance/Tasks.sol, checked here so that
 * a person hears of them in words before anything is sent; tests/integration/create.test.ts holds both to each other.
 */
import { MurmurError } from '../core/errors.ts';
import { type TaskSpec } from './task-spec.ts';
import { MAX_COHORT, MAX_TRAINING_ROUNDS, MIN_COHORT } from './limits.ts';
import type { TaskParameters } from './views.ts';

/** 1 FLOCK in wei. */
const FLOCK = 10n ** 18n;
/** Most members assumed to collude, in 1/10000 of the roster. */
const MAX_CORRUPT_BPS = 5_000;
/** Members that a new task assumes to collude, in 1/10000 of the roster. */
export const CORRUPT_BPS = 2_500;
/** Longest phase: 30 days. */
export const MAX_PHASE_SECONDS = 30 * 24 * 3600;
const MAX_VOIDS = 1_000;
/** Amounts are 128-bit numbers on chain. */
const MAX_AMOUNT = 2n ** 128n - 1n;
/** Phases that last `phaseSeconds` at most: share, ack, mask, have, unmask, sum, vote. */
const TIMED_PHASES = 7;

/** Whether a text is an amount of FLOCK that fits the chain: decimal, at most 18 places after the point, no sign, no exponent. */
export function isFlockText(text: string): boolean {
  return /^[0-9]{1,20}(\.[0-9]{1,18})?$/.test(text);
}

/** What a creator chooses; the rest of {@link TaskParameters} follows. Times in seconds, tokens in wei. */
export interface TaskChoices {
  readonly minCohort: number;
  readonly joinSeconds: number;
  readonly phaseSeconds: number;
  readonly beaconSeconds: number;
  readonly stake: bigint;
  readonly pool: bigint;
}

/**
 * All parameters of a task that anybody may join: a quarter of the members may collude, a round that fewer than the smallest cohort
 * survive is void, and who posts a wrong sum loses 5 FLOCK.
 */
export function taskParameters(spec: TaskSpec, choices: TaskChoices): TaskParameters {
  return {
    ...choices,
    maxCohort: spec.masking.maxCohort,
    trainingRounds: spec.training.rounds,
    corruptBps: CORRUPT_BPS,
    survivorFloor: choices.minCohort,
    maxVoids: 20,
    allowListed: false,
    sumBond: 5n * FLOCK,
  };
}

/**
 * How long the beacon may take: until its value exists, then as long as any phase, so that somebody posts it.
 * @param waitSeconds from the end of joining until the value exists, at most
 */
export function beaconPhaseSeconds(waitSeconds: number, phaseSeconds: number): number {
  return Math.min(MAX_PHASE_SECONDS, waitSeconds + phaseSeconds);
}

/** Seconds that a round takes at most, from its opening to its end. */
export function longestRoundSeconds(
  times: Pick<TaskParameters, 'joinSeconds' | 'beaconSeconds' | 'phaseSeconds'>,
): number {
  return times.joinSeconds + times.beaconSeconds + TIMED_PHASES * times.phaseSeconds;
}

/**
 * Throws bad-input where the contract would refuse, naming the parameter in `details.parameter`.
 * @param beaconDelaySeconds the chain's beacon's
 */
export function checkTaskParameters(p: TaskParameters, beaconDelaySeconds: number): void {
  const { allowListed } = p;
  whole('maxCohort', p.maxCohort, 0, MAX_COHORT);
  whole('minCohort', p.minCohort, MIN_COHORT, p.maxCohort);
  whole('trainingRounds', p.trainingRounds, 1, MAX_TRAINING_ROUNDS);
  whole('corruptBps', p.corruptBps, 0, MAX_CORRUPT_BPS);
  whole('survivorFloor', p.survivorFloor, 0, p.minCohort);
  whole('joinSeconds', p.joinSeconds, 1, MAX_PHASE_SECONDS);
  whole('phaseSeconds', p.phaseSeconds, 1, MAX_PHASE_SECONDS);
  whole('beaconSeconds', p.beaconSeconds, beaconDelaySeconds + 1, MAX_PHASE_SECONDS);
  whole('maxVoids', p.maxVoids, 1, MAX_VOIDS);
  for (const parameter of ['stake', 'sumBond', 'pool'] as const) {
    const largest = allowListed ? 0n : MAX_AMOUNT;
    if (p[parameter] < 0n || p[parameter] > largest) throw outOfBounds(parameter, p[parameter], 0n, largest);
  }
}

function whole(parameter: keyof TaskParameters, value: number, smallest: number, largest: number): void {
  if (Number.isInteger(value) && value >= smallest && value <= largest) return;
  throw outOfBounds(parameter, value, smallest, largest);
}

const NAMES: Readonly<Partial<Record<keyof TaskParameters, string>>> = {
  maxCohort: 'the largest number of sites in a round',
  minCohort: 'the smallest number of sites in a round',
  trainingRounds: 'the number of training rounds',
  joinSeconds: 'the time to join',
  phaseSeconds: 'the time of a step',
  beaconSeconds: 'the time for the random beacon',
  stake: 'the stake',
  pool: 'the reward pool',
};

function outOfBounds(
  parameter: keyof TaskParameters,
  value: number | bigint,
  smallest: number | bigint,
  largest: number | bigint,
): MurmurError {
  return new MurmurError(
    'bad-input',
    `${NAMES[parameter] ?? parameter} must be from ${smallest} to ${largest}, not ${value}`,
    { hint: 'Change it and try again.', details: { parameter } },
  );
}
