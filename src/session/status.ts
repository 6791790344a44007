/** What a participation tells about itself: plain data that crosses a worker boundary; page and command line put it into words. */
import type { ErrorData } from '../core/errors.ts';
import type { CalibrationBin } from '../evaluation/curves.ts';
import type { ClassCurves, JudgedRow } from '../evaluation/examination.ts';
import type { Example } from '../evaluation/examples.ts';
import type { RoundMetrics } from '../protocol/metrics.ts';
import type { PhaseName, StepKind, VoidReason } from '../protocol/phases.ts';
import type { Shortfall } from '../protocol/shortfall.ts';
import type { BudgetView } from './budget-book.ts';

export type { BudgetView, OwnersLimit } from './budget-book.ts';
export type { CalibrationBin } from '../evaluation/curves.ts';
export type { ClassCurves } from '../evaluation/examination.ts';
export type { Example } from '../evaluation/examples.ts';

/** Metrics of one model on held-out rows; from pooled counts, or from one's own rows. */
export type ModelMetrics = RoundMetrics;

/** A row that a model was wrong or unsure about, to be looked at. */
export interface WorstRow extends JudgedRow {
  readonly example: Example;
}

/** Everything that the result page shows of one model on this site's own held-out rows. */
export interface JudgedModel {
  readonly metrics: ModelMetrics;
  /** finding against false alarms, and precision against recall, a class; none of numbers and of texts that go on */
  readonly curves: readonly ClassCurves[];
  /** of label 1, of the likeliest class, or of the number in its unit; none of texts that go on */
  readonly calibration: readonly CalibrationBin[];
  /** the most costly rows, the worst first */
  readonly worst: readonly WorstRow[];
}

/** What became of this site in a round: counted in the sum, joined but left out of it, or not among those who joined. */
export type RoundPart = 'counted' | 'left-out' | 'absent';

export interface RoundSummary {
  readonly round: number;
  readonly step: number;
  readonly kind: StepKind;
  readonly outcome: 'accepted' | 'rejected' | 'void';
  /** 0 unless void */
  readonly reason: VoidReason | 0;
  /** what a void round lacked, where it is a number */
  readonly shortfall?: Shortfall;
  readonly joined: number;
  readonly survivors: number;
  readonly part: RoundPart;
  /** whether a sum that this site's rows are part of was, or may have been, uncovered */
  readonly released: boolean;
  /** of the model that the round began with, over all sites' held-out rows; absent where the round evaluates nothing */
  readonly together?: ModelMetrics;
  /** of the new model, on this site's own held-out rows */
  readonly own?: ModelMetrics;
  /** of this site's own model after as large a part of its training, on the same rows; comes some time after the round */
  readonly alone?: ModelMetrics;
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
  /** this site's place in the roster, -1 when it has none; absent before that is known */
  readonly index?: number;
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

/** What a participation is doing or has come to. */
export type StatusNote =
  | 'starting'
  /** announced; the next round starts when enough sites are there */
  | 'ready'
  | 'taking-part'
  /** computes the task's rounds again, to check the model that it starts from */
  | 'replaying'
  /** refused to go on with a round, see `error`; the next one is tried */
  | 'sitting-out'
  /** something is away or wrong that may pass, see `error` */
  | 'trouble'
  /** stopped by its owner */
  | 'left'
  | 'finished'
  /** the task ended: too many void rounds in a row */
  | 'failed-voids'
  /** this participation cannot go on, see `error` */
  | 'failed';

export interface ParticipationStatus {
  readonly state: ParticipationState;
  readonly note: StatusNote;
  readonly task: string;
  readonly trainingRounds: number;
  readonly step: number;
  readonly live?: RoundProgress;
  readonly training?: TrainingProgress;
  readonly history: readonly RoundSummary[];
  /** this site's model trained alone on its own rows, to the end, on its own held-out rows; when the task is over */
  readonly alone?: ModelMetrics;
  /**
   * Both models on this site's own held-out rows; comes some time after the task has ended. Without `alone` where training on
   * this site's rows alone leads nowhere.
   */
  readonly result?: { readonly together: JudgedModel; readonly alone?: JudgedModel };
  /** of the data set: what is spent, and what it will be when the task is over; absent where nothing is counted */
  readonly budget?: BudgetView;
  /** of the model that this participant computed, or replayed from the task's rounds; never just read from the chain */
  readonly modelHash: string;
  readonly error?: ErrorData;
}
