/** Creating an Alliance task. */
import type { Hex } from '../../src/core/bytes.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import type { ContractCall } from './wallets.ts';

/** Amounts as decimal text in whole FLOCK. */
export interface TaskDraft {
  readonly spec: TaskSpec;
  readonly minCohort: number;
  readonly joinSeconds: number;
  readonly phaseSeconds: number;
  readonly stake: string;
  readonly pool: string;
}

/**
 * A draft is known by its spec's hash: where an earlier call put the task on chain and failed later, the next call with the same spec
 * finishes that task and makes no second one. So two tasks need specs that differ, at least in the seed of the held-out rows.
 */
export interface CreateApi {
  /** Seconds from the end of joining until the chain's random beacon has its value, at most. */
  beaconWaitSeconds(signal?: AbortSignal): Promise<number>;
  /** Bytes of the masked vector that a site sends in a training round of a task. @throws MurmurError bad-input */
  roundBytes(spec: TaskSpec): Promise<number>;
  /**
   * Creates a task with a wallet that the page made, and gives the relay its spec. Returns the task's id.
   * @throws MurmurError bad-input naming the parameter that is out of bounds, refused when the wallet cannot pay the pool
   */
  createLocally(draft: TaskDraft, wallet: Hex): Promise<string>;
  /**
   * What a wallet of the person's own sends, in this order; nothing when its task is on chain already.
   * @throws MurmurError as {@link createLocally}
   */
  creationCalls(draft: TaskDraft, wallet: Hex): Promise<readonly ContractCall[]>;
  /** Finds the task that those transactions made, and gives the relay its spec. Returns the task's id. @throws MurmurError not-found */
  finishCreation(draft: TaskDraft): Promise<string>;
}
