/** From a model's outputs to predictions: only a number is said in other units than it is judged in. */
import type { Normaliser } from '../dataset/statistics.ts';
import type { Target } from '../protocol/data-spec.ts';

/**
 * What an evaluation takes: chances as they are; a number turned back from standard deviations of its column to its place in the
 * public range, the inverse of (x − mean) / scale.
 * @param outputs of TrainerPort.predict
 * @returns the same array where nothing is to be turned back
 */
export function predictionsFrom(target: Target, normaliser: Normaliser, outputs: Float32Array): Float32Array {
  if (target.kind !== 'value') return outputs;
  const mean = normaliser.mean[target.column] as number;
  const scale = normaliser.scale[target.column] as number;
  return outputs.map((output) => output * scale + mean);
}
