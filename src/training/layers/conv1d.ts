/** Convolution over steps, as one over pictures of height 1: one path to every backend's kernels. */
import { type Tensor, type Tensor4D, fused, sum, tanh } from '@tensorflow/tfjs-core';
import { filterGradient, inputGradient } from './conv2d.ts';
import { type PlanOf, type TrainingLayer, shaped, throughActivation } from './layer.ts';

export function conv1d({ layer, input, output }: PlanOf<'conv1d'>): TrainingLayer {
  const { activation, padding, size, filters } = layer;
  const channels = input.at(-1) as number;
  const stride: [number, number] = [1, layer.stride];
  const convolution = { stride, padding, inputShape: [1, ...input] };
  const lifted = (kernel: Tensor): Tensor4D => shaped(kernel, [1, size, channels, filters]);
  return {
    forward(x, [kernel, bias]) {
      const row = shaped<Tensor4D>(x, [x.shape[0] as number, 1, ...input]);
      const fusedActivation = activation === 'tanh' ? 'linear' : activation;
      const z = fused.conv2d({
        x: row,
        filter: lifted(kernel as Tensor),
        strides: stride,
        pad: padding,
        bias: bias as Tensor,
        activation: fusedActivation,
      });
      const y = activation === 'tanh' ? tanh(z) : z;
      return { y: shaped(y, [x.shape[0] as number, ...output]), saved: [row, y] };
    },
    backward(dy, [row, y], [kernel], needsInput, needsWeights) {
      const examples = dy.shape[0] as number;
      const filter = lifted(kernel as Tensor);
      const dz = throughActivation<Tensor>(activation, shaped(dy, [examples, 1, ...output]), y as Tensor);
      const ofFilter = (): Tensor =>
        shaped(filterGradient(row as Tensor, dz, filter, convolution), [size, channels, filters]);
      return {
        gradients: needsWeights ? [ofFilter(), sum(dz, [0, 1, 2])] : [],
        dx: needsInput ? shaped(inputGradient(dz, filter, convolution), [examples, ...input]) : undefined,
      };
    },
  };
}
