/**
 * 2-D convolution, channels last, and its gradients. The one place of the network that convolves: a faster kernel goes in here, or is
 * registered for the backend (wasm-kernels/) under the names of the ops that are used here.
 */
import { type Tensor, type Tensor4D, engine, fused, conv2d as plainConv2d, sum, tanh } from '@tensorflow/tfjs-core';
import { type PlanOf, type TrainingLayer, throughActivation } from './layer.ts';

export function conv2d({ layer, input }: PlanOf<'conv2d'>): TrainingLayer {
  const { activation, ...geometry } = layer;
  const convolution = { ...geometry, inputShape: input };
  return {
    forward(x, [filter, bias]) {
      const fusedActivation = activation === 'tanh' ? 'linear' : activation;
      const z = fused.conv2d({
        x: x as Tensor4D,
        filter: filter as Tensor4D,
        strides: layer.stride,
        pad: layer.padding,
        bias: bias as Tensor,
        activation: fusedActivation,
      });
      const y = activation === 'tanh' ? tanh(z) : z;
      return { y, saved: [x, y] };
    },
    backward(dy, [x, y], [filter], needsInput, needsWeights) {
      const dz = throughActivation(activation, dy, y as Tensor);
      return {
        gradients: needsWeights
          ? [filterGradient(x as Tensor, dz, filter as Tensor, convolution), sum(dz, [0, 1, 2])]
          : [],
        dx: needsInput ? inputGradient(dz, filter as Tensor, convolution) : undefined,
      };
    },
  };
}

export interface Convolution {
  readonly stride: number | [number, number];
  readonly padding: 'same' | 'valid';
  /** of one example */
  readonly inputShape: readonly number[];
}

/** Without bias or activation. */
export function convolve(x: Tensor, filter: Tensor, { stride, padding }: Convolution): Tensor {
  return plainConv2d(x as Tensor4D, filter as Tensor4D, stride, padding);
}

export function filterGradient(x: Tensor, dy: Tensor, filter: Tensor, { stride, padding }: Convolution): Tensor {
  return engine().runKernel(
    'Conv2DBackpropFilter',
    { x, dy },
    {
      strides: stride,
      pad: padding,
      dataFormat: 'NHWC',
      dimRoundingMode: undefined as never,
      filterShape: filter.shape,
    },
  );
}

export function inputGradient(dy: Tensor, filter: Tensor, { stride, padding, inputShape }: Convolution): Tensor {
  return engine().runKernel(
    'Conv2DBackpropInput',
    { dy, filter },
    {
      strides: stride,
      pad: padding,
      dataFormat: 'NHWC',
      dimRoundingMode: undefined as never,
      inputShape: [dy.shape[0] as number, ...inputShape],
    },
  );
}
