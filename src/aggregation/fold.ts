/**
 * From the sum to the candidate model (docs/protocol.md, section 10): a deterministic function of (M, sum, spec, beacon) in IEEE float64,
 * fixed order, + − · / √ only, so that every participant, relay and auditor computes the same bytes. It changes the model's shared
 * weights; frozen and private ones stay as the statistics step left them.
 */
import type { Bytes } from '../core/bytes.ts';
import { MurmurError, check } from '../core/errors.ts';
import { normaliserFrom, publicNormaliser } from '../dataset/statistics.ts';
import { type Checkpoint, initialServerState, type ServerState } from '../model/checkpoint.ts';
import { initialWeights } from '../model/initialise.ts';
import { gather, scatter } from '../model/parts.ts';
import { weightLayout } from '../model/spec.ts';
import { sumOfNoisyUpdates } from '../privacy/noisy-update.ts';
import { targetOf } from '../protocol/target.ts';
import type { RoundMetrics } from '../protocol/metrics.ts';
import { stepKind } from '../protocol/phases.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { metricsFromCounts } from './evaluation-counts.ts';
import { hasStopped, nextProgress } from './early-stop.ts';
import { controlScale, roundLayout, updateNoise } from './layouts.ts';
import { fedNovaUpdate, MOST_STEP_RATIO } from './local/fednova.ts';
import { foldControl } from './local/scaffold.ts';
import { serverStep } from './server/registry.ts';

export interface FoldInput {
  readonly spec: TaskSpec;
  readonly step: number;
  /** M; undefined only in the statistics step */
  readonly base: Checkpoint | undefined;
  /** the decoded sum, one array a segment of roundLayout(spec, step) */
  readonly sums: readonly Float64Array[];
  /** 32 bytes of the round's beacon; the statistics step draws the initial weights from it */
  readonly beacon: Bytes;
  /** |U3|: how many inputs the sum holds */
  readonly members: number;
  /** of the task's file of starting weights, as readStart has them; used in the statistics step only */
  readonly start?: Float32Array | undefined;
  /** Δ of a training step by a robust rule over groups (robust/), in place of the mean of the sum */
  readonly delta?: Float64Array | undefined;
}

export interface FoldResult {
  readonly checkpoint: Checkpoint;
  /** of the model M that the round started from; undefined in the statistics step or when nobody released counts */
  readonly metrics: RoundMetrics | undefined;
}

/**
 * The candidate of a round.
 * @throws MurmurError void when the sum cannot be one of honest inputs; bad-input when arguments do not fit each other
 */
export async function fold({ spec, step, base, sums, beacon, members, start, delta }: FoldInput): Promise<FoldResult> {
  const layout = roundLayout(spec, step);
  check(sums.length === layout.length, `expected ${layout.length} sums, got ${sums.length}`);
  check(
    Number.isInteger(members) && members >= 1 && members <= spec.masking.maxCohort,
    `${members} members are not in 1..${spec.masking.maxCohort}`,
  );
  const bySegment = new Map<string, Float64Array>();
  for (const [i, { purpose, length }] of layout.entries()) {
    const sum = sums[i] as Float64Array;
    check(sum.length === length, `${purpose}: expected ${length} values, got ${sum.length}`);
    possible(sum.every(Number.isFinite), `${purpose}: a value is not finite`);
    bySegment.set(purpose, sum);
  }
  const weightSum = bySegment.get('weight')?.[0];
  possible(
    weightSum === undefined || (weightSum > 0 && weightSum <= members),
    `the weight sum is not in (0, ${members}]`,
  );
  possible(
    weightSum === undefined || spec.privacy === undefined || weightSum === members,
    `the weight sum is not ${members}`,
  );
  if (stepKind(step, spec.training.rounds) === 'statistics')
    return { checkpoint: await firstCheckpoint(spec, bySegment.get('statistics'), beacon, start), metrics: undefined };

  check(base !== undefined, 'this step needs the model that it starts from');
  const counts = bySegment.get('evaluation');
  const metrics = counts === undefined ? undefined : metricsFromCounts(targetOf(spec.data), counts);
  const sent = bySegment.get('update');
  if (sent === undefined || weightSum === undefined || hasStopped(spec.training, base.server))
    return { checkpoint: base, metrics };

  const update = updateOf(spec, step, sent, members);
  const parts = weightLayout(spec);
  const shared = gather(parts, 'shared', base.weights);
  check(update.length === shared.length, 'the model does not fit the task');
  check(delta === undefined || delta.length === shared.length, 'the groups’ update does not fit the task');
  const sum: TrainingSum = {
    weights: weightSum,
    ratios: bySegment.get('weight')?.[1],
    update,
    control: bySegment.get('control'),
    members,
  };
  const { weights, server } = serverStep({ ...base, weights: shared }, delta ?? meanUpdate(spec, sum), spec.server);
  possible(weights.every(Number.isFinite), 'a weight of the new model is not finite');
  const control = nextControl(spec, server, sum);
  const progress = nextProgress(spec.training, server, metrics);
  return {
    checkpoint: {
      weights: scatter(parts, 'shared', weights, base.weights),
      normaliser: base.normaliser,
      server: { ...server, ...(control && { control }), ...(progress && { progress }) },
    },
    metrics,
  };
}

/** The sums that a training step learns from. */
interface TrainingSum {
  readonly weights: number;
  /** FedNova's weighted steps */
  readonly ratios: number | undefined;
  readonly update: Float64Array;
  /** SCAFFOLD's */
  readonly control: Float64Array | undefined;
  readonly members: number;
}

/** Delta of the server step. */
function meanUpdate(spec: TaskSpec, { weights, ratios, update, members }: TrainingSum): Float64Array {
  if (spec.training.algorithm?.kind !== 'fednova') return update.map((value) => value / weights);
  possible(
    ratios !== undefined && ratios > 0 && ratios <= members * MOST_STEP_RATIO,
    `the sum of steps is not in (0, ${members * MOST_STEP_RATIO}]`,
  );
  return fedNovaUpdate(weights, ratios, update);
}

/** SCAFFOLD's c after the round; undefined in other tasks. */
function nextControl(
  spec: TaskSpec,
  { control }: ServerState,
  { weights, control: sum, members }: TrainingSum,
): Float64Array | undefined {
  const { algorithm } = spec.training;
  if (algorithm?.kind !== 'scaffold' || control === undefined || sum === undefined) return undefined;
  checkNorm(spec, 'control variate', sum, members);
  return foldControl(control, sum, { weights, scale: controlScale(spec), members, sites: algorithm.sites });
}

function checkNorm({ masking }: TaskSpec, what: string, values: Float64Array, members: number): void {
  const norm = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  possible(norm <= members * masking.clipNorm, `the ${what}'s norm ${norm} is more than ${members} inputs can give`);
}

/** The summed update of a sum that passes its checks. */
function updateOf(spec: TaskSpec, step: number, sum: Float64Array, members: number): Float64Array {
  const plan = updateNoise(spec);
  if (plan !== undefined) {
    const stepsPerUnit = 2 ** spec.masking.updateFractionBits;
    const { sharedLength: weights } = weightLayout(spec);
    const steps = sum.map((value) => value * stepsPerUnit);
    return sumOfNoisyUpdates(steps, { plan, members, weights, step }).map((value) => value / stepsPerUnit);
  }
  checkNorm(spec, 'update', sum, members);
  return sum;
}

async function firstCheckpoint(
  spec: TaskSpec,
  statistics: Float64Array | undefined,
  beacon: Bytes,
  start: Float32Array | undefined,
): Promise<Checkpoint> {
  check(
    (start === undefined) === (spec.model.start === undefined),
    start === undefined ? 'this task begins with weights from a file' : 'this task begins with random weights',
  );
  return {
    weights: await initialWeights(spec, beacon, start),
    normaliser: statistics === undefined ? publicNormaliser(spec) : normaliserFrom(spec, statistics),
    server: initialServerState(spec),
  };
}

function possible(condition: boolean, what: string): asserts condition {
  if (!condition) throw new MurmurError('void', `sum: ${what}`, { hint: 'The round is tried again.' });
}
