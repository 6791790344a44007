/** Inner products of an example's steps with each other: what the norm of a gradient over steps is made of. */
import { type Tensor, type Tensor3D, matMul, transpose } from '@tensorflow/tfjs-core';
import { shaped } from './layer.ts';

/** @param values [examples · steps, width] @returns [examples, steps, steps] */
export function gram(values: Tensor, examples: number, steps: number): Tensor3D {
  const part = shaped<Tensor3D>(values, [examples, steps, values.shape[1] as number]);
  return matMul(part, transpose(part, [0, 2, 1]));
}
