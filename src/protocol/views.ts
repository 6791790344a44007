/** What the contract tells about tasks, rounds and members: the chain adapter and the contract twin both give these. */
import type { Bytes, Hex } from '../core/bytes.ts';
import type { Phase, VoidReason } from './phases.ts';

/** Fixed at creation; a task copies them, so governance changes only new tasks. Times in seconds, tokens in wei. */
export interface TaskParameters {
  readonly minCohort: number;
  readonly maxCohort: number;
  readonly trainingRounds: number;
  readonly corruptBps: number;
  readonly survivorFloor: number;
  readonly joinSeconds: number;
  readonly phaseSeconds: number;
  readonly beaconSeconds: number;
  readonly maxVoids: number;
  readonly allowListed: boolean;
  readonly stake: bigint;
  readonly sumBond: bigint;
  readonly pool: bigint;
}

export type TaskStatus = 'running' | 'finished' | 'failed';

export interface TaskView {
  readonly task: bigint;
  readonly creator: Hex;
  readonly specHash: Hex;
  readonly parameters: TaskParameters;
  readonly status: TaskStatus;
  /** the step that the next or the live round works on */
  readonly step: number;
  /** number of rounds opened so far: the number of the live or last round, 0 before the first */
  readonly round: number;
  /** M; 32 zero bytes before the statistics round settled */
  readonly modelHash: Hex;
  readonly poolLeft: bigint;
  readonly registrations: number;
  readonly consecutiveVoids: number;
  readonly createdAtBlock: bigint;
}

export interface RoundView {
  readonly task: bigint;
  readonly round: number;
  readonly step: number;
  /** as of the time of the block that was read */
  readonly phase: Phase;
  /** Unix seconds; when this phase ends whatever happens */
  readonly phaseEndsAt: number;
  readonly joinEndsAt: number;
  readonly openedAtBlock: bigint;
  readonly beaconRound: bigint;
  /** randomness, zero until known */
  readonly beacon: Hex;
  readonly baseModel: Hex;
  readonly n: number;
  readonly corrupt: number;
  readonly threshold: number;
  readonly rosterHash: Hex;
  readonly dealt: bigint;
  readonly acked: bigint;
  readonly u2: bigint;
  readonly masked: bigint;
  readonly attested: bigint;
  readonly u3: bigint;
  readonly answered: bigint;
  readonly voted: bigint;
  readonly sumRoot: Hex;
  readonly modelHash: Hex;
  /** settled rounds: whether the candidate became the model */
  readonly accepted: boolean;
  /** 0 unless void */
  readonly voidReason: VoidReason | 0;
}

export interface Registration {
  readonly registrationId: number;
  readonly wallet: Hex;
  readonly sessionKey: Hex;
  readonly channelKey: Bytes;
  readonly stake: bigint;
}

/** A member of a round; its index is its position in the roster. */
export interface Member extends Registration {
  readonly index: number;
}

export interface ChainHead {
  readonly number: bigint;
  readonly hash: Hex;
  /** Unix seconds */
  readonly timestamp: number;
}

/** Largest roster whose unmask answers go into calldata, where nobody can withhold them. */
export const MAX_ANSWERS_IN_CALLDATA = 16;

export const ZERO_HASH: Hex = `0x${'00'.repeat(32)}`;
