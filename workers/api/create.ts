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

export interface CreateApi {
  /** Creates a task with a wallet that the page made, and gives the relay its spec. Returns the task's id. */
  createLocally(draft: TaskDraft, wallet: Hex): Promise<string>;
  /** What a wallet of the person's own sends, in this order. */
  creationCalls(draft: TaskDraft): Promise<readonly ContractCall[]>;
  /** Finds the task that those transactions made, and gives the relay its spec. Returns the task's id. */
  finishCreation(draft: TaskDraft, wallet: Hex): Promise<string>;
}
