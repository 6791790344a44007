/** What the result page says of judged models. Pure, so that it is tested without a page. */
import type { JudgedModel, ModelMetrics } from '../../session/status.ts';

/** Rows for which the model is right. */
export function rightRows({ confusion }: ModelMetrics): number {
  return confusion.truePositives + confusion.trueNegatives;
}

export type Gain = 'better' | 'same' | 'worse';

/** What training together did for this site, by rows right; the same rows judge both models. */
export function gainOf(together: ModelMetrics, alone: ModelMetrics): Gain {
  const difference = rightRows(together) - rightRows(alone);
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

export function rocRows(models: readonly NamedModel[]): readonly (string | number)[][] {
  return models.flatMap(({ name, judged }) =>
    judged.roc.map(({ falsePositiveRate, truePositiveRate }) => [name, falsePositiveRate, truePositiveRate]),
  );
}

export function calibrationRows(models: readonly NamedModel[]): readonly (string | number)[][] {
  return models.flatMap(({ name, judged }) =>
    judged.calibration.map(({ predicted, observed, rows }) => [name, predicted, observed, rows]),
  );
}
