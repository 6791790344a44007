/** What the result page says of judged models. Pure, so that it is tested without a page. */
import { mainMeasure, rightCount } from '../../protocol/metrics.ts';
import type { JudgedModel, ModelMetrics, WorstRow } from '../../session/status.ts';
import type { Point } from '../components/charts/chart-data.ts';

export type Gain = 'better' | 'same' | 'worse';

/** Two models whose main figures differ by less than this share of them are as good as each other. */
const SAME = 0.001;

/**
 * What training together did for this site: by rows right where a row is right or wrong, else by the main figure; the same rows judge
 * both models.
 */
export function gainOf(together: ModelMetrics, alone: ModelMetrics): Gain {
  const [ours, own] = [rightCount(together), rightCount(alone)];
  if (together.kind !== 'next' && ours !== undefined && own !== undefined) return signOf(ours - own);
  const [a, b] = [mainMeasure(together), mainMeasure(alone)];
  const [x, y] = [a.value ?? 0, b.value ?? 0];
  if (Math.abs(x - y) <= SAME * Math.max(Math.abs(x), Math.abs(y))) return 'same';
  return signOf(a.better === 'higher' ? x - y : y - x);
}

function signOf(difference: number): Gain {
  return difference === 0 ? 'same' : difference > 0 ? 'better' : 'worse';
}

/** With fewer rows than these one or two of them are chance (a percent or more each). */
export const FEW_ROWS = 100;

/** A model with its name, as tables and charts list it. */
export interface NamedModel {
  readonly name: string;
  readonly kind: 'accent' | 'soft';
  readonly judged: JudgedModel;
}

/**
 * Names of the classes that a model tells apart, for people; empty where it tells none.
 * @param plain of a yes and no that has no other names
 */
export function classNames(metrics: ModelMetrics, plain: readonly [string, string]): readonly string[] {
  if (metrics.kind === 'classes') return metrics.classes.map(({ name }) => name);
  if (metrics.kind !== 'binary') return [];
  const [no, yes] = metrics.names;
  return no === 'no' && yes === 'yes' ? plain : [no, yes];
}

/** Names of classes that have curves, in any of the models. */
export function curveNames(models: readonly NamedModel[]): readonly string[] {
  return [...new Set(models.flatMap(({ judged }) => judged.curves.map(({ name }) => name)))];
}

/** The curves of one class. */
export function curvesOf(models: readonly NamedModel[], name: string) {
  return models.flatMap(({ name: model, kind, judged }) => {
    const curves = judged.curves.find((candidate) => candidate.name === name);
    return curves === undefined ? [] : [{ name: model, kind, curves }];
  });
}

type NamedCurves = ReturnType<typeof curvesOf>;

export function rocRows(curves: NamedCurves): readonly (string | number)[][] {
  return curves.flatMap(({ name, curves: { roc } }) =>
    roc.map(({ falsePositiveRate, truePositiveRate }) => [name, falsePositiveRate, truePositiveRate]),
  );
}

export function precisionRows(curves: NamedCurves): readonly (string | number)[][] {
  return curves.flatMap(({ name, curves: { precisionRecall } }) =>
    precisionRecall.map(({ recall, precision }) => [name, recall, precision]),
  );
}

/** Corners of the steps, from recall 0 on. */
export function precisionPoints(
  steps: readonly { readonly recall: number; readonly precision: number }[],
): readonly Point[] {
  return steps.flatMap(({ recall, precision }, i) => [
    { x: steps[i - 1]?.recall ?? 0, y: precision },
    { x: recall, y: precision },
  ]);
}

export function calibrationRows(models: readonly NamedModel[]): readonly (string | number)[][] {
  return models.flatMap(({ name, judged }) =>
    judged.calibration.map(({ predicted, observed, rows }) => [name, predicted, observed, rows]),
  );
}

/** The range of a reliability diagram of numbers: all that was predicted and observed. */
export function calibrationRange(models: readonly NamedModel[]): readonly [number, number] {
  const values = models.flatMap(({ judged }) =>
    judged.calibration.flatMap(({ predicted, observed }) => [predicted, observed]),
  );
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low < high ? [low, high] : [low - 1, low + 1];
}

/** What the error browser shows; a class number as text, or empty for all. */
export interface WorstFilter {
  readonly actual: string;
  readonly said: string;
  /** only rows for which the model is wrong */
  readonly wrong: boolean;
}

/** The rows that pass. A number is never right or wrong, so nothing hides it. */
export function worstRows(worst: readonly WorstRow[], filter: WorstFilter, classes: boolean): readonly WorstRow[] {
  if (!classes) return worst;
  const passes = (wanted: string, found: number | undefined) => wanted === '' || wanted === String(found);
  return worst.filter(
    ({ actual, said }) =>
      passes(filter.actual, actual) && passes(filter.said, said) && (!filter.wrong || actual !== said),
  );
}

/** Most pairs of classes that are named. */
const MOST_PAIRS = 3;

/** What was most often taken for what, the most frequent first. */
export function confusedPairs({ classes, confusion }: Extract<ModelMetrics, { kind: 'classes' }>): readonly {
  readonly actual: string;
  readonly said: string;
  readonly rows: number;
}[] {
  const nameOf = (i: number) => classes[i]?.name ?? '';
  return confusion
    .flatMap((row, i) => row.map((rows, j) => ({ actual: nameOf(i), said: nameOf(j), rows, right: i === j })))
    .filter(({ rows, right }) => rows > 0 && !right)
    .sort((a, b) => b.rows - a.rows)
    .slice(0, MOST_PAIRS)
    .map(({ actual, said, rows }) => ({ actual, said, rows }));
}

/** The classes with the highest and the lowest F1; undefined where fewer than two have one. */
export function extremeClasses({
  classes,
}: Extract<ModelMetrics, { kind: 'classes' }>): { readonly best: string; readonly worst: string } | undefined {
  const ranked = classes.filter(({ f1 }) => f1 !== undefined).sort((a, b) => (b.f1 ?? 0) - (a.f1 ?? 0));
  const [first, last] = [ranked[0], ranked.at(-1)];
  return first === undefined || last === undefined || first === last
    ? undefined
    : { best: first.name, worst: last.name };
}
