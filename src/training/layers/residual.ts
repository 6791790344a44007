/** A residual block (He et al. 2016) with group norms: relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)). */
import { type Tensor, add, mul, relu, step } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../protocol/model-shapes.ts';
import { convolve, filterGradient, inputGradient } from './conv2d.ts';
import type { PlanOf, TrainingLayer } from './layer.ts';
import { createNorm } from './norm.ts';

export function residual({ layer, input, output, parameters }: PlanOf<'residual'>): TrainingLayer {
  const { stride, filters, groups } = layer;
  const projects = parameters.length === 7;
  const first = { stride, padding: 'same', inputShape: input } as const;
  const second = { stride: 1, padding: 'same', inputShape: output } as const;
  const norm = createNorm({ places: sizeOf(output) / filters, channels: filters, groups });
  return {
    forward(x, weights) {
      const [kernel1, , , kernel2, , , projection] = weights as Tensor[] as [Tensor, Tensor, Tensor, ...Tensor[]];
      const norm1 = norm.forward(convolve(x, kernel1, first), weights.slice(1, 3));
      const hidden = relu(norm1.y);
      const norm2 = norm.forward(convolve(hidden, kernel2 as Tensor, second), weights.slice(4, 6));
      const y = relu(add(norm2.y, projects ? convolve(x, projection as Tensor, first) : x));
      return { y, saved: [x, hidden, y, ...norm1.saved, ...norm2.saved] };
    },
    backward(dy, saved, weights, needsInput, needsWeights) {
      const [x, hidden, y, normed1, factor1, normed2, factor2] = saved as [...Six, Tensor];
      const [kernel1, , , kernel2, , , projection] = weights as [...Six, Tensor | undefined];
      const error = mul(dy, step(y));
      const norm2 = norm.backward(error, [normed2, factor2], weights.slice(4, 6), true, needsWeights);
      const after2 = norm2.dx as Tensor;
      const atHidden = mul(inputGradient(after2, kernel2, second), step(hidden));
      const norm1 = norm.backward(atHidden, [normed1, factor1], weights.slice(1, 3), true, needsWeights);
      const after1 = norm1.dx as Tensor;
      const gradients = needsWeights
        ? [
            filterGradient(x, after1, kernel1, first),
            ...norm1.gradients,
            filterGradient(hidden, after2, kernel2, second),
            ...norm2.gradients,
            ...(projection === undefined ? [] : [filterGradient(x, error, projection, first)]),
          ]
        : [];
      if (!needsInput) return { dx: undefined, gradients };
      const shortcut = projection === undefined ? error : inputGradient(error, projection, first);
      return { dx: add(inputGradient(after1, kernel1, first), shortcut), gradients };
    },
  };
}

type Six = [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];
