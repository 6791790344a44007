/**
 * What a model costs before anybody joins: weights, multiplications of a step, memory. Estimates from shapes alone; the time of a
 * multiplication is the machine's, and the trainer's start measures it.
 */
import { type LayerPlan, type ModelUse, planModel, sizeOf } from '../protocol/model-shapes.ts';

export interface ModelCost {
  readonly weights: number;
  /** those that a site sends in each round */
  readonly sentWeights: number;
  /** multiplications (each with an addition) of one step of SGD: a forward pass, and twice as many backward */
  readonly stepMultiplyAdds: number;
  /** bytes that a step needs at once, about: weights, their gradients, and each layer's outputs with their gradients */
  readonly stepBytes: number;
}

const FLOAT_BYTES = 4;

/** @param batchSize examples of one step */
export function modelCost(use: ModelUse, batchSize: number): ModelCost {
  const { layers, input, weightCount, sharedCount } = planModel(use);
  const forward = multiplyAdds(use).reduce((sum, cost) => sum + cost, 0);
  const numbers = layers.reduce((sum, plan) => sum + inside(plan), sizeOf(input));
  return {
    weights: weightCount,
    sentWeights: sharedCount,
    stepMultiplyAdds: 3 * batchSize * forward,
    stepBytes: FLOAT_BYTES * (3 * weightCount + 2 * batchSize * numbers),
  };
}

/** Multiplications of each layer's forward pass of one example; element-wise work counts one a number. */
export function multiplyAdds(use: ModelUse): readonly number[] {
  return planModel(use).layers.map((plan) => sizeOf(plan.output) + products(plan));
}

function products({ layer, input, output, parameters }: LayerPlan): number {
  const kernels = parameters
    .filter(({ role }) => role === 'kernel' || role === 'zero-kernel')
    .reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  switch (layer.kind) {
    case 'dense':
      return kernels * (sizeOf(output) / layer.units);
    case 'conv1d':
    case 'conv2d':
    case 'residual':
      return kernels * (sizeOf(output) / layer.filters);
    case 'gru':
      return kernels * (input[0] as number);
    case 'transformer': {
      const [steps, channels] = input as [number, number];
      return kernels * steps + 2 * steps * steps * channels;
    }
    default:
      return sizeOf(input);
  }
}

/** Numbers that a layer makes and keeps of one example. */
function inside({ layer, input, output }: LayerPlan): number {
  switch (layer.kind) {
    case 'residual':
      return 6 * sizeOf(output);
    case 'gru':
      return 8 * layer.units * (input[0] as number);
    case 'transformer':
      return 14 * sizeOf(output) + 3 * layer.heads * (input[0] as number) ** 2;
    default:
      return sizeOf(output);
  }
}
