/** The task that the local network runs: four hospitals, one table, stakes in play money. */
import { parseEther } from 'viem';
import type { AllianceClient } from '../src/chain/alliance-client.ts';
import { type Hex, toHex } from '../src/core/bytes.ts';
import { heartTaskSpec } from '../src/dataset/heart.ts';
import type { BlobStore } from '../src/protocol/ports.ts';
import { taskParameters } from '../src/protocol/task-parameters.ts';
import { type TaskSpec, taskSpecBytes, taskSpecHash } from '../src/protocol/task-spec.ts';
import { MIN_COHORT } from '../src/protocol/limits.ts';

export interface PhaseLengths {
  readonly joinSeconds: number;
  readonly phaseSeconds: number;
  readonly beaconSeconds: number;
}

const STAKE = parseEther('100');
const POOL_A_ROUND = parseEther('50');

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
  const parameters = taskParameters(spec, { minCohort: MIN_COHORT, stake: STAKE, pool, ...lengths });
  await blobs.put(taskSpecBytes(spec), signal);
  await creator.approve(flock, pool, signal);
  return creator.createTask(parameters, toHex(await taskSpecHash(spec)), signal);
}
