/**
 * What a federated model is held against: the same architecture trained on all rows in one place, and on one site's rows alone. All
 * are judged on the held-out rows of all sites together, and all use the statistics that the federated task froze.
 * Mini-batch SGD; the epochs are the best of 5 to 80 (pooled) and of 10 to 160 (alone), chosen on splits with other seeds.
 */
import type { Bytes } from '../src/core/bytes.ts';
import { check } from '../src/core/errors.ts';
import { type Dataset, type EncodedRows, joinRows } from '../src/dataset/split.ts';
import { type Normaliser, normalise } from '../src/dataset/statistics.ts';
import { exactMetrics } from '../src/evaluation/metrics.ts';
import { initialWeights } from '../src/model/initialise.ts';
import type { TrainerPort } from '../src/protocol/ports.ts';
import type { TaskSpec } from '../src/protocol/task-spec.ts';

export const CENTRALISED = { epochs: 20, batchSize: 32, learningRate: 0.05 };
export const ALONE = { epochs: 160, batchSize: 32, learningRate: 0.05 };

export interface Scores {
  readonly accuracy: number;
  /** exact, not binned */
  readonly auc: number;
}

export interface Baselines {
  readonly centralised: Scores;
  /** in the order of the sites */
  readonly alone: readonly Scores[];
}

/** @param seed fixes the initial weights and the order of the rows */
export async function trainBaselines(args: {
  spec: TaskSpec;
  sites: readonly Dataset[];
  normaliser: Normaliser;
  trainer: TrainerPort;
  seed: Bytes;
}): Promise<Baselines> {
  const { spec, sites, normaliser, trainer, seed } = args;
  const test = joinRows(sites.map(({ heldOut }) => heldOut));
  const start = await initialWeights(spec, seed);
  const learn = async ({ features, labels, rows }: EncodedRows, plan: typeof ALONE): Promise<Scores> => {
    const data = { features: normalise(features, normaliser), labels, rows };
    const { weights } = await trainer.train({ weights: start, ...data, ...plan, l2: spec.training.l2, seed });
    return score(trainer, weights, normaliser, test);
  };
  const alone: Scores[] = [];
  for (const { train } of sites) alone.push(await learn(train, ALONE));
  return { centralised: await learn(joinRows(sites.map(({ train }) => train)), CENTRALISED), alone };
}

/** Accuracy and exact AUC of weights on rows of both classes. */
export async function score(
  trainer: TrainerPort,
  weights: Float32Array,
  normaliser: Normaliser,
  rows: EncodedRows,
): Promise<Scores> {
  const predicted = await trainer.predict(weights, normalise(rows.features, normaliser), rows.rows);
  const metrics = exactMetrics(predicted, rows.labels);
  check(metrics?.auc !== undefined, 'the pooled test rows have two classes');
  return { accuracy: metrics.accuracy, auc: metrics.auc };
}
