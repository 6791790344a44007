/**
 * FedYogi: Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar, McMahan, "Adaptive Federated Optimization", ICLR 2021, algorithm 2:
 * m ← β1 m + (1 − β1) Δ, v ← v − (1 − β2) Δ² sign(v − Δ²), x ← x + η m / (√v + τ), with Δ the weighted mean update. v starts at τ², the
 * least that the paper allows. Where Adam forgets large updates at once, v falls by no more than (1 − β2) Δ² a round.
 * v stays at or above 0, rounding included: what is taken off is at most Δ², and only while v > Δ².
 */
import type { ServerRule } from '../../protocol/server-spec.ts';
import { type Learned, moved } from './step.ts';

/** @param delta weighted mean update, one entry a weight */
export function fedYogi(
  base: Learned,
  delta: Float64Array,
  { learningRate, beta1, beta2, tau }: Omit<ServerRule<'fedyogi'>, 'kind'>,
): Learned {
  const { length } = base.weights;
  const weights = new Float32Array(length);
  const firstMoment = new Float64Array(length);
  const secondMoment = new Float64Array(length);
  for (let i = 0; i < length; i++) {
    const change = delta[i] as number;
    const square = change * change;
    const before = base.server.secondMoment[i] as number;
    const sign = before > square ? 1 : before < square ? -1 : 0;
    const m = beta1 * (base.server.firstMoment[i] as number) + (1 - beta1) * change + 0;
    const v = before - (1 - beta2) * square * sign;
    firstMoment[i] = m;
    secondMoment[i] = v;
    weights[i] = moved(base.weights[i] as number, (learningRate * m) / (Math.sqrt(v) + tau));
  }
  return { weights, server: { ...base.server, step: base.server.step + 1, firstMoment, secondMoment } };
}
