/**
 * The statistics of step 0: counts, sums and sums of squares of the training rows, added up over all sites under the mask, so that
 * everybody standardises features alike (docs/protocol.md, sections 1 and 7). Values are first scaled by the public range to
 * [0, 1], and each value and square is rounded to 2^-20, so the masked sum is exact and needs no float order.
 *
 * Vector of the segment, w = standardisedWidth: count[w] ‖ sum[w] ‖ sum of squares[w] ‖ rows of each class. A task whose target has
 * no classes has all rows in place of these. Channels and sensors lie last in an example, so value i belongs to entry i mod w; where
 * an example has several positions (pixels, lines), it adds the mean over them: every example counts once, a sum stays within the
 * 48 bits that a table's has, and the mean and the variance are those over all positions of all rows. Texts have w = 0.
 */
import { MurmurError, check } from '../core/errors.ts';
import type { Segment } from '../protocol/layout.ts';
import type { RowSource } from '../protocol/row-source.ts';
import { type Target, featureWidth, standardisedWidth, targetOf } from '../protocol/target.ts';
import { type TaskSpec } from '../protocol/task-spec.ts';
import { MAX_ROWS } from '../protocol/limits.ts';
import { blocksOf } from './row-sources.ts';
import type { EncodedRows, Labels } from './split.ts';

const FRACTION_BITS = 20;
const ONE = 2 ** FRACTION_BITS;
/**
 * A feature with less variance is only centred: rounding alone can show that much. It is a standard deviation of 0.002 of the
 * public range, so a range should not be wider than some hundred standard deviations.
 */
const LEAST_VARIANCE = 4 / ONE;

/** Frozen after step 0 and carried in every checkpoint. `mean` and `scale` have one entry a standardised value. */
export interface Normaliser {
  readonly mean: Float64Array;
  readonly scale: Float64Array;
  /** training rows of all sites together */
  readonly rows: number;
  /** of these with label 1; 0 where the target is not binary */
  readonly positives: number;
  /** rows of each class, where there are more than two */
  readonly classRows?: Float64Array;
}

/** Shape of the vector of {@link statisticsVector}. */
export function statisticsSegment(spec: TaskSpec): Segment {
  return {
    purpose: 'statistics',
    length: 3 * standardisedWidth(spec.data) + labelCounts(targetOf(spec.data)),
    width: 48,
    encoding: { kind: 'fixed', fractionBits: FRACTION_BITS, limit: MAX_ROWS },
  };
}

/**
 * One site's statistics over its training rows.
 * @param trainRows features in [0, 1], or codes of characters
 * @returns multiples of 2^-20, exact in float64
 * @throws MurmurError bad-input for a feature outside [0, 1] or a label that the task does not have, too-large past MAX_ROWS rows
 */
export function statisticsVector(spec: TaskSpec, trainRows: EncodedRows): Float64Array {
  const width = featureWidth(spec.data);
  const entries = standardisedWidth(spec.data);
  const target = targetOf(spec.data);
  const { features, labels, rows } = trainRows;
  check(trainRows.width === width, `expected ${width} features, got ${trainRows.width}`);
  if (rows > MAX_ROWS) throw new MurmurError('too-large', `a site has at most ${MAX_ROWS} rows`);
  const counts = labelCounts(target);
  const out = new Float64Array(3 * entries + counts);
  const sums = new Float64Array(entries);
  const squares = new Float64Array(entries);
  for (let row = 0; row < rows; row++) {
    sums.fill(0);
    squares.fill(0);
    for (let at = row * width; entries > 0 && at < (row + 1) * width; at += entries) {
      for (let j = 0; j < entries; j++) {
        const value = features[at + j] as number;
        check(value >= 0 && value <= 1, `feature ${at + j - row * width} of row ${row + 1} is outside [0, 1]`);
        add(sums, j, value);
        add(squares, j, value * value);
      }
    }
    const positions = width / entries;
    for (let j = 0; j < entries; j++) {
      add(out, j, 1);
      add(out, entries + j, Math.round(((sums[j] as number) / positions) * ONE) / ONE);
      add(out, 2 * entries + j, Math.round(((squares[j] as number) / positions) * ONE) / ONE);
    }
    const label = counts === 1 ? 0 : (labels[row] as number);
    check(label < counts, `row ${row + 1} has the label ${label}; the task has ${counts} classes`);
    add(out, 3 * entries + label, 1);
  }
  return out;
}

/** {@link statisticsVector} of rows that are read block by block: their vectors' sum, which is exact. */
export async function statisticsOf(spec: TaskSpec, train: RowSource): Promise<Float64Array> {
  if (train.rows > MAX_ROWS) throw new MurmurError('too-large', `a site has at most ${MAX_ROWS} rows`);
  const out = new Float64Array(statisticsSegment(spec).length);
  for await (const block of blocksOf(train)) {
    for (const [i, value] of statisticsVector(spec, block).entries()) add(out, i, value);
  }
  return out;
}

/**
 * What everybody normalises with, from the sum of all sites' vectors.
 * @param sums the decoded statistics segment
 * @throws MurmurError void when no set of rows can have given the sums
 */
export function normaliserFrom(spec: TaskSpec, sums: Float64Array): Normaliser {
  const width = standardisedWidth(spec.data);
  const target = targetOf(spec.data);
  const length = 3 * width + labelCounts(target);
  check(sums.length === length, `expected ${length} statistics, got ${sums.length}`);
  const classRows = sums.slice(3 * width);
  const rows = classRows.reduce((sum, count) => sum + count, 0);
  consistent(classRows.every(isCount) && rows > 0, 'the label counts are no counts');
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
  return {
    mean,
    scale,
    rows,
    positives: target.kind === 'binary' ? (classRows[1] as number) : 0,
    ...(target.kind === 'classes' && { classRows }),
  };
}

/**
/**
 * What a task that takes no statistics normalises with: mean and standard deviation of a value that is evenly spread over its public
 * range. Its row counts stand for unknown ones: one of each class.
 */
export function publicNormaliser(spec: TaskSpec): Normaliser {
  const width = standardisedWidth(spec.data);
  const target = targetOf(spec.data);
  const rows = labelCounts(target);
  return {
    mean: new Float64Array(width).fill(0.5),
    scale: new Float64Array(width).fill(Math.sqrt(1 / 12)),
    rows,
    positives: target.kind === 'binary' ? 1 : 0,
    ...(target.kind === 'classes' && { classRows: new Float64Array(rows).fill(1) }),
  };
}

/**
 * (x − mean) / scale, value by value; codes of characters stay as they are.
 * @param features row-major; value i belongs to entry i mod normaliser.mean.length
 * @param out where they go, a new array of the same shape by default; may be `features`
 */
export function normalise(
  features: Float32Array,
  normaliser: Normaliser,
  out: Float32Array = new Float32Array(features.length),
): Float32Array {
  const width = normaliser.mean.length;
  if (width === 0) {
    if (out !== features) out.set(features);
    return out;
  }
  check(features.length % width === 0, `features do not come in rows of ${width}`);
  for (let i = 0; i < features.length; i++) {
    const j = i % width;
    out[i] = ((features[i] as number) - (normaliser.mean[j] as number)) / (normaliser.scale[j] as number);
  }
  return out;
}

/**
 * Labels as a model is trained on them: a value is standardised like the column that it comes from, so that "as now" is a weight of 1;
 * classes and characters stay as they are.
 * @returns a new array where the target is a value, else the same
 */
export function standardiseLabels(labels: Labels, target: Target, normaliser: Normaliser): Labels {
  if (target.kind !== 'value') return labels;
  const { mean, scale } = columnOf(target, normaliser);
  return Float32Array.from(labels, (label) => (label - mean) / scale);
}

/**
 * What an evaluation takes of a model's outputs: a value as its place in the public range again, the inverse of {@link standardiseLabels};
 * chances as they are.
 * @param outputs of TrainerPort.predict
 * @returns the same array where nothing is to be turned back
 */
export function predictionsFrom(target: Target, normaliser: Normaliser, outputs: Float32Array): Float32Array {
  if (target.kind !== 'value') return outputs;
  const { mean, scale } = columnOf(target, normaliser);
  return outputs.map((output) => output * scale + mean);
}

function columnOf(
  { column }: Target & { kind: 'value' },
  { mean, scale }: Normaliser,
): { mean: number; scale: number } {
  const [average, deviation] = [mean[column], scale[column]];
  check(average !== undefined && deviation !== undefined, 'the normaliser does not have the column that is learnt');
  return { mean: average, scale: deviation };
}

/** Entries behind the sums: rows of each class, or all rows. */
function labelCounts(target: Target): number {
  if (target.kind === 'binary') return 2;
  return target.kind === 'classes' ? target.names.length : 1;
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
