/**
 * From the sum to the candidate model (docs/protocol.md, section 10): a deterministic function of (M, sum, spec, beacon) in IEEE float64,
 * fixed order, + − · / √ only, so that every participant, relay and auditor computes the same bytes.
 */
import type { Bytes } from '../core/bytes.ts';
import { MurmurError, check } from '../core/errors.ts';
import { normaliserFrom } from '../dataset/statistics.ts';
import { type Checkpoint, initialServerState } from '../model/checkpoint.ts';
import { initialWeights } from '../model/initialise.ts';
import type { TaskSpec } from '../protocol/task-spec.ts';
import { type RoundMetrics, metricsFromCounts } from './evaluation-counts.ts';
import { fedAdam } from './fedadam.ts';
import { fedAvg } from './fedavg.ts';
import { roundLayout } from './layouts.ts';

export type { RoundMetrics } from './evaluation-counts.ts';

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
export async function fold({ spec, step, base, sums, beacon, members }: FoldInput): Promise<FoldResult> {
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
  const statistics = bySegment.get('statistics');
  if (statistics !== undefined)
    return { checkpoint: await firstCheckpoint(spec, statistics, beacon), metrics: undefined };

  check(base !== undefined, 'this step needs the model that it starts from');
  const weightSum = bySegment.get('weight')?.[0];
  possible(
    weightSum === undefined || (weightSum > 0 && weightSum <= members),
    `the weight sum is not in (0, ${members}]`,
  );
  const counts = bySegment.get('evaluation');
  const metrics = counts === undefined ? undefined : metricsFromCounts(counts);
  const update = bySegment.get('update');
  if (update === undefined || weightSum === undefined) return { checkpoint: base, metrics };

  check(update.length === base.weights.length, 'the model does not fit the task');
  const norm = Math.sqrt(update.reduce((sum, value) => sum + value * value, 0));
  possible(
    norm <= members * spec.masking.clipNorm,
    `the update's norm ${norm} is more than ${members} inputs can give`,
  );
  const delta = update.map((value) => value / weightSum);
  const learned = spec.server.kind === 'fedavg' ? fedAvg(base, delta, spec.server) : fedAdam(base, delta, spec.server);
  possible(learned.weights.every(Number.isFinite), 'a weight of the new model is not finite');
  return { checkpoint: { ...learned, normaliser: base.normaliser }, metrics };
}

async function firstCheckpoint(spec: TaskSpec, statistics: Float64Array, beacon: Bytes): Promise<Checkpoint> {
  return {
    weights: await initialWeights(spec, beacon),
    normaliser: normaliserFrom(spec, statistics),
    server: initialServerState(spec),
  };
}

function possible(condition: boolean, what: string): void {
  if (!condition) throw new MurmurError('void', `sum: ${what}`, { hint: 'The round is tried again.' });
}
