/**
 * Everything that a site learns of one model from its own held-out rows, in blocks: figures, losses, curves, and where it was most wrong.
 * Nothing of it leaves the tab; what does is the tally (tally.ts).
 *
 * Guarantees: the same whatever the blocks. Not: all curves of very many classes or rows; see {@link MOST_KEPT} and {@link MOST_CURVES}.
 */
import { metricsFromCounts } from '../aggregation/evaluation-counts.ts';
import type { Target } from '../protocol/target.ts';
import type { RoundMetrics } from '../protocol/metrics.ts';
import {
  type CalibrationBin,
  type PrecisionStep,
  type RocPoint,
  averagePrecision,
  calibrationBins,
  precisionRecallCurve,
  rocCurve,
} from './curves.ts';
import { type Labels, likeliest, placed, predictionWidth, rowLosses, rowsOf, share } from './losses.ts';
import { exactAuc } from './auc.ts';
import { type Tally, createTally } from './tally.ts';

/** Numbers of predictions that are kept for curves: 16 MiB. Further rows count in every figure but those of curves. */
const MOST_KEPT = 2 ** 22;
/** Classes that get curves of their own: those with most rows. */
const MOST_CURVES = 20;
/** Bins of the reliability diagram and of the expected calibration error. */
const BINS = 10;

/** One class against all others; of a binary target only that of label 1. */
export interface ClassCurves {
  readonly name: string;
  /** empty when all rows or none are of the class */
  readonly roc: readonly RocPoint[];
  readonly precisionRecall: readonly PrecisionStep[];
  readonly auc: number | undefined;
  readonly averagePrecision: number | undefined;
}

/** What a model said of one row. */
export interface JudgedRow {
  /** 0-based, among the held-out rows */
  readonly row: number;
  /** nats, for texts a character; of a number the absolute error in its unit */
  readonly loss: number;
  /** class number, or the number in its unit; undefined for texts that go on */
  readonly actual: number | undefined;
  readonly said: number | undefined;
  /** chance that the model gave to what it said; undefined where it gives none */
  readonly confidence: number | undefined;
}

export class Examination {
  readonly #target: Target;
  readonly #tally: Tally;
  readonly #keepable: number;
  #losses = new Float64Array(0);
  /** predictions of the first rows, without those of texts that go on */
  #kept = new Float32Array(0);
  #labels: Uint8Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  #said = new Float32Array(0);
  #confidence = new Float32Array(0);

  constructor(target: Target) {
    this.#target = target;
    this.#tally = createTally(target, BINS);
    this.#labels = target.kind === 'value' ? new Float32Array(0) : new Uint8Array(0);
    this.#keepable = target.kind === 'next' ? 0 : Math.floor(MOST_KEPT / predictionWidth(target));
  }

  /**
   * Adds a block of rows.
   * @param predictions labels as {@link Tally.accumulate} takes them
   * @throws MurmurError bad-input, too-large
   */
  accumulate(predictions: Float32Array, labels: Labels): void {
    const target = this.#target;
    const before = this.#losses.length;
    this.#tally.accumulate(predictions, labels);
    this.#losses = joined(this.#losses, rowLosses(target, predictions, labels));
    if (target.kind === 'next') return;
    const rows = rowsOf(target, predictions, labels);
    const width = predictionWidth(target);
    const keep = Math.max(0, Math.min(rows, this.#keepable - before));
    this.#kept = joined(this.#kept, predictions.subarray(0, keep * width));
    this.#labels = joined(this.#labels, labels);
    const words = Array.from({ length: rows }, (_, row) => wordOf(target, predictions, row));
    this.#said = joined(
      this.#said,
      Float32Array.from(words, ({ said }) => said),
    );
    this.#confidence = joined(
      this.#confidence,
      Float32Array.from(words, ({ confidence }) => confidence),
    );
  }

  /** Loss of each row so far, in the order that they came; see losses.ts. */
  losses(): Float64Array {
    return this.#losses;
  }

  /**
   * Undefined without rows. A binary target's AUC and log-loss are exact; the sums of the others are rounded as their counts are, by at
   * most half a unit over all rows.
   */
  metrics(): RoundMetrics | undefined {
    const metrics = metricsFromCounts(this.#target, this.#tally.counts());
    if (metrics?.kind !== 'binary') return metrics;
    const auc = exactAuc(this.#kept, this.#labels.subarray(0, this.#kept.length));
    return { ...metrics, auc, logLoss: this.#losses.reduce((sum, loss) => sum + loss, 0) / metrics.rows };
  }

  /** Of a target with classes; for more than two, of those that occur. */
  curves(): readonly ClassCurves[] {
    const target = this.#target;
    if (target.kind === 'value' || target.kind === 'next') return [];
    const k = target.names.length;
    const rows = target.kind === 'binary' ? this.#kept.length : this.#kept.length / k;
    const labels = this.#labels.subarray(0, rows);
    if (target.kind === 'binary') return [curvesOf(target.names[1], this.#kept, Uint8Array.from(labels))];
    const support = new Uint32Array(k);
    for (const label of labels) support[label] = (support[label] as number) + 1;
    const common = Array.from(support.keys())
      .filter((i) => (support[i] as number) > 0)
      .sort((a, b) => (support[b] as number) - (support[a] as number))
      .slice(0, MOST_CURVES)
      .sort((a, b) => a - b);
    return common.map((i) => {
      const chances = Float32Array.from({ length: rows }, (_, row) => this.#kept[row * k + i] as number);
      return curvesOf(
        target.names[i] as string,
        chances,
        Uint8Array.from(labels, (label) => (label === i ? 1 : 0)),
      );
    });
  }

  /**
   * Whether what was said can be taken at its word: of label 1, of the likeliest class, or of the number itself (in its unit). Empty
   * for texts that go on.
   */
  calibration(): readonly CalibrationBin[] {
    const target = this.#target;
    switch (target.kind) {
      case 'binary':
        return calibrationBins(this.#kept, this.#labels.subarray(0, this.#kept.length), BINS);
      case 'classes': {
        const right = Uint8Array.from(this.#said, (said, row) => (said === this.#labels[row] ? 1 : 0));
        return calibrationBins(this.#confidence, right, BINS);
      }
      case 'value': {
        const inUnit = unitOf(target);
        return calibrationBins(this.#said, this.#labels, BINS).map(({ predicted, observed, rows }) => ({
          predicted: inUnit(predicted),
          observed: inUnit(observed),
          rows,
        }));
      }
      case 'next':
        return [];
    }
  }

  /**
   * The rows with the largest losses, the worst first.
   * @param most rows in all
   * @param ofEach fewest of each true class among them, where there are as many and `most` allows
   */
  worst(most: number, ofEach: number): readonly JudgedRow[] {
    const order = Uint32Array.from(this.#losses, (_, row) => row).sort(
      (a, b) => (this.#losses[b] as number) - (this.#losses[a] as number) || a - b,
    );
    const { kind } = this.#target;
    const grouped = kind === 'binary' || kind === 'classes';
    const groups = grouped ? this.#target.names.length : 0;
    const reserved = Math.min(most, groups * ofEach);
    const taken = new Map<number, number>();
    const chosen: number[] = [];
    let free = most - reserved;
    for (const row of order) {
      const label = grouped ? (this.#labels[row] as number) : -1;
      const sofar = taken.get(label) ?? 0;
      if (grouped && sofar < ofEach && chosen.length < most) taken.set(label, sofar + 1);
      else if (free > 0) free -= 1;
      else continue;
      chosen.push(row);
    }
    return chosen.map((row) => this.#judged(row));
  }

  #judged(row: number): JudgedRow {
    const target = this.#target;
    const [loss, actual, said] = [this.#losses[row], this.#labels[row], this.#said[row]] as [number, number, number];
    if (target.kind === 'next') return { row, loss, actual: undefined, said: undefined, confidence: undefined };
    if (target.kind !== 'value') return { row, loss, actual, said, confidence: this.#confidence[row] };
    const inUnit = unitOf(target);
    const error = (target.maximum - target.minimum) * Math.sqrt(loss);
    return { row, loss: error, actual: inUnit(actual), said: inUnit(said), confidence: undefined };
  }
}

/** What the model says of a row, and the chance it gives to that. A number is its place in the public range. */
function wordOf(target: Exclude<Target, { kind: 'next' }>, predictions: Float32Array, row: number) {
  switch (target.kind) {
    case 'binary': {
      const score = predictions[row] as number;
      return score >= 0.5 ? { said: 1, confidence: score } : { said: 0, confidence: 1 - score };
    }
    case 'classes': {
      const k = target.names.length;
      const said = likeliest(predictions, row * k, k);
      return { said, confidence: share(predictions, row * k + said, row) };
    }
    case 'value':
      return { said: placed(predictions[row] as number, row), confidence: Number.NaN };
  }
}

function unitOf({ minimum, maximum }: Extract<Target, { kind: 'value' }>): (place: number) => number {
  return (place) => minimum + (maximum - minimum) * place;
}

function curvesOf(name: string, scores: Float32Array, labels: Uint8Array): ClassCurves {
  const steps = precisionRecallCurve(scores, labels);
  return {
    name,
    roc: rocCurve(scores, labels),
    precisionRecall: steps,
    auc: exactAuc(scores, labels),
    averagePrecision: averagePrecision(steps),
  };
}

type Numbers = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

/** The second array after the first, in an array of the first one's type. */
function joined<T extends Numbers>(first: T, second: ArrayLike<number>): T {
  const both = new (first.constructor as new (length: number) => T)(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}

/** Figures of a model on rows whose predictions are at hand; undefined without rows. */
export function exactMetrics(target: Target, predictions: Float32Array, labels: Labels): RoundMetrics | undefined {
  const examination = new Examination(target);
  examination.accumulate(predictions, labels);
  return examination.metrics();
}
