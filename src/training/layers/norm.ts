/**
 * Normalisation over groups of channels (Wu and He, ECCV 2018) and over the channels of a step (Ba, Kiros and Hinton 2016): both are a mean and
 * a variance over one axis of a reshaped tensor. Unlike batch normalisation, a row's output depends on that row alone, so that nothing about
 * one site's batch enters the shared model.
 */
import { type Tensor, add, mean, mul, reshape, rsqrt, square, sub, sum, transpose } from '@tensorflow/tfjs-core';
import type { Activation } from '../../protocol/model-spec.ts';
import { activate, throughActivation } from './activation.ts';
import { type Layer, entry } from './layer.ts';

/** Added to the variance. */
export const NORM_EPSILON = 1e-5;

export interface Normalised {
  readonly y: Tensor;
  /** standardised values, and 1 / standard deviation of each group, as {@link normGradient} wants them */
  readonly saved: readonly [Tensor, Tensor];
}

/** Standardises over the last axis. */
function standardise(x: Tensor): [Tensor, Tensor] {
  const centred = sub(x, mean(x, -1, true));
  const inverse = rsqrt(add(mean(square(centred), -1, true), NORM_EPSILON));
  return [mul(centred, inverse), inverse];
}

/** Gradient of {@link standardise}. */
function throughStandardise(dy: Tensor, values: Tensor, inverse: Tensor): Tensor {
  const direct = sub(dy, mean(dy, -1, true));
  return mul(inverse, sub(direct, mul(values, mean(mul(dy, values), -1, true))));
}

/** Layer norm over the last axis, then scale and offset. */
export function layerNorm(x: Tensor, scale: Tensor, offset: Tensor): Normalised {
  const [values, inverse] = standardise(x);
  return { y: add(mul(values, scale), offset), saved: [values, inverse] };
}

/** Gradients of {@link layerNorm}: of x, scale and offset. */
export function layerNormGradient(
  dy: Tensor,
  [values, inverse]: readonly [Tensor, Tensor],
  scale: Tensor,
): [Tensor, Tensor, Tensor] {
  const axes = dy.shape.slice(0, -1).map((_, axis) => axis);
  return [throughStandardise(mul(dy, scale), values, inverse), sum(mul(dy, values), axes), sum(dy, axes)];
}

/** Group norm over [rows, height, width, channels], then scale and offset a channel. */
export function groupNorm(x: Tensor, groups: number, scale: Tensor, offset: Tensor): Normalised {
  const [grouped, inverse] = standardise(toGroups(x, groups));
  const values = fromGroups(grouped, x.shape, groups);
  return { y: add(mul(values, scale), offset), saved: [values, inverse] };
}

/** Gradients of {@link groupNorm}: of x, scale and offset. */
export function groupNormGradient(
  dy: Tensor,
  [values, inverse]: readonly [Tensor, Tensor],
  groups: number,
  scale: Tensor,
): [Tensor, Tensor, Tensor] {
  const dx = throughStandardise(toGroups(mul(dy, scale), groups), toGroups(values, groups), inverse);
  return [fromGroups(dx, dy.shape, groups), sum(mul(dy, values), [0, 1, 2]), sum(dy, [0, 1, 2])];
}

export function groupNormLayer(groups: number, activation: Activation): Layer {
  return {
    forward(x, weights) {
      const { y, saved } = groupNorm(x, groups, entry(weights, 0), entry(weights, 1));
      const out = activate(activation, y);
      return { y: out, saved: [...saved, out] };
    },
    backward(dy, saved, weights) {
      const [values, inverse, out] = saved as [Tensor, Tensor, Tensor];
      const dz = throughActivation(activation, dy, out);
      const [dx, ...gradients] = groupNormGradient(dz, [values, inverse], groups, entry(weights, 0));
      return { dx, gradients };
    },
  };
}

/** [rows, height, width, channels] to [rows, groups, height x width x channels / groups] */
function toGroups(x: Tensor, groups: number): Tensor {
  const [rows, height, width, channels] = x.shape as [number, number, number, number];
  const parted = reshape(x, [rows, height * width, groups, channels / groups]);
  return reshape(transpose(parted, [0, 2, 1, 3]), [rows, groups, -1]);
}

function fromGroups(x: Tensor, shape: readonly number[], groups: number): Tensor {
  const [rows, height, width, channels] = shape as [number, number, number, number];
  const parted = reshape(x, [rows, groups, height * width, channels / groups]);
  return reshape(transpose(parted, [0, 2, 1, 3]), [rows, height, width, channels]);
}
