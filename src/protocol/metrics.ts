/**
 * How good a model is, by what it says of an example: figures as a discriminated union, and the list of them by which tables, curves and
 * histories show every kind alike. A figure is undefined where the rows do not say.
 */

export interface Confusion {
  readonly truePositives: number;
  readonly falsePositives: number;
  readonly trueNegatives: number;
  readonly falseNegatives: number;
}

/** Of a model that says the chance of label 1, cut at one half. */
export interface BinaryMetrics {
  readonly kind: 'binary';
  /** of labels 0 and 1 */
  readonly names: readonly [string, string];
  readonly rows: number;
  readonly accuracy: number;
  /** mean of the hit rates of both classes; undefined when one class is absent */
  readonly balancedAccuracy: number | undefined;
  /** harmonic mean of precision and recall of label 1; undefined when nobody has or was given that label */
  readonly f1: number | undefined;
  /** area under the ROC curve, ties half; of binned scores where it comes from pooled counts; undefined when one class is absent */
  readonly auc: number | undefined;
  /** mean nats a row */
  readonly logLoss: number;
  readonly confusion: Confusion;
}

/** One class against all others. */
export interface ClassFigures {
  readonly name: string;
  /** rows that are of the class */
  readonly rows: number;
  /** share of those called so that are so; undefined when none was */
  readonly precision: number | undefined;
  /** share of those that are so that were called so; undefined when none is */
  readonly recall: number | undefined;
  /** undefined when none is so and none was called so */
  readonly f1: number | undefined;
}

/** Of a model that says a chance a class; the likeliest class is its word. */
export interface ClassesMetrics {
  readonly kind: 'classes';
  readonly rows: number;
  readonly accuracy: number;
  /** mean recall of the classes that occur */
  readonly balancedAccuracy: number;
  /** mean F1 of the classes that occur or were said */
  readonly f1: number;
  /** mean nats a row */
  readonly logLoss: number;
  /**
   * Expected calibration error of the likeliest class: mean distance of confidence and accuracy over bins, weighted by rows
   * (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017).
   */
  readonly calibrationError: number;
  /** in the order of the model's outputs */
  readonly classes: readonly ClassFigures[];
  /** rows by true class (outer) and said class (inner); empty past {@link MOST_SQUARE_CLASSES} classes */
  readonly confusion: readonly (readonly number[])[];
}

/** A square of more classes is no picture any more. */
export const MOST_SQUARE_CLASSES = 64;

/** Of a model that says a number. */
export interface ValueMetrics {
  readonly kind: 'value';
  readonly rows: number;
  /** root of the mean squared error, in the column's unit */
  readonly rmse: number;
  /** mean absolute error, in the column's unit */
  readonly mae: number;
  /** share of the labels' variance that the model explains; undefined when all labels are the same */
  readonly r2: number | undefined;
  readonly unit: string | undefined;
}

/** Of a model that says the next character. */
export interface NextMetrics {
  readonly kind: 'next';
  /** characters judged */
  readonly characters: number;
  /** share of them that the model held for the likeliest */
  readonly accuracy: number;
  /** mean log-loss of a character in bits: what a perfect compressor would need by this model */
  readonly bitsPerCharacter: number;
}

export type RoundMetrics = BinaryMetrics | ClassesMetrics | ValueMetrics | NextMetrics;
export type MetricsKind = RoundMetrics['kind'];

export type MeasureId =
  | 'accuracy'
  | 'balancedAccuracy'
  | 'f1'
  | 'auc'
  | 'logLoss'
  | 'calibrationError'
  | 'rmse'
  | 'mae'
  | 'r2'
  | 'bitsPerCharacter';

/** Figures of each kind; the first one is its main one. */
export const MEASURES = {
  binary: ['accuracy', 'balancedAccuracy', 'f1', 'auc', 'logLoss'],
  classes: ['accuracy', 'balancedAccuracy', 'f1', 'logLoss', 'calibrationError'],
  value: ['rmse', 'mae', 'r2'],
  next: ['bitsPerCharacter', 'accuracy'],
} as const satisfies Readonly<Record<MetricsKind, readonly MeasureId[]>>;

/** One figure of a model. */
export interface Measure {
  readonly id: MeasureId;
  readonly value: number | undefined;
  readonly better: 'higher' | 'lower';
  /** of the value; absent for shares and pure numbers */
  readonly unit?: string;
}

const LOWER: ReadonlySet<MeasureId> = new Set(['logLoss', 'calibrationError', 'rmse', 'mae', 'bitsPerCharacter']);
const IN_UNITS: ReadonlySet<MeasureId> = new Set(['rmse', 'mae']);

function betterOf(id: MeasureId): Measure['better'] {
  return LOWER.has(id) ? 'lower' : 'higher';
}

/** A figure by its id; undefined where the kind has none such. */
export function measureValue(metrics: RoundMetrics | undefined, id: MeasureId): number | undefined {
  const value = (metrics as Partial<Record<MeasureId, unknown>> | undefined)?.[id];
  return typeof value === 'number' ? value : undefined;
}

/** All figures of a model, the main one first. */
export function measuresOf(metrics: RoundMetrics): readonly Measure[] {
  const unit = metrics.kind === 'value' ? metrics.unit : undefined;
  return MEASURES[metrics.kind].map((id) => ({
    id,
    value: measureValue(metrics, id),
    better: betterOf(id),
    ...(unit !== undefined && IN_UNITS.has(id) && { unit }),
  }));
}

/** One figure of a model; without a value where it has none such, or there is no model. */
export function measureOf(metrics: RoundMetrics | undefined, id: MeasureId): Measure {
  const found = metrics && measuresOf(metrics).find((measure) => measure.id === id);
  return found ?? { id, value: undefined, better: betterOf(id) };
}

/** The figure by which lists and histories tell of a model. */
export function mainMeasure(metrics: RoundMetrics): Measure {
  return measuresOf(metrics)[0] as Measure;
}

/**
 * What training makes smaller, whatever the kind: nats a row, the typical error in its unit, bits a character. A function of the counts
 * by + − · / √ alone, so that everybody who stops by it stops in the same round.
 */
export function lossOf(metrics: RoundMetrics): number {
  switch (metrics.kind) {
    case 'binary':
    case 'classes':
      return metrics.logLoss;
    case 'value':
      return metrics.rmse;
    case 'next':
      return metrics.bitsPerCharacter;
  }
}

/** Of how many things a model was judged: rows, or characters of texts. */
export function judgedCount(metrics: RoundMetrics): number {
  return metrics.kind === 'next' ? metrics.characters : metrics.rows;
}

/** Rows (or characters) for which the model's word was right; undefined where it says a number, which is never quite right. */
export function rightCount(metrics: RoundMetrics): number | undefined {
  return metrics.kind === 'value' ? undefined : Math.round(metrics.accuracy * judgedCount(metrics));
}
