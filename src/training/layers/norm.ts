/**
 * Group normalisation (Wu and He 2018) and layer normalisation (Ba, Kiros and Hinton 2016), each with a scale and an offset a channel.
 *
 * A group's mean is had from the means of its channels by one small product with a matrix that averages within groups, because a
 * reduction over two axes that do not touch would have to move the whole tensor.
 */
import {
  type Tensor,
  type Tensor2D,
  add,
  matMul,
  mean,
  mul,
  relu,
  rsqrt,
  sigmoid,
  square,
  sub,
  sum,
  tanh,
  tensor2d,
} from '@tensorflow/tfjs-core';
import { NORM_EPSILON } from '../../model/layers/norm.ts';
import { sizeOf } from '../../protocol/model-shapes.ts';
import type { Activation } from '../../protocol/model-spec.ts';
import { type PlanOf, type TrainingLayer, shaped, throughActivation } from './layer.ts';

export function groupNorm({ layer, input }: PlanOf<'group-norm'>): TrainingLayer {
  const channels = input.at(-1) as number;
  const norm = createNorm({ places: sizeOf(input) / channels, channels, groups: layer.groups });
  return {
    forward(x, weights) {
      const { y, saved } = norm.forward(x, weights);
      const after = activated(layer.activation, y);
      return { y: after, saved: [after, ...saved] };
    },
    backward(dy, [y, ...saved], weights, ...needs) {
      return norm.backward(throughActivation(layer.activation, dy, y as Tensor), saved, weights, ...needs);
    },
  };
}

export type Norm = Pick<TrainingLayer, 'forward' | 'backward'>;

/** @param places how many of an example's share their statistics; layer normalisation has 1, and 1 group */
export function createNorm({
  places,
  channels,
  groups,
}: {
  readonly places: number;
  readonly channels: number;
  readonly groups: number;
}): Norm {
  /** [rows, places, channels] to the mean of each group, which broadcasts to it. */
  const groupMean = (x: Tensor): Tensor => {
    if (groups === 1) return mean(x, [1, 2], true);
    const ofChannels = mean(x, 1) as Tensor2D;
    return shaped(matMul(ofChannels, averaging(channels, groups)), [x.shape[0] as number, 1, channels]);
  };
  const rows = (x: Tensor): Tensor => shaped(x, [x.size / (places * channels), places, channels]);
  return {
    forward(x, [scale, offset]) {
      const values = rows(x);
      const centred = sub(values, groupMean(values));
      const factor = rsqrt(add(groupMean(square(centred)), NORM_EPSILON));
      const normed = mul(centred, factor);
      return { y: shaped(add(mul(normed, scale as Tensor), offset as Tensor), x.shape), saved: [normed, factor] };
    },
    backward(dy, [normed, factor], [scale], needsInput, needsWeights) {
      const error = rows(dy);
      const gradients = needsWeights ? [sum(mul(error, normed as Tensor), [0, 1]), sum(error, [0, 1])] : [];
      if (!needsInput) return { dx: undefined, gradients };
      const scaled = mul(error, scale as Tensor);
      const along = mul(normed as Tensor, groupMean(mul(scaled, normed as Tensor)));
      const dx = mul(factor as Tensor, sub(sub(scaled, groupMean(scaled)), along));
      return { dx: shaped(dx, dy.shape), gradients };
    },
  };
}

export function activated(activation: Activation, x: Tensor): Tensor {
  switch (activation) {
    case 'linear':
      return x;
    case 'relu':
      return relu(x);
    case 'sigmoid':
      return sigmoid(x);
    case 'tanh':
      return tanh(x);
  }
}

/** [channels, channels]: row times this is the mean within each group. */
function averaging(channels: number, groups: number): Tensor2D {
  const size = channels / groups;
  const values = new Float32Array(channels * channels);
  for (let i = 0; i < channels; i++) {
    const first = Math.floor(i / size) * size;
    values.fill(1 / size, i * channels + first, i * channels + first + size);
  }
  return tensor2d(values, [channels, channels]);
}
