/**
 * FedAvgM: Hsu, Qi, Brown, "Measuring the Effects of Non-Identical Data Distribution for Federated Visual Classification", 2019,
 * section 4.3: v ← β v + Δ, x ← x + η v, with Δ the weighted mean update (the paper's Δw has the other sign) and η = 1 in the paper.
 * Momentum over rounds evens out what cohorts of unlike data pull to and fro. The steps grow to η / (1 − β) times Δ.
 */
import type { ServerRule } from '../../protocol/server-spec.ts';
import { type Learned, moved } from './step.ts';

/** @param delta weighted mean update, one entry a weight */
export function fedAvgM(
  base: Learned,
  delta: Float64Array,
  { learningRate, momentum }: Omit<ServerRule<'fedavgm'>, 'kind'>,
): Learned {
  const { length } = base.weights;
  const weights = new Float32Array(length);
  const firstMoment = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const velocity = momentum * (base.server.firstMoment[i] as number) + (delta[i] as number) + 0;
    firstMoment[i] = velocity;
    weights[i] = moved(base.weights[i] as number, learningRate * velocity);
  }
  return { weights, server: { ...base.server, step: base.server.step + 1, firstMoment } };
}
