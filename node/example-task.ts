/** The tasks that the local network can run: the examples that come with the page, with stakes in play money. */
import { parseEther } from 'viem';
import type { AllianceClient } from '../src/chain/alliance-client.ts';
import { type Hex, toHex } from '../src/core/bytes.ts';
import { MurmurError } from '../src/core/errors.ts';
import { type Example, EXAMPLES } from '../src/dataset/examples/index.ts';
import type { BlobStore } from '../src/protocol/ports.ts';
import { taskParameters } from '../src/protocol/task-parameters.ts';
import { checkTaskSpec, type TaskSpec, taskSpecBytes, taskSpecHash } from '../src/protocol/task-spec.ts';
import { MIN_COHORT } from '../src/protocol/limits.ts';

export interface PhaseLengths {
  readonly joinSeconds: number;
  readonly phaseSeconds: number;
  readonly beaconSeconds: number;
}

const STAKE = parseEther('100');
const POOL_A_ROUND = parseEther('50');

/** @throws MurmurError not-found for a name that is none; the hint lists those that are */
export function exampleNamed(name: string): Example {
  const found = EXAMPLES.find(({ id }) => id === name);
  if (found !== undefined) return found;
  const known = EXAMPLES.map(({ id }) => id).join(', ');
  throw new MurmurError('not-found', `there is no example task ${name}`, { hint: `Known ones: ${known}.` });
}

/** The example's spec, or that with another number of training rounds. */
export function exampleSpec({ spec: make }: Example, trainingRounds: number | undefined): TaskSpec {
  const spec = make();
  return trainingRounds === undefined
    ? spec
    : checkTaskSpec({ ...spec, training: { ...spec.training, rounds: trainingRounds } });
}

/**
 * Creates the task and gives the relay its spec.
 * @returns the task's id
 */
export async function createExampleTask(args: {
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
