/** Names of figures of a model, and what each of them says to somebody who has never seen it. */
import type { MeasureId, MetricsKind } from '../../protocol/metrics.ts';
import type { TermId } from './terms.ts';

interface MeasureWords {
  readonly name: string;
  readonly term: TermId;
}

export const measureWords: Readonly<Record<MeasureId, MeasureWords>> = {
  accuracy: { name: 'Accuracy', term: 'accuracy' },
  balancedAccuracy: { name: 'Balanced accuracy', term: 'balanced-accuracy' },
  f1: { name: 'F1', term: 'f-score' },
  auc: { name: 'AUC', term: 'auc' },
  logLoss: { name: 'Log-loss', term: 'log-loss' },
  calibrationError: { name: 'Calibration error', term: 'calibration-error' },
  rmse: { name: 'Typical error (RMSE)', term: 'rmse' },
  mae: { name: 'Mean error (MAE)', term: 'mae' },
  r2: { name: 'R²', term: 'r-squared' },
  bitsPerCharacter: { name: 'Bits per character', term: 'bits-per-character' },
};

/** What the main figure of a kind says. */
export const meaningWords: Readonly<Record<MetricsKind, string>> = {
  binary: 'Accuracy is the share of rows for which the model is right.',
  classes:
    'Accuracy is the share of rows for which the likeliest class is the right one. F1 counts rare classes as much as common ones.',
  value:
    'The typical error says how far a prediction is off, in the unit of the column. Large errors weigh more in it than in the mean error.',
  next: 'Bits per character say how many yes-or-no questions the model still needs to guess the next character. Choosing among 32 at random needs 5.',
};

/** What the judged things are called. */
export const judgedWords: Readonly<Record<MetricsKind, readonly [one: string, many: string]>> = {
  binary: ['held-out row', 'held-out rows'],
  classes: ['held-out row', 'held-out rows'],
  value: ['held-out row', 'held-out rows'],
  next: ['held-out character', 'held-out characters'],
};
