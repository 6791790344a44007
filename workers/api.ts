/** What the page and its workers say to each other: interfaces and plain data only, so both sides compile against one text. */
import type { Bytes, Hex } from '../src/core/bytes.ts';
import type { ErrorData } from '../src/core/errors.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';
import type { ParticipationStatus, TrainingProgress } from '../src/session/status.ts';

/** The network that serves this page (GET /network.json). */
export interface NetworkInfo {
  readonly chainId: number;
  readonly rpcUrl: string;
  readonly relayUrl: string;
  readonly coordinator: Hex;
  readonly flock: Hex;
  readonly beacon: Hex;
  /** id of the task that takes new sites now */
  readonly openTask: string;
  /** a network on this machine, with a faucet */
  readonly local: boolean;
}

/** A sample file that comes with the page. */
export interface SampleFile {
  readonly id: string;
  readonly name: string;
  readonly path: string;
}

/** One task as a person sees it before joining. Token amounts as decimal text in whole FLOCK. */
export interface TaskOverview {
  readonly task: string;
  readonly spec: TaskSpec;
  readonly status: 'running' | 'finished' | 'failed';
  readonly step: number;
  readonly trainingRounds: number;
  readonly round: number;
  readonly sites: number;
  readonly minCohort: number;
  readonly maxCohort: number;
  readonly allowListed: boolean;
  readonly stake: string;
  readonly modelHash: Hex;
  /** of the model that the last settled round began with, over all sites' held-out rows; absent before there is one */
  readonly accuracy?: number;
  readonly samples: readonly SampleFile[];
}

export interface NetworkView {
  readonly network: NetworkInfo;
  readonly task: TaskOverview;
  /** on chain, of the task that this tab takes part in */
  readonly joinedModelHash?: Hex;
}

export type DataSource =
  { readonly kind: 'sample'; readonly path: string } | { readonly kind: 'file'; readonly file: File };

/** What was read from a file. The rows themselves stay in the worker. */
export interface DataView {
  readonly fileName: string;
  readonly rows: number;
  readonly droppedRows: number;
  readonly trainRows: number;
  readonly heldOutRows: number;
}

/** EIP-712 data that the person's own wallet is asked to sign. Integers as decimal text. */
export interface TypedData {
  readonly domain: {
    readonly name: string;
    readonly version: string;
    readonly chainId: number;
    readonly verifyingContract: Hex;
  };
  readonly types: Readonly<Record<string, readonly { readonly name: string; readonly type: string }[]>>;
  readonly primaryType: string;
  readonly message: Readonly<Record<string, string>>;
}

/** A transaction for the person's own wallet to send. */
export interface ContractCall {
  readonly to: Hex;
  readonly data: Hex;
}

/** What the person's own wallet does to register: sign, and where the task has a stake, allow the contract to take it. */
export interface RegistrationRequest {
  readonly registration: TypedData;
  readonly approval?: ContractCall;
}

/** One request that left this tab. */
export interface LedgerView {
  readonly atMs: number;
  readonly destination: string;
  readonly what: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface LedgerTotals {
  readonly requests: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** largest first */
  readonly kinds: readonly { readonly what: string; readonly requests: number; readonly bytes: number }[];
}

/** Who holds the participation of this browser: `here`, another tab, or nobody. */
export type Holder = 'here' | 'elsewhere' | 'nobody';

export interface ParticipationView {
  readonly task: string;
  readonly wallet: string;
  readonly fileName: string;
  readonly rows: number;
  readonly title: string;
}

/** Everything that changes while a tab takes part. */
export interface Snapshot {
  readonly holder: Holder;
  readonly participation?: ParticipationView;
  readonly status?: ParticipationStatus;
  readonly paused: boolean;
  readonly ledger: LedgerTotals;
  /** an error that ended the participation before it had a status */
  readonly error?: ErrorData;
}

export interface ParticipantApi {
  /** Calls the listener with the state of now, then at every change. Finds a participation that a reload interrupted, and goes on. */
  watch(listener: (snapshot: Snapshot) => void): Promise<void>;
  view(signal?: AbortSignal): Promise<NetworkView>;
  /** The wallet that this page made earlier. */
  localWallet(): Promise<Hex | undefined>;
  makeLocalWallet(): Promise<Hex>;
  /** The private key of the wallet that this page made. */
  exportLocalWallet(): Promise<Hex>;
  /** Reads and checks a file for a task, and keeps it encoded in this browser. */
  readData(task: string, source: DataSource, signal?: AbortSignal): Promise<DataView>;
  /** What a wallet of the person's own has to sign before {@link registrationCall}. */
  requestRegistration(task: string, wallet: Hex): Promise<RegistrationRequest>;
  /** The transaction by which that wallet registers. */
  registrationCall(request: RegistrationRequest, signature: Hex): Promise<ContractCall>;
  /** Takes part: with the page's own wallet, which it registers, or with one whose registration is on chain. */
  join(task: string, wallet?: Hex): Promise<void>;
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** Ends the participation; the round in progress goes on without this tab. */
  leave(): Promise<void>;
  /** The newest entries of what left this tab, oldest first. */
  ledger(count: number): Promise<readonly LedgerView[]>;
  /** The model's safetensors, checked against its hash. */
  model(hash: Hex): Promise<Bytes>;
}

/** The trainer's worker. Arrays are moved, not copied. */
export interface TrainerApi {
  /** Starts the fastest backend that passes the gradient self-test, and gives its name. */
  start(spec: TaskSpec, inputWidth: number): Promise<string>;
  train(
    job: TrainingJob,
    onStep: ((progress: Omit<TrainingProgress, 'backend'>) => void) | undefined,
    signal: AbortSignal | undefined,
  ): Promise<{ weights: Float32Array; loss: number; steps: number }>;
  predict(weights: Float32Array, features: Float32Array, rows: number): Promise<Float32Array>;
}

export interface TrainingJob {
  readonly weights: Float32Array;
  readonly features: Float32Array;
  readonly labels: Uint8Array;
  readonly rows: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly l2: number;
  readonly seed: Bytes;
}
