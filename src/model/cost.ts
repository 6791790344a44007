/**
 * What a model costs before anybody joins: weights, multiplications of a step, memory, and how long a step takes on an ordinary
 * machine. Estimates from shapes alone, right within a factor of three or so; the trainer's start measures its own machine.
 */
import { type LayerPlan, type ModelUse, planModel, sizeOf } from '../protocol/model-shapes.ts';

export interface ModelCost {
  readonly weights: number;
  /** those that a site sends in each round */
  readonly sentWeights: number;
  /** multiplications (each with an addition) of one step of SGD: a forward pass, and twice as many backward */
  readonly stepMultiplyAdds: number;
  /** of one step on one core of an ordinary laptop, with wasm */
  readonly stepSeconds: number;
  /** bytes that a step needs at once, about: weights, their gradients, and each layer's outputs with their gradients */
  readonly stepBytes: number;
}

const FLOAT_BYTES = 4;
/** What tfjs does on wasm with SIMD, on one core of an ordinary laptop: 8e9 in convolutions (`bench training`), less in small products. */
const MULTIPLY_ADDS_A_SECOND = 3e9;
/** Every kernel that is called costs so much, however little it has to do. */
const CALL_SECONDS = 1e-4;
/** Kernels of a step beside those of its layers: the batch, the loss, the update. */
const STEP_CALLS = 10;

/** @param batchSize examples of one step */
export function modelCost(use: ModelUse, batchSize: number): ModelCost {
  const { layers, input, weightCount, sharedCount } = planModel(use);
  const forward = multiplyAdds(use).reduce((sum, cost) => sum + cost, 0);
  const numbers = layers.reduce((sum, plan) => sum + inside(plan), sizeOf(input));
  const stepMultiplyAdds = 3 * batchSize * forward;
  const calls = layers.reduce((sum, plan) => sum + kernelCalls(plan), STEP_CALLS);
  return {
    weights: weightCount,
    sentWeights: sharedCount,
    stepMultiplyAdds,
    stepSeconds: stepMultiplyAdds / MULTIPLY_ADDS_A_SECOND + calls * CALL_SECONDS,
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

/** Kernels that a layer calls in a step, forward and backward, about (src/training/layers). */
function kernelCalls({ layer, input }: LayerPlan): number {
  switch (layer.kind) {
    case 'gru':
      // One step after the other.
      return 40 * (input[0] as number);
    case 'transformer':
      return 90;
    case 'residual':
      return 40;
    default:
      return 8;
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
