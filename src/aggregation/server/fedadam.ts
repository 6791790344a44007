/**
 * FedAdam: Reddi, Charles, Zaheer, Garrett, Rush, Konečný, Kumar, McMahan, "Adaptive Federated Optimization", ICLR 2021, algorithm 2:
 * m ← β1 m + (1 − β1) Δ, v ← β2 v + (1 − β2) Δ², x ← x + η m̂ / (√v̂ + τ), with Δ the weighted mean update.
 * Deviation: moments start at 0 and are corrected by 1 − β^t as in Adam (Kingma and Ba, ICLR 2015), where the paper starts v at τ² or
 * more and corrects nothing; with few rounds the correction keeps the first steps from being tiny.
 */
import type { ServerRule } from '../../protocol/server-spec.ts';
import { type Learned, moved } from './step.ts';

/** @param delta weighted mean update, one entry a weight */
export function fedAdam(
  base: Learned,
  delta: Float64Array,
  { learningRate, beta1, beta2, tau }: Omit<ServerRule<'fedadam'>, 'kind'>,
): Learned {
  const { length } = base.weights;
  const weights = new Float32Array(length);
  const firstMoment = new Float64Array(length);
  const secondMoment = new Float64Array(length);
  const beta1Power = base.server.beta1Power * beta1;
  const beta2Power = base.server.beta2Power * beta2;
  for (let i = 0; i < length; i++) {
    const change = delta[i] as number;
    const m = beta1 * (base.server.firstMoment[i] as number) + (1 - beta1) * change + 0;
    const v = beta2 * (base.server.secondMoment[i] as number) + (1 - beta2) * (change * change);
    firstMoment[i] = m;
    secondMoment[i] = v;
    const step = (learningRate * (m / (1 - beta1Power))) / (Math.sqrt(v / (1 - beta2Power)) + tau);
    weights[i] = moved(base.weights[i] as number, step);
  }
  return {
    weights,
    server: { ...base.server, step: base.server.step + 1, firstMoment, secondMoment, beta1Power, beta2Power },
  };
}
