/** A residual block: relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)), after He, Zhang, Ren and Sun, CVPR 2016, with group norms. */
import { type Tensor, type Tensor4D, add, relu } from '@tensorflow/tfjs-core';
import { throughActivation } from './activation.ts';
import { convolve, inputGradient, kernelGradient } from './convolution.ts';
import { type Layer, entry } from './layer.ts';
import { groupNorm, groupNormGradient } from './norm.ts';

export function residual({ stride, groups }: { readonly stride: number; readonly groups: number }): Layer {
  const first = { stride, padding: 'same' } as const;
  const second = { stride: 1, padding: 'same' } as const;
  return {
    forward(x, weights) {
      const w = (index: number) => entry(weights, index);
      const shortcut = weights[6] as Tensor4D | undefined;
      const norm1 = groupNorm(convolve(x as Tensor4D, w(0) as Tensor4D, first), groups, w(1), w(2));
      const middle = relu(norm1.y) as Tensor4D;
      const norm2 = groupNorm(convolve(middle, w(3) as Tensor4D, second), groups, w(4), w(5));
      const beside = shortcut === undefined ? x : convolve(x as Tensor4D, shortcut, first);
      const y = relu(add(norm2.y, beside));
      return { y, saved: [x, middle, y, ...norm1.saved, ...norm2.saved] };
    },
    backward(dy, saved, weights, wantsInput) {
      const w = (index: number) => entry(weights, index);
      const [x, middle, y, values1, inverse1, values2, inverse2] = saved as [
        Tensor4D,
        Tensor4D,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
        Tensor,
      ];
      const shortcut = weights[6] as Tensor4D | undefined;
      const dsum = throughActivation('relu', dy, y) as Tensor4D;
      const [dconv2, dscale2, doffset2] = groupNormGradient(dsum, [values2, inverse2], groups, w(4));
      const kernel2 = w(3) as Tensor4D;
      const dmiddle = inputGradient(dconv2 as Tensor4D, kernel2, middle.shape, second);
      const dnorm1 = throughActivation('relu', dmiddle, middle);
      const [dconv1, dscale1, doffset1] = groupNormGradient(dnorm1, [values1, inverse1], groups, w(1));
      const kernel1 = w(0) as Tensor4D;
      const gradients = [
        kernelGradient(x, dconv1 as Tensor4D, kernel1.shape, first),
        dscale1,
        doffset1,
        kernelGradient(middle, dconv2 as Tensor4D, kernel2.shape, second),
        dscale2,
        doffset2,
        ...(shortcut === undefined ? [] : [kernelGradient(x, dsum, shortcut.shape, first)]),
      ];
      if (!wantsInput) return { dx: undefined, gradients };
      const beside = shortcut === undefined ? dsum : inputGradient(dsum, shortcut, x.shape, first);
      return { dx: add(inputGradient(dconv1 as Tensor4D, kernel1, x.shape, first), beside), gradients };
    },
  };
}
