/** y = activation(x W + b) over the last axis. */
import { type Tensor, type Tensor1D, type Tensor2D, fused, matMul, reshape, sum } from '@tensorflow/tfjs-core';
import type { Activation } from '../../protocol/model-spec.ts';
import { activateRest, fusedActivation, throughActivation } from './activation.ts';
import { type Layer, entry } from './layer.ts';

export function dense(activation: Activation): Layer {
  return {
    forward(x, weights) {
      const kernel = entry(weights, 0) as Tensor2D;
      const rows = flat(x);
      const product = fused.matMul({
        a: rows,
        b: kernel,
        bias: entry(weights, 1) as Tensor1D,
        activation: fusedActivation(activation),
      });
      const y = activateRest(activation, product) as Tensor2D;
      return { y: x.rank === 2 ? y : reshape(y, [...x.shape.slice(0, -1), kernel.shape[1]]), saved: [x, y] };
    },
    backward(dy, saved, weights, wantsInput) {
      const [x, y] = saved as [Tensor, Tensor2D];
      const dz = throughActivation(activation, flat(dy), y) as Tensor2D;
      const dx = wantsInput ? matMul(dz, entry(weights, 0) as Tensor2D, false, true) : undefined;
      return {
        dx: dx === undefined || x.rank === 2 ? dx : reshape(dx, x.shape),
        gradients: [matMul(flat(x), dz, true, false), sum(dz, 0)],
      };
    },
  };
}

/** [rows x places, channels] */
function flat(x: Tensor): Tensor2D {
  return x.rank === 2 ? (x as Tensor2D) : reshape(x, [-1, x.shape.at(-1) as number]);
}
