/** What the participant's worker and the trainer's worker say to each other. Arrays are moved, not copied. */
import type { Bytes } from '../../src/core/bytes.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import type { TrainingProgress } from '../../src/session/status.ts';

export interface TrainerApi {
  /** Starts the fastest backend that passes the gradient self-test, and gives its name. */
  start(spec: TaskSpec): Promise<string>;
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
  readonly labels: Uint8Array | Float32Array;
  readonly rows: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly l2: number;
  readonly seed: Bytes;
}
