/**
 * A task's model as device tensors: forward pass, hand-written backward pass, one step of SGD. A layer a file in layers/, a loss a target in
 * losses.ts.
 *
 * The backward pass is written out (Rumelhart, Hinton and Williams 1986) instead of recorded on tfjs's gradient tape: it needs
 * no gradient registry (18 kB gzipped with tfjs-core, 92 kB with tfjs-layers), computes the loss only when somebody asks for it,
 * and takes a half to a third of a taped step of a small model (bench/training.ts). What keeps it honest: self-test.ts
 * checks it by numerical differentiation on every start, and network.test.ts against the tape of @tensorflow/tfjs.
 *
 * Imports come from @tensorflow/tfjs-core, not from @tensorflow/tfjs, whose entry carries the data and converter packages and
 * two backends (342 kB gzipped instead of 29).
 *
 * Objective: mean over the batch of the target's loss, plus l2 times the squared norm of all kernels, plus proximal / 2 times the squared
 * distance to the weights received (FedProx), plus correction · weights (SCAFFOLD).
 */
import { type Scalar, type Tensor, add, mul, sub, tensor, tidy } from '@tensorflow/tfjs-core';
import { check } from '../core/errors.ts';
import { type WeightTensor, weightLayout } from '../model/spec.ts';
import { type LayerPlan, type ModelPlan, type ModelUse, planModel } from '../protocol/model-shapes.ts';
import { conv1d, conv2d } from './layers/convolution.ts';
import { dense } from './layers/dense.ts';
import { embedding } from './layers/embedding.ts';
import { gru } from './layers/gru.ts';
import type { Layer } from './layers/layer.ts';
import { groupNormLayer } from './layers/norm.ts';
import { flatten, maxOver, maxPool2d, meanPool } from './layers/pooling.ts';
import { residual } from './layers/residual.ts';
import { transformer } from './layers/transformer.ts';
import { outputError } from './losses.ts';

export interface Network {
  readonly plan: ModelPlan;
  readonly layers: readonly Layer[];
  /** of each layer, the first of its tensors and the one after its last */
  readonly ranges: readonly (readonly [number, number])[];
  /** the flat weight vector's tensors, in order */
  readonly tensors: readonly WeightTensor[];
  readonly weightCount: number;
}

/** @throws MurmurError bad-input for layers that do not fit each other, the examples or the target */
export function planNetwork(use: ModelUse): Network {
  const plan = planModel(use);
  const last = plan.layers.length - 1;
  const layers = plan.layers.map((layer, index) => createLayer(layer, index === last));
  const { tensors, length } = weightLayout(use);
  let end = 0;
  const ranges = plan.layers.map(({ parameters }): [number, number] => [end, (end += parameters.length)]);
  return { plan, layers, ranges, tensors, weightCount: length };
}

/** @param isLast its activation belongs to the loss */
function createLayer({ layer }: LayerPlan, isLast: boolean): Layer {
  switch (layer.kind) {
    case 'dense':
      return dense(isLast ? 'linear' : layer.activation);
    case 'conv2d':
      return conv2d(layer);
    case 'conv1d':
      return conv1d(layer);
    case 'max-pool':
      return maxPool2d(layer.size);
    case 'mean-pool':
      return meanPool();
    case 'max-over':
      return maxOver();
    case 'flatten':
      return flatten();
    case 'group-norm':
      return groupNormLayer(layer.groups, layer.activation);
    case 'residual':
      return residual(layer);
    case 'embedding':
      return embedding(layer.codes, layer.units);
    case 'gru':
      return gru(layer.units, layer.sequences);
    case 'transformer':
      return transformer(layer.heads, layer.causal);
  }
}

/** Copies a flat weight vector to the device, tensor by tensor. The caller disposes them. */
export function uploadWeights({ tensors, weightCount }: Network, weights: Float32Array): Tensor[] {
  check(weights.length === weightCount, `the model has ${weightCount} weights, not ${weights.length}`);
  // Copies: the cpu backend keeps the array that it is given.
  return tensors.map(({ shape, offset, length }) =>
    tensor(weights.slice(offset, offset + length), [...shape], 'float32'),
  );
}

/** Reads all weights into one flat vector, without blocking. */
export async function downloadWeights(
  { tensors, weightCount }: Network,
  values: readonly Tensor[],
): Promise<Float32Array> {
  const flat = new Float32Array(weightCount);
  const parts = await Promise.all(values.map((value) => value.data<'float32'>()));
  for (const [i, part] of parts.entries()) flat.set(part, tensors[i]?.offset ?? 0);
  return flat;
}

export function disposeWeights(values: readonly Tensor[]): void {
  for (const value of values) value.dispose();
}

/** What {@link backward} needs of a forward pass. */
export interface Pass {
  readonly saved: readonly (readonly Tensor[])[];
  /** [rows, ...outputs], before sigmoid or softmax */
  readonly logits: Tensor;
}

/** @param features [rows, ...shape of an example]. Call within tidy. */
export function forward(network: Network, weights: readonly Tensor[], features: Tensor): Pass {
  const saved: (readonly Tensor[])[] = [];
  let x = features;
  for (const [i, layer] of network.layers.entries()) {
    const pass = layer.forward(x, weightsOf(network, weights, i));
    saved.push(pass.saved);
    x = pass.y;
  }
  return { saved, logits: x };
}

/** The output alone: what scoring needs. Frees each layer's tensors as it goes. */
export function infer(network: Network, weights: readonly Tensor[], features: Tensor): Tensor {
  return network.layers.reduce(
    (x, layer, i) => tidy(() => layer.forward(x, weightsOf(network, weights, i)).y),
    features,
  );
}

/**
 * Gradient of the sum of the rows' losses, times `scale`: 1 / rows for that of the mean. Call within tidy.
 * @param labels one row a row of the batch, labelWidth each
 * @returns one tensor a weight tensor, in the order of the flat vector
 */
export function backward(
  network: Network,
  weights: readonly Tensor[],
  { saved, logits }: Pass,
  labels: Tensor,
  scale: Scalar,
): Tensor[] {
  const gradients: (readonly Tensor[])[] = [];
  let dy: Tensor = mul(outputError(network.plan.target, logits, labels), scale);
  for (let i = network.layers.length - 1; i >= 0; i--) {
    const layer = network.layers[i] as Layer;
    const result = layer.backward(dy, saved[i] as readonly Tensor[], weightsOf(network, weights, i), i > 0);
    gradients[i] = result.gradients;
    if (result.dx === undefined) break;
    dy = result.dx;
  }
  return gradients.flat();
}

/** Constants of a step on the device. */
export interface StepFactors {
  /** learning rate / rows */
  readonly deltaScale: Scalar;
  /** what a kernel is multiplied with: 1 − 2 · learning rate · l2 − learning rate · proximal; absent when 1 */
  readonly kernelDecay?: Scalar | undefined;
  /** the same for all other weights: 1 − learning rate · proximal */
  readonly otherDecay?: Scalar | undefined;
  /** learning rate · (proximal · weights received − correction), a tensor a weight tensor */
  readonly pull?: readonly Tensor[] | undefined;
}

/** New weights, and the logits before the step if they were asked for. A type, because tidy takes no interface. */
export type StepResult = { weights: Tensor[]; logits: Tensor | undefined };

/**
 * One step of SGD on one batch. New weights are returned and the old ones are disposed; nothing is read back.
 * @param keepLogits whether the logits before the step are returned too, for the caller to read and dispose
 */
export function sgdStep(
  network: Network,
  weights: readonly Tensor[],
  features: Tensor,
  labels: Tensor,
  factors: StepFactors,
  keepLogits: boolean,
): StepResult {
  const result: StepResult = tidy(() => {
    const pass = forward(network, weights, features);
    const changes = backward(network, weights, pass, labels, factors.deltaScale);
    return {
      weights: applyChanges(network, weights, changes, factors),
      logits: keepLogits ? pass.logits : undefined,
    };
  });
  disposeWeights(weights);
  return result;
}

/** New weights from old ones and what is to be taken from them. Call within tidy. */
export function applyChanges(
  { tensors }: Network,
  weights: readonly Tensor[],
  changes: readonly Tensor[],
  { kernelDecay, otherDecay, pull }: Omit<StepFactors, 'deltaScale'>,
): Tensor[] {
  return weights.map((weight, i) => {
    const decay = tensors[i]?.role === 'kernel' ? kernelDecay : otherDecay;
    const shrunk = decay === undefined ? weight : mul(weight, decay);
    const next = sub(shrunk, changes[i] as Tensor);
    const pulled = pull?.[i];
    return pulled === undefined ? next : add(next, pulled);
  });
}

function weightsOf({ ranges }: Network, weights: readonly Tensor[], layer: number): readonly Tensor[] {
  const [from, to] = ranges[layer] as readonly [number, number];
  return weights.slice(from, to);
}
