/** Where each tensor of a model lies in the flat weight vector: layer by layer, each row-major, in the order of planModel. */
import type { Part } from '../protocol/model-parts.ts';
import { type ModelUse, type Parameter, planModel, sizeOf } from '../protocol/model-shapes.ts';

export interface WeightTensor extends Omit<Parameter, 'name'> {
  /** e.g. layers.0.kernel */
  readonly name: string;
  /** 0-based */
  readonly layer: number;
  /** first weight in the flat vector */
  readonly offset: number;
  readonly length: number;
}

export interface WeightLayout {
  readonly tensors: readonly WeightTensor[];
  /** weights in all */
  readonly length: number;
  /** those that all sites learn together, and those that each learns for itself */
  readonly sharedLength: number;
  readonly privateLength: number;
}

/**
 * The layout of a model.
 * @throws MurmurError bad-input for layers that do not fit each other, the examples or the target
 */
export function weightLayout(use: ModelUse): WeightLayout {
  const tensors: WeightTensor[] = [];
  let offset = 0;
  for (const [layer, { parameters }] of planModel(use).layers.entries()) {
    for (const parameter of parameters) {
      const length = sizeOf(parameter.shape);
      tensors.push({ ...parameter, name: `layers.${layer}.${parameter.name}`, layer, offset, length });
      offset += length;
    }
  }
  const lengthOf = (wanted: Part): number =>
    tensors.reduce((sum, { part, length }) => (part === wanted ? sum + length : sum), 0);
  return { tensors, length: offset, sharedLength: lengthOf('shared'), privateLength: lengthOf('private') };
}
