/** What the participant's worker and the trainer's worker say to each other. Arrays are moved, not copied. */
import type { TrainerJob } from '../../src/protocol/ports.ts';
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
  /**
   * Times a step of a task on made-up rows, on the backend that a round would use.
   * @param rows that the site would train on
   */
  trial(spec: TaskSpec, rows: number): Promise<TrialResult>;
}

export interface TrialResult {
  readonly backend: string;
  /** what is used and why not the others, in sentences */
  readonly message: string;
  readonly stepMs: number;
}

export type TrainingJob = Omit<TrainerJob, 'signal' | 'onStep'>;
