/** Activations, and the error before one from the error after it and its output. */
import { type Tensor, mul, relu, sigmoid, square, step, sub, tanh } from '@tensorflow/tfjs-core';
import type { Activation } from '../../protocol/model-spec.ts';

/** wasm and webgpu fuse relu and sigmoid into a product, not tanh. */
export function fusedActivation(activation: Activation): 'linear' | 'relu' | 'sigmoid' {
  return activation === 'tanh' ? 'linear' : activation;
}

/** What is left to do after {@link fusedActivation}. */
export function activateRest(activation: Activation, z: Tensor): Tensor {
  return activation === 'tanh' ? tanh(z) : z;
}

export function activate(activation: Activation, z: Tensor): Tensor {
  switch (activation) {
    case 'linear':
      return z;
    case 'relu':
      return relu(z);
    case 'sigmoid':
      return sigmoid(z);
    case 'tanh':
      return tanh(z);
  }
}

/** @param output of the activation */
export function throughActivation(activation: Activation, error: Tensor, output: Tensor): Tensor {
  switch (activation) {
    case 'linear':
      return error;
    case 'relu':
      return mul(error, step(output));
    case 'sigmoid':
      return mul(error, sub(output, square(output)));
    case 'tanh':
      return sub(error, mul(error, square(output)));
  }
}
