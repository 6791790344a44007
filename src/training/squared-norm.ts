/**
 * Squared Euclidean norm of a tensor, by rows first. The wasm backend adds a tensor's numbers one after the other in float32: over the
 * 1.6 million of a dense layer of the McMahan CNN a single run of additions is wrong by 2e-4, and so would be the norm that a step is clipped to.
 * Rounding now grows with the longest side, which is a thousand times shorter (Higham 1993, "The accuracy of floating point summation").
 */
import { type Tensor, square, sum } from '@tensorflow/tfjs-core';

/** @returns a scalar; call within tidy */
export function squaredNorm(values: Tensor): Tensor {
  return values.rank < 2 ? sum(square(values)) : sum(sum(square(values), -1));
}
