/**
 * FedAvg: McMahan, Moore, Ramage, Hampson, Agüera y Arcas, "Communication-Efficient Learning of Deep Networks from Decentralized Data",
 * AISTATS 2017, algorithm 1, as a server step: x ← x + η Δ with Δ the weighted mean update. η = 1 is the paper's average.
 *
 * FedSGD of the same paper is FedAvg with one epoch and a batch of all rows, so that Δ = −(local rate) · (gradient over all rows): in the
 * spec `training.epochs` 1 and `training.batchSize` of at least the rows of any site (../local/local.test.ts works it by hand).
 */
import type { ServerRule } from '../../protocol/server-spec.ts';
import { type Learned, moved } from './step.ts';

/** @param delta weighted mean update, one entry a weight */
export function fedAvg(
  base: Learned,
  delta: Float64Array,
  { learningRate }: Omit<ServerRule<'fedavg'>, 'kind'>,
): Learned {
  const weights = new Float32Array(base.weights.length);
  for (let i = 0; i < weights.length; i++) {
    weights[i] = moved(base.weights[i] as number, learningRate * (delta[i] as number));
  }
  return { weights, server: { ...base.server, step: base.server.step + 1 } };
}
