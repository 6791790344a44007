/** Creating an Alliance task: what a sample holds, what follows from a creator's choices, and the way onto the chain. */
import type { Hex } from '../../src/core/bytes.ts';
import type { ExamplesReport } from '../../src/dataset/example-report.ts';
import type { InferredData } from '../../src/dataset/infer-data.ts';
import type { ModelCost } from '../../src/model/cost.ts';
import type { Preset } from '../../src/model/presets.ts';
import type { DataKind, DataSpec } from '../../src/protocol/data-spec.ts';
import type { LayerSpec, ModelSpec } from '../../src/protocol/model-spec.ts';
import type { RecordPrivacySpec, UserPrivacySpec } from '../../src/protocol/privacy-spec.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import type { DataSource } from './data.ts';
import type { PrivacyView } from './tasks.ts';
import type { ContractCall } from './wallets.ts';

export type { Preset };

/** Layers of an own model, without the last one, which follows from what is learnt; so do the codes of an embedding. */
export type ModelChoice = (
  { readonly kind: 'preset'; readonly preset: Preset } | { readonly kind: 'own'; readonly layers: readonly LayerSpec[] }
) & {
  readonly adapter?: NonNullable<ModelSpec['adapter']>;
  /** places of layers that never leave a site, in any order; the last one by its name, since a preset's length is not known yet */
  readonly private?: readonly (number | 'last')[];
};

/** For participants: how many of them are honest follows from the smallest round, and updates are clipped to `clipNorm`. */
export type NoiseChoice = (Omit<UserPrivacySpec, 'honest'> & { readonly clipNorm: number }) | RecordPrivacySpec;

/** What a creator chooses. The rest of the spec follows; see {@link TaskPlan}. */
export interface TaskWish extends Pick<
  TaskSpec,
  'title' | 'description' | 'data' | 'heldOut' | 'training' | 'server' | 'retry'
> {
  readonly model: ModelChoice;
  readonly noise?: NoiseChoice;
  readonly release: TaskSpec['evaluation']['release'];
  readonly rowCap: number;
  readonly minCohort: number;
  readonly maxCohort: number;
  readonly joinSeconds: number;
  readonly phaseSeconds: number;
}

/** A layer with what it makes of one example. */
export interface PlannedLayer {
  readonly layer: LayerSpec;
  /** sizes of what goes out; unknown from the first layer on that does not fit */
  readonly output?: readonly number[];
  /** its own, without an adapter's */
  readonly weights?: number;
}

/** What is wrong with the wish as a whole. */
export interface PlanTrouble {
  /** in the spec, e.g. model.layers.2 */
  readonly path: string;
  readonly message: string;
  /** what to do, where that does not follow from the place */
  readonly hint?: string;
}

/** What follows from a wish, as far as it goes: a wish without a title has figures, and no spec. */
export interface TaskPlan {
  /** those that fit the data */
  readonly presets: readonly Preset[];
  /** of the model that was chosen, the last one included */
  readonly layers: readonly PlannedLayer[];
  readonly cost?: ModelCost & {
    /** of a site that has as many rows as count, in a round */
    readonly steps: number;
  };
  /** bytes of the masked vector that a site sends in a training round */
  readonly roundBytes?: number;
  readonly masking?: TaskSpec['masking'];
  readonly privacy?: PrivacyView;
  readonly trouble?: PlanTrouble;
  /** when there is no trouble */
  readonly spec?: TaskSpec;
  readonly specHash?: Hex;
}

/** Amounts as decimal text in whole FLOCK. */
export interface TaskDraft {
  readonly spec: TaskSpec;
  readonly minCohort: number;
  readonly joinSeconds: number;
  readonly phaseSeconds: number;
  readonly stake: string;
  readonly pool: string;
  /** the file that the spec's model starts from, where it does */
  readonly start?: Blob;
}

/**
 * A draft is known by its spec's hash: where an earlier call put the task on chain and failed later, the next call with the same spec
 * finishes that task and makes no second one. So two tasks need specs that differ, at least in the seed of the held-out rows.
 */
export interface CreateApi {
  /** Seconds from the end of joining until the chain's random beacon has its value, at most. */
  beaconWaitSeconds(signal?: AbortSignal): Promise<number>;
  /**
   * Of which kind a sample is and how it would be read, as a first guess; nothing is stored.
   * @param kind what the person says it is; undefined to guess
   * @throws MurmurError bad-input for what cannot be read as that, too-large, cancelled
   */
  inferSample(source: DataSource, kind: DataKind | undefined, signal?: AbortSignal): Promise<InferredData>;
  /** Reads a sample of anything but a table as the sites will read their files; nothing is stored. @throws MurmurError as inferSample */
  readSample(source: DataSource, data: DataSpec, signal?: AbortSignal): Promise<ExamplesReport>;
  /**
   * All that follows from a creator's choices, or what is wrong with them.
   * @param start a safetensors file of weights to start from; the spec names it when it fits the model
   */
  planTask(wish: TaskWish, start?: Blob): Promise<TaskPlan>;
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
