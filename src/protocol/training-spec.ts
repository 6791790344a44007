/**
 * How a site trains in one round: how much, how fast, by which algorithm, and when the task has learnt enough. What depends on the spec
 * alone is computed here, so that all sites of a task do alike.
 */
import * as v from 'valibot';
import { MAX_TRAINING_ROUNDS } from './limits.ts';
import { type PrivacySpec, stepsOfPasses } from './privacy-spec.ts';
import { range, whole } from './spec-parts.ts';

/** Most steps of a site in a round where the task counts steps. */
const MAX_STEPS = 100_000;

/** Rounds at the beginning in which the rate grows evenly (Goyal et al. 2017, "gradual warm-up"). */
const warmUp = whole(0, MAX_TRAINING_ROUNDS - 1);

/** How the learning rate changes from round to round; see learning-rate.ts. */
const Schedule = v.variant('kind', [
  v.strictObject({ kind: v.literal('constant'), warmUp }),
  /** times `factor` after every `every` rounds */
  v.strictObject({ kind: v.literal('step'), warmUp, every: whole(1, MAX_TRAINING_ROUNDS), factor: range(0.001, 1) }),
  /** half a cosine from 1 down to `floor` */
  v.strictObject({ kind: v.literal('cosine'), warmUp, floor: range(0.001, 1) }),
]);

/** What a site does otherwise than FedAvg; see src/aggregation/local. */
const Algorithm = v.variant('kind', [
  /** mu: how strongly a site is held near the model that it received */
  v.strictObject({ kind: v.literal('fedprox'), mu: range(1e-6, 1000) }),
  /** sites: N of the paper, how many take part in the whole task */
  v.strictObject({ kind: v.literal('scaffold'), sites: whole(1, 65_535) }),
  v.strictObject({
    kind: v.literal('fednova'),
    /** a site trains at most so long in a round and sends what it managed */
    budgetSeconds: v.optional(range(0.1, 86_400)),
  }),
]);

export const TrainingSchema = v.strictObject({
  /** R: training rounds of the task */
  rounds: whole(1, MAX_TRAINING_ROUNDS),
  /** passes over the local rows in one round; this or `steps` */
  epochs: v.optional(whole(1, 1000)),
  /** steps in one round at every site, over as many passes as they need; this or `epochs` */
  steps: v.optional(whole(1, MAX_STEPS)),
  batchSize: whole(1, 65_536),
  learningRate: range(1e-9, 100),
  schedule: v.optional(Schedule),
  optimiser: v.literal('sgd'),
  /** factor of the squared norm of the kernels in the local loss */
  l2: range(0, 10),
  /** absent: FedAvg */
  algorithm: v.optional(Algorithm),
  /** training ends when the pooled loss has not fallen by `least` for `patience` rounds */
  earlyStop: v.optional(v.strictObject({ patience: whole(1, MAX_TRAINING_ROUNDS), least: range(0, 1000) })),
});

export type TrainingSpec = v.InferOutput<typeof TrainingSchema>;
export type ScheduleSpec = NonNullable<TrainingSpec['schedule']>;
export type AlgorithmSpec = NonNullable<TrainingSpec['algorithm']>;
export type ScaffoldSpec = Extract<AlgorithmSpec, { kind: 'scaffold' }>;

/** What is wrong with the parts of a training spec together: the name of the part, and what; undefined when nothing is. */
export function trainingTrouble({
  rounds,
  epochs,
  steps,
  schedule,
}: TrainingSpec): readonly [part: string, what: string] | undefined {
  if ((epochs === undefined) === (steps === undefined))
    return [epochs === undefined ? 'epochs' : 'steps', 'a round has either epochs or steps'];
  if (schedule !== undefined && schedule.warmUp >= rounds)
    return ['schedule.warmUp', `the warm-up must be shorter than the ${rounds} training rounds`];
  return undefined;
}

/** Steps of a site of so many training rows in one round, when nothing cuts it short. */
export function localSteps({ epochs, steps, batchSize }: TrainingSpec, rows: number): number {
  return steps ?? (epochs ?? 1) * Math.ceil(rows / batchSize);
}

/** Steps of a site of so many training rows in one round of a task, DP-SGD included. */
export function roundSteps(
  { training, privacy }: { readonly training: TrainingSpec; readonly privacy?: PrivacySpec | undefined },
  rows: number,
): number {
  if (privacy?.kind !== 'records') return localSteps(training, rows);
  return training.steps ?? stepsOfPasses(privacy, training.epochs ?? 1);
}
