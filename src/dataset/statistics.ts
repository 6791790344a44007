/**
 * The statistics of step 0: counts, sums and sums of squares of the training rows, added up over all sites under the mask, so that
 * everybody standardises features alike (docs/protocol.md, sections 1 and 7). Values are first scaled by the public range to
 * [0, 1], and each value and square is rounded to 2^-20, so the masked sum is exact and needs no float order.
 *
 * Vector of the segment, w = feature width: count[w] ‖ sum[w] ‖ sum of squares[w] ‖ negatives ‖ positives.
 */
import { MurmurError, check } from '../core/errors.ts';
import type { Segment } from '../protocol/layout.ts';
import { MAX_ROWS, type TaskSpec, featureWidth } from '../protocol/task-spec.ts';
import type { EncodedRows } from './split.ts';

const FRACTION_BITS = 20;
const ONE = 2 ** FRACTION_BITS;
/**
 * A feature with less variance is only centred: rounding alone can show that much. It is a standard deviation of 0.002 of the
 * public range, so a range should not be wider than some hundred standard deviations.
 */
const LEAST_VARIANCE = 4 / ONE;

/** Frozen after step 0 and carried in every checkpoint. `mean` and `scale` have one entry a feature. */
export interface Normaliser {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** training rows of all sites together */
  readonly rows: number;
  /** of these with label 1 */
  readonly positives: number;
}

/** Shape of the vector of {@link statisticsVector}. */
export function statisticsSegment(spec: TaskSpec): Segment {
  return {
    purpose: 'statistics',
    length: 3 * featureWidth(spec.data) + 2,
    width: 48,
    encoding: { kind: 'fixed', fractionBits: FRACTION_BITS, limit: MAX_ROWS },
  };
}

/**
 * One site's statistics over its training rows.
 * @param trainRows features in [0, 1]
 * @returns multiples of 2^-20, exact in float64
 * @throws MurmurError bad-input for a feature outside [0, 1], too-large past MAX_ROWS rows
 */
export function statisticsVector(spec: TaskSpec, trainRows: EncodedRows): Float64Array {
  const width = featureWidth(spec.data);
  check(trainRows.width === width, `expected ${width} features, got ${trainRows.width}`);
  if (trainRows.rows > MAX_ROWS) throw new MurmurError('too-large', `a site has at most ${MAX_ROWS} rows`);
  const out = new Float64Array(3 * width + 2);
  for (let row = 0; row < trainRows.rows; row++) {
    for (let j = 0; j < width; j++) {
      const value = trainRows.features[row * width + j] as number;
      check(value >= 0 && value <= 1, `feature ${j} of row ${row + 1} is outside [0, 1]`);
      add(out, j, 1);
      add(out, width + j, Math.round(value * ONE) / ONE);
      add(out, 2 * width + j, Math.round(value * value * ONE) / ONE);
    }
    add(out, 3 * width + (trainRows.labels[row] as number), 1);
  }
  return out;
}

/**
 * What everybody normalises with, from the sum of all sites' vectors.
 * @param sums the decoded statistics segment
 * @throws MurmurError void when no set of rows can have given the sums
 */
export function normaliserFrom(spec: TaskSpec, sums: Float64Array): Normaliser {
  const width = featureWidth(spec.data);
  check(sums.length === 3 * width + 2, `expected ${3 * width + 2} statistics, got ${sums.length}`);
  const negatives = sums[3 * width] as number;
  const positives = sums[3 * width + 1] as number;
  const rows = negatives + positives;
  consistent(isCount(negatives) && isCount(positives) && rows > 0, 'the label counts are no counts');
  const mean = new Float64Array(width);
  const scale = new Float64Array(width);
  for (let j = 0; j < width; j++) {
    const count = sums[j] as number;
    const sum = sums[width + j] as number;
    const squares = sums[2 * width + j] as number;
    // Rounding moves each row's value and square by at most half a unit, hence the slack of one unit a row.
    const slack = rows / ONE;
    consistent(count === rows, `feature ${j} has ${count} values for ${rows} rows`);
    consistent(
      sum >= 0 && squares >= 0 && sum <= rows && squares <= sum + slack,
      `the sums of feature ${j} are impossible`,
    );
    const average = sum / rows;
    const variance = squares / rows - average * average;
    consistent(variance >= -3 / ONE, `the variance of feature ${j} is negative`);
    mean[j] = average;
    scale[j] = variance > LEAST_VARIANCE ? Math.sqrt(variance) : 1;
  }
  return { mean, scale, rows, positives };
}

/**
 * What a task that takes no statistics normalises with: mean and standard deviation of a value that is evenly spread over its public
 * range. Its row counts stand for unknown ones.
 */
export function publicNormaliser(spec: TaskSpec): Normaliser {
  const width = featureWidth(spec.data);
  return {
    mean: new Float64Array(width).fill(0.5),
    scale: new Float64Array(width).fill(Math.sqrt(1 / 12)),
    rows: 1,
    positives: 0,
  };
}

/**
 * (x − mean) / scale, feature by feature.
 * @param features rows x width, row-major, width = normaliser.mean.length
 * @returns a new array of the same shape
 */
export function normalise(features: Float32Array, normaliser: Normaliser): Float32Array {
  const width = normaliser.mean.length;
  check(width > 0 && features.length % width === 0, `features do not come in rows of ${width}`);
  const out = new Float32Array(features.length);
  for (let i = 0; i < features.length; i++) {
    const j = i % width;
    out[i] = ((features[i] as number) - (normaliser.mean[j] as number)) / (normaliser.scale[j] as number);
  }
  return out;
}

function add(out: Float64Array, index: number, value: number): void {
  out[index] = (out[index] as number) + value;
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function consistent(condition: boolean, what: string): void {
  if (!condition) throw new MurmurError('void', `statistics: ${what}`, { hint: 'The round is tried again.' });
}
