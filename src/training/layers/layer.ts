/**
 * A layer on the device: its forward pass and its hand-written backward pass. Both run within tidy and make new tensors only.
 *
 * A backward pass is linear in dy, so a factor at the network's output (learning rate / rows) reaches every gradient for the price of one
 * product of the width of the output.
 */
import type { Tensor } from '@tensorflow/tfjs-core';

export interface LayerPass {
  /** [rows, ...output] */
  readonly y: Tensor;
  /** what the backward pass needs beside the weights */
  readonly saved: readonly Tensor[];
}

export interface LayerGradients {
  /** gradient of the layer's input; undefined where nobody wants it */
  readonly dx: Tensor | undefined;
  /** one a parameter, in the order of planModel, summed over rows */
  readonly gradients: readonly Tensor[];
}

export interface Layer {
  /** @param x [rows, ...input] @param weights in the order of planModel */
  forward(x: Tensor, weights: readonly Tensor[]): LayerPass;
  /** @param dy [rows, ...output] @param wantsInput false for the first layer, whose input learns nothing */
  backward(dy: Tensor, saved: readonly Tensor[], weights: readonly Tensor[], wantsInput: boolean): LayerGradients;
}

/** Entries of a tuple that the layer's plan promises. */
export function entry<T>(list: readonly T[], index: number): T {
  return list[index] as T;
}
