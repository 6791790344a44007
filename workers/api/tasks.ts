/** Tasks as anybody may see them, without a wallet: from the chain, and from what the relay keeps for everybody. */
import type { Released } from '../../src/aggregation/task-privacy.ts';
import type { Bytes, Hex } from '../../src/core/bytes.ts';
import type { MeasureId } from '../../src/protocol/metrics.ts';
import type { PhaseName, StepKind, VoidReason } from '../../src/protocol/phases.ts';
import type { Shortfall } from '../../src/protocol/shortfall.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import type { ModelMetrics } from '../../src/session/status.ts';
import type { NetworkInfo } from './network.ts';

/** A sample file that comes with the page. */
export interface SampleFile {
  readonly id: string;
  readonly name: string;
  readonly path: string;
  /** its name, and the file of this page that tells it and the source */
  readonly licence: { readonly name: string; readonly path: string };
}

/** One line of the list of tasks. Token amounts as decimal text in whole FLOCK. */
export interface TaskSummary {
  readonly task: string;
  /** empty while nobody has sent the relay the task's description */
  readonly title: string;
  readonly description: string;
  readonly creator: Hex;
  readonly status: 'running' | 'finished' | 'failed';
  readonly step: number;
  readonly trainingRounds: number;
  /** rounds opened so far */
  readonly round: number;
  /** of the live or last round; `none` before the first */
  readonly phase: PhaseName;
  /** milliseconds since the epoch; 0 before the first round */
  readonly phaseEndsAtMs: number;
  /** sites in the live or last round */
  readonly joined: number;
  /** registrations so far */
  readonly sites: number;
  readonly minCohort: number;
  readonly maxCohort: number;
  readonly allowListed: boolean;
  readonly stake: string;
  readonly poolLeft: string;
  readonly modelHash: Hex;
  /** the main figure of what the task learns; accuracy while nobody has sent its description */
  readonly measure: MeasureId;
  readonly unit?: string;
  /** that figure over all sites' held-out rows by training rounds seen, oldest first, a few of them; empty before there is one */
  readonly figures: readonly { readonly after: number; readonly value: number }[];
}

/** A round as the chain and its public sum tell it. */
export interface TaskRound {
  readonly round: number;
  readonly step: number;
  readonly kind: StepKind;
  readonly phase: PhaseName;
  /** absent while the round is live */
  readonly outcome?: 'accepted' | 'rejected' | 'void';
  /** 0 unless void */
  readonly reason: VoidReason | 0;
  /** what a void round lacked, where it is a number */
  readonly shortfall?: Shortfall;
  readonly joined: number;
  readonly survivors: number;
  readonly openedAtBlock: number;
  /** milliseconds since the epoch, by the clock of the chain */
  readonly openedAtMs: number;
  /** when this phase ends whatever happens, milliseconds since the epoch; 0 when the round is over */
  readonly phaseEndsAtMs: number;
  /** after the round; zero while it is live or void */
  readonly modelHash: Hex;
  /** of the model that the round began with, over all sites' held-out rows */
  readonly together?: ModelMetrics;
}

/** What all training rounds of a task cost in privacy if each settles: a limit, or what is released without noise so that there is none. */
export type PrivacyView = (
  | {
      readonly epsilon: number;
      readonly delta: number;
      /** whose presence nobody can tell for sure: a participant with all their data, or one record */
      readonly protects: 'user' | 'records';
      /** training rounds that the cost is of */
      readonly rounds: number;
    }
  | {
      /** empty where there is noise, but it counts on nobody */
      readonly open: readonly Released[];
    }
) & {
  /** what noise the task adds; absent where it adds none */
  readonly noise?: 'user' | 'records';
  /** honest members that its noise counts on, and those of a smallest sum that are sure to be; absent where they are enough */
  readonly tooFew?: { readonly needed: number; readonly sure: number };
};

export interface TaskDetail extends TaskSummary {
  readonly spec: TaskSpec;
  readonly privacy: PrivacyView;
  readonly specHash: Hex;
  readonly samples: readonly SampleFile[];
  /** newest first, at most 200 */
  readonly rounds: readonly TaskRound[];
  /** seconds */
  readonly joinSeconds: number;
  readonly phaseSeconds: number;
  readonly beaconSeconds: number;
  /** rounds in a row that may be void before the task ends early */
  readonly maxVoids: number;
  /** most colluding members of a smallest round that learn nothing of another one's update */
  readonly corruptOfSmallest: number;
  readonly cost: CostView;
}

/** What a training round asks of any machine, from the shapes of the model alone. */
export interface CostView {
  /** numbers of the model */
  readonly weights: number;
  /** multiplications, each with an addition, of one step */
  readonly stepMultiplyAdds: number;
  /** that a step needs at once, about */
  readonly memoryBytes: number;
  /** that a site sends in a training round: its masked vector */
  readonly sentBytes: number;
}

export interface TaskPage {
  readonly network: NetworkInfo;
  /** tasks on this network in all */
  readonly total: number;
  /** newest first */
  readonly tasks: readonly TaskSummary[];
  /** task to ask from for the next page; absent when there is none */
  readonly next?: string;
}

/** A replay of a whole task in this page. */
export interface VerificationView {
  readonly matches: boolean;
  readonly chainModelHash: Hex;
  readonly recomputedModelHash: Hex;
  readonly rounds: number;
  readonly durationMs: number;
}

export interface TasksApi {
  network(signal?: AbortSignal): Promise<NetworkInfo>;
  /**
   * @param count at most 50 are given
   * @param before only tasks with a smaller id
   */
  tasks(count: number, before?: string, signal?: AbortSignal): Promise<TaskPage>;
  /** @throws MurmurError not-found; with `details.missing` = 'description' when the task is there and only its description is not */
  task(task: string, signal?: AbortSignal): Promise<TaskDetail>;
  /**
   * Replays every round of a task that is over here and compares each model's hash with the chain's.
   * @param onRound rounds that are done, of how many
   * @throws MurmurError cancelled
   */
  verify(task: string, onRound: (done: number, total: number) => void, signal?: AbortSignal): Promise<VerificationView>;
  /** The model's safetensors, checked against its hash. */
  model(hash: Hex, signal?: AbortSignal): Promise<Bytes>;
}
