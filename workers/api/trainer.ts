/** What the participant's worker and the trainer's worker say to each other. Arrays are moved, not copied. */
import type { TrainerJob } from '../../src/protocol/ports.ts';
import type { RowStream } from '../../src/protocol/row-source.ts';
import type { TaskSpec } from '../../src/protocol/task-spec.ts';
import type { TrainingProgress } from '../../src/session/status.ts';

export interface TrainerApi {
  /** Starts the fastest backend that passes the gradient self-test, and gives its name. */
  start(spec: TaskSpec): Promise<string>;
  train(
    job: TrainingJob,
    onStep: ((progress: Omit<TrainingProgress, 'backend'>) => void) | undefined,
    signal: AbortSignal | undefined,
    /** reads rows of a job that has a stream */
    read: ReadRows | undefined,
  ): Promise<{ weights: Float32Array; loss: number; steps: number }>;
  predict(weights: Float32Array, features: Float32Array, rows: number): Promise<Float32Array>;
}

export type ReadRows = RowStream['read'];

export interface TrainingJob extends Omit<TrainerJob, 'signal' | 'onStep' | 'stream'> {
  readonly stream: Omit<RowStream, 'read'> | undefined;
}
