/** What a participation tells about itself: plain data that crosses a worker boundary; the page and the command line show it. */
import type { RoundMetrics } from '../aggregation/evaluation-counts.ts';
import type { ErrorData } from '../core/errors.ts';
import type { PhaseName, StepKind } from '../protocol/phases.ts';

/** Metrics of one model on held-out rows; from pooled counts, or from one's own rows. */
export type ModelMetrics = RoundMetrics;

export interface RoundSummary {
  readonly round: number;
  readonly step: number;
  readonly kind: StepKind;
  readonly outcome: 'accepted' | 'rejected' | 'void';
  /** in words, for void rounds */
  readonly reason: string;
  readonly joined: number;
  readonly survivors: number;
  /** of the model that the round began with, over all sites' held-out rows; absent where the round evaluates nothing */
  readonly together?: ModelMetrics;
  /** of the new model, on this site's own held-out rows */
  readonly own?: ModelMetrics;
  readonly modelHash: string;
  readonly durationMs: number;
  /** size of this site's masked vector; 0 when it sent none */
  readonly uploadBytes: number;
}

export interface RoundProgress {
  readonly round: number;
  readonly step: number;
  readonly kind: StepKind;
  readonly phase: PhaseName;
  /** milliseconds since the epoch */
  readonly phaseEndsAtMs: number;
  /** this site's place in the roster, -1 before the roster is fixed or when it is not in it */
  readonly index: number;
  readonly joined: number;
  readonly threshold: number;
  /** roster indices */
  readonly dealt: readonly number[];
  readonly acked: readonly number[];
  readonly u2: readonly number[];
  readonly masked: readonly number[];
  readonly attested: readonly number[];
  readonly u3: readonly number[];
  readonly answered: readonly number[];
  readonly voted: readonly number[];
}

export interface TrainingProgress {
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly stepMs: number;
  readonly backend: string;
}

export type ParticipationState = 'starting' | 'waiting' | 'round' | 'paused' | 'finished' | 'failed' | 'stopped';

export interface ParticipationStatus {
  readonly state: ParticipationState;
  /** one sentence for a person */
  readonly message: string;
  readonly task: string;
  readonly trainingRounds: number;
  readonly step: number;
  readonly live?: RoundProgress;
  readonly training?: TrainingProgress;
  readonly history: readonly RoundSummary[];
  /** this site's model trained alone on its own rows, on its own held-out rows */
  readonly alone?: ModelMetrics;
  /** of the model that this participant computed, or replayed from the task's rounds; never just read from the chain */
  readonly modelHash: string;
  readonly error?: ErrorData;
}
