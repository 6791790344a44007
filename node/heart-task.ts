/** The task that the local network runs: four hospitals, one table, stakes in play money. */
import { parseEther } from 'viem';
import type { AllianceClient } from '../src/chain/alliance-client.ts';
import { type Hex, toHex } from '../src/core/bytes.ts';
import { heartTaskSpec } from '../src/dataset/heart.ts';
import type { BlobStore } from '../src/protocol/ports.ts';
import { type TaskSpec, taskSpecBytes, taskSpecHash } from '../src/protocol/task-spec.ts';
import type { TaskParameters } from '../src/protocol/views.ts';

export interface PhaseLengths {
  readonly joinSeconds: number;
  readonly phaseSeconds: number;
  readonly beaconSeconds: number;
}

const STAKE = parseEther('100');
const SUM_BOND = parseEther('5');
const POOL_A_ROUND = parseEther('50');
const MIN_COHORT = 3;
const CORRUPT_BPS = 2_500;
const MAX_VOIDS = 20;

/** The heart task with another number of training rounds. */
export function heartSpec(trainingRounds: number | undefined): TaskSpec {
  const spec = heartTaskSpec();
  return trainingRounds === undefined
    ? spec
    : heartTaskSpec({ training: { ...spec.training, rounds: trainingRounds } });
}

/**
 * Creates the task and gives the relay its spec.
 * @returns the task's id
 */
export async function createHeartTask(args: {
  creator: AllianceClient;
  flock: Hex;
  blobs: BlobStore;
  spec: TaskSpec;
  lengths: PhaseLengths;
  signal: AbortSignal;
}): Promise<bigint> {
  const { creator, flock, blobs, spec, lengths, signal } = args;
  const pool = BigInt(spec.training.rounds) * POOL_A_ROUND;
  const parameters: TaskParameters = {
    minCohort: MIN_COHORT,
    maxCohort: spec.masking.maxCohort,
    trainingRounds: spec.training.rounds,
    corruptBps: CORRUPT_BPS,
    survivorFloor: MIN_COHORT,
    maxVoids: MAX_VOIDS,
    allowListed: false,
    stake: STAKE,
    sumBond: SUM_BOND,
    pool,
    ...lengths,
  };
  await blobs.put(taskSpecBytes(spec), signal);
  await creator.approve(flock, pool, signal);
  return creator.createTask(parameters, toHex(await taskSpecHash(spec)), signal);
}
