/** Where each tensor of a dense model lies in the flat weight vector: layer by layer, kernel (inputs x units, row-major), then bias. */
import { check } from '../core/errors.ts';
import { MAX_FEATURES, type ModelSpec } from '../protocol/task-spec.ts';

export interface WeightTensor {
  /** e.g. layers.0.kernel */
  readonly name: string;
  readonly shape: readonly number[];
  /** first weight in the flat vector */
  readonly offset: number;
  readonly length: number;
}

export interface WeightLayout {
  readonly tensors: readonly WeightTensor[];
  /** weights in all */
  readonly length: number;
}

/**
 * The layout of a model over `inputWidth` features.
 * @throws MurmurError bad-input
 */
export function weightLayout(model: ModelSpec, inputWidth: number): WeightLayout {
  check(
    Number.isInteger(inputWidth) && inputWidth >= 1 && inputWidth <= MAX_FEATURES,
    `input width ${inputWidth} is not in 1..${MAX_FEATURES}`,
  );
  const tensors: WeightTensor[] = [];
  let inputs = inputWidth;
  let offset = 0;
  for (const [i, { units }] of model.layers.entries()) {
    tensors.push({ name: `layers.${i}.kernel`, shape: [inputs, units], offset, length: inputs * units });
    offset += inputs * units;
    tensors.push({ name: `layers.${i}.bias`, shape: [units], offset, length: units });
    offset += units;
    inputs = units;
  }
  return { tensors, length: offset };
}
