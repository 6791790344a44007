/**
 * What every layer of the network is: a forward pass that says what the backward pass will need, and the backward pass written out.
 * Call both within tidy. Tensors have the examples as their first axis; all are float32.
 */
import { type Tensor, add, mul, reshape, square, step, sub } from '@tensorflow/tfjs-core';
import type { LayerPlan } from '../../protocol/model-shapes.ts';
import type { Activation, LayerSpec } from '../../protocol/model-spec.ts';

export interface TrainingLayer {
  /** @param weights in the order of the plan's parameters */
  forward(x: Tensor, weights: readonly Tensor[]): Pass;
  /**
   * @param dy gradient at the layer's output
   * @param needsInput whether the gradient at the input is wanted; the first layer's is not
   * @param needsWeights whether the gradients of the weights are wanted; a frozen layer's are not
   */
  backward(
    dy: Tensor,
    saved: readonly Tensor[],
    weights: readonly Tensor[],
    needsInput: boolean,
    needsWeights: boolean,
  ): Gradients;
  /**
   * Squared norm of the gradient of each example alone [examples], without forming it, where that is possible.
   * @returns also the gradient at the input
   */
  exampleNorms?(dy: Tensor, saved: readonly Tensor[], weights: readonly Tensor[], needsInput: boolean): ExampleNorms;
}

export interface Pass {
  readonly y: Tensor;
  readonly saved: readonly Tensor[];
}

export interface Gradients {
  readonly dx: Tensor | undefined;
  /** of the weights that are trained, in the order of the plan's parameters; none where they are not wanted */
  readonly gradients: readonly Tensor[];
}

export interface ExampleNorms {
  readonly dx: Tensor | undefined;
  readonly norms: Tensor;
}

export type PlanOf<Kind extends LayerSpec['kind']> = LayerPlan & {
  readonly layer: Extract<LayerSpec, { readonly kind: Kind }>;
};

/** Gradient before an activation, from the gradient after it and the activation's output. */
export function throughActivation<T extends Tensor>(activation: Activation, dy: T, y: T): T {
  switch (activation) {
    case 'linear':
      return dy;
    case 'relu':
      return mul(dy, step(y));
    case 'sigmoid':
      return mul(dy, sub(y, square(y)));
    case 'tanh':
      return sub(dy, mul(dy, square(y)));
  }
}

/** The same numbers in another shape; without an op where the shape is the same. */
export function shaped<T extends Tensor>(x: Tensor, shape: readonly number[]): T {
  return x.shape.length === shape.length && x.shape.every((size, i) => size === shape[i])
    ? (x as T)
    : (reshape(x, [...shape]) as T);
}

/**
 * Sum of tensors of one shape, at least one. Not addN: on webgpu it binds all its inputs to one shader, which may have 8 buffers; with
 * more, the commands of the whole step are dropped and nobody is told.
 */
export function total(tensors: readonly Tensor[]): Tensor {
  return tensors.reduce((sum, each) => add(sum, each));
}
