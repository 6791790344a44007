/**
 * FedAdagrad: Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar, McMahan, "Adaptive Federated Optimization", ICLR 2021, algorithm 2:
 * m ← β1 m + (1 − β1) Δ, v ← v + Δ², x ← x + η m / (√v + τ), with Δ the weighted mean update. v starts at τ², the least that the paper
 * allows; β1 = 0 in its experiments. Steps shrink as v only grows: for rare features whose updates are sparse.
 */
import type { ServerRule } from '../../protocol/server-spec.ts';
import { type Learned, moved } from './step.ts';

/** @param delta weighted mean update, one entry a weight */
export function fedAdagrad(
  base: Learned,
  delta: Float64Array,
  { learningRate, beta1, tau }: Omit<ServerRule<'fedadagrad'>, 'kind'>,
): Learned {
  const { length } = base.weights;
  const weights = new Float32Array(length);
  const firstMoment = new Float64Array(length);
  const secondMoment = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const change = delta[i] as number;
    const m = beta1 * (base.server.firstMoment[i] as number) + (1 - beta1) * change + 0;
    const v = (base.server.secondMoment[i] as number) + change * change;
    firstMoment[i] = m;
    secondMoment[i] = v;
    weights[i] = moved(base.weights[i] as number, (learningRate * m) / (Math.sqrt(v) + tau));
  }
  return { weights, server: { ...base.server, step: base.server.step + 1, firstMoment, secondMoment } };
}
