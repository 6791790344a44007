/**
 * Convolutions, channels last. One over steps is one over pictures of height 1, so there is one path to every backend's kernels; the
 * gradients are those kernels themselves, which src/training/wasm-kernels makes right and fast on wasm.
 */
import { type Tensor, type Tensor1D, type Tensor4D, engine, fused, reshape, sum } from '@tensorflow/tfjs-core';
import type { Activation } from '../../protocol/model-spec.ts';
import { activateRest, fusedActivation, throughActivation } from './activation.ts';
import { type Layer, entry } from './layer.ts';

interface Shape {
  readonly stride: number | [number, number];
  readonly padding: 'same' | 'valid';
}

/** Kernel [size, size, channels, filters] and bias. */
export function conv2d({ activation, ...shape }: Shape & { readonly activation: Activation }): Layer {
  return {
    forward(x, weights) {
      const y = convolve(
        x as Tensor4D,
        entry(weights, 0) as Tensor4D,
        shape,
        entry(weights, 1) as Tensor1D,
        activation,
      );
      return { y, saved: [x, y] };
    },
    backward(dy, saved, weights, wantsInput) {
      const [x, y] = saved as [Tensor4D, Tensor4D];
      const dz = throughActivation(activation, dy, y) as Tensor4D;
      const kernel = entry(weights, 0) as Tensor4D;
      return {
        dx: wantsInput ? inputGradient(dz, kernel, x.shape, shape) : undefined,
        gradients: [kernelGradient(x, dz, kernel.shape, shape), sum(dz, [0, 1, 2])],
      };
    },
  };
}

/** Kernel [size, channels, filters] and bias, over [steps, channels]. */
export function conv1d(options: {
  readonly stride: number;
  readonly padding: 'same' | 'valid';
  readonly activation: Activation;
}): Layer {
  const layer = conv2d({ ...options, stride: [1, options.stride] });
  const lift = (x: Tensor): Tensor => reshape(x, [x.shape[0] as number, 1, ...x.shape.slice(1)]);
  const drop = (x: Tensor): Tensor => reshape(x, [x.shape[0] as number, ...x.shape.slice(2)]);
  const lifted = ([kernel, bias]: readonly Tensor[]): readonly Tensor[] => [
    reshape(kernel as Tensor, [1, ...(kernel as Tensor).shape]),
    bias as Tensor,
  ];
  return {
    forward(x, weights) {
      const { y, saved } = layer.forward(lift(x), lifted(weights));
      return { y: drop(y), saved };
    },
    backward(dy, saved, weights, wantsInput) {
      const { dx, gradients } = layer.backward(lift(dy), saved, lifted(weights), wantsInput);
      const [kernel, bias] = gradients as [Tensor, Tensor];
      return { dx: dx && drop(dx), gradients: [reshape(kernel, kernel.shape.slice(1)), bias] };
    },
  };
}

export function convolve(
  x: Tensor4D,
  filter: Tensor4D,
  { stride, padding }: Shape,
  bias?: Tensor1D,
  activation: Activation = 'linear',
): Tensor4D {
  const z = fused.conv2d({
    x,
    filter,
    strides: stride,
    pad: padding,
    activation: fusedActivation(activation),
    ...(bias && { bias }),
  });
  return activateRest(activation, z) as Tensor4D;
}

export function kernelGradient(x: Tensor4D, dz: Tensor4D, filterShape: number[], shape: Shape): Tensor4D {
  return engine().runKernel('Conv2DBackpropFilter', { x, dy: dz }, { ...attributes(shape), filterShape });
}

export function inputGradient(dz: Tensor4D, filter: Tensor4D, inputShape: number[], shape: Shape): Tensor4D {
  return engine().runKernel('Conv2DBackpropInput', { dy: dz, filter }, { ...attributes(shape), inputShape });
}

function attributes({ stride, padding }: Shape) {
  return { strides: stride, pad: padding, dataFormat: 'NHWC' as const, dimRoundingMode: 'floor' as const };
}
