/**
 * FedAvg: McMahan, Moore, Ramage, Hampson, Agüera y Arcas, "Communication-Efficient Learning of Deep Networks from Decentralized Data",
 * AISTATS 2017, algorithm 1, as a server step: x ← x + η Δ with Δ the weighted mean update. η = 1 is the paper's average.
 */
import type { Checkpoint } from '../model/checkpoint.ts';

type Learned = Pick<Checkpoint, 'weights' | 'server'>;

/**
 * One step, in index order, IEEE float64, each weight rounded once to float32.
 * @param delta weighted mean update, one entry a weight
 */
export function fedAvg(
  base: Learned,
  delta: Float64Array,
  { learningRate }: { readonly learningRate: number },
): Learned {
  const weights = new Float32Array(base.weights.length);
  // + 0 turns −0 into 0: checkpoints hold no −0.
  for (let i = 0; i < weights.length; i++) {
    weights[i] = Math.fround((base.weights[i] as number) + learningRate * (delta[i] as number)) + 0;
  }
  return { weights, server: { ...base.server, step: base.server.step + 1 } };
}
