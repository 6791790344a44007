/**
 * The dense network of a task's model as device tensors: forward pass, hand-written backward pass, one SGD step.
 *
 * The backward pass is written out (Rumelhart, Hinton and Williams 1986) instead of recorded on tfjs's gradient tape: it needs
 * no gradient registry (18 kB gzipped with tfjs-core, 92 kB with tfjs-layers), computes the loss only when somebody asks for it,
 * and takes a half to a third of a taped step of a small model (bench/training.ts). What keeps it honest: self-test.ts
 * checks it by numerical differentiation on every start, and network.test.ts against the tape of @tensorflow/tfjs.
 *
 * Imports come from @tensorflow/tfjs-core, not from @tensorflow/tfjs, whose entry carries the data and converter packages and
 * two backends (342 kB gzipped instead of 29).
 *
 * Objective: mean over the batch of the binary cross-entropy of sigmoid(logit), plus l2 times the squared norm of all kernels.
 */
import {
  type Scalar,
  type Tensor1D,
  type Tensor2D,
  fused,
  matMul,
  mul,
  sigmoid,
  square,
  step,
  sub,
  sum,
  tanh,
  tensor1d,
  tensor2d,
  tidy,
} from '@tensorflow/tfjs-core';
import { check } from '../core/errors.ts';
import { weightLayout } from '../model/spec.ts';
import type { ModelSpec } from '../protocol/task-spec.ts';

export type Activation = ModelSpec['layers'][number]['activation'];

/** One dense layer and its place in the flat weight vector: kernel [inputs, units] row-major, then bias [units]. */
export interface DensePlan {
  readonly inputs: number;
  readonly units: number;
  readonly activation: Activation;
  readonly kernelOffset: number;
  readonly biasOffset: number;
}

export interface Network {
  readonly inputWidth: number;
  readonly layers: readonly DensePlan[];
  readonly weightCount: number;
}

/** Weights of one layer on the device. */
export type LayerTensors = { kernel: Tensor2D; bias: Tensor1D };

/**
 * The layers with their places in the flat vector (src/model's weightLayout).
 * @throws MurmurError bad-input unless the last layer is one sigmoid unit
 */
export function planNetwork(spec: ModelSpec, inputWidth: number): Network {
  const last = spec.layers[spec.layers.length - 1];
  check(last?.units === 1 && last.activation === 'sigmoid', 'the last layer must be one sigmoid unit');
  const { tensors, length } = weightLayout(spec, inputWidth);
  let inputs = inputWidth;
  const layers = spec.layers.map(({ units, activation }, i) => {
    const layer = {
      inputs,
      units,
      activation,
      kernelOffset: tensors[2 * i]?.offset ?? 0,
      biasOffset: tensors[2 * i + 1]?.offset ?? 0,
    };
    inputs = units;
    return layer;
  });
  return { inputWidth, layers, weightCount: length };
}

/** Copies a flat weight vector to the device. The caller disposes the tensors. */
export function uploadWeights(network: Network, weights: Float32Array): LayerTensors[] {
  check(weights.length === network.weightCount, `the model has ${network.weightCount} weights, not ${weights.length}`);
  return network.layers.map(({ inputs, units, kernelOffset, biasOffset }) => ({
    // Copies: the cpu backend keeps the array that it is given.
    kernel: tensor2d(weights.slice(kernelOffset, biasOffset), [inputs, units]),
    bias: tensor1d(weights.slice(biasOffset, biasOffset + units)),
  }));
}

/** Reads all weights into one flat vector, without blocking. */
export async function downloadWeights(network: Network, tensors: readonly LayerTensors[]): Promise<Float32Array> {
  const flat = new Float32Array(network.weightCount);
  const parts = await Promise.all(
    tensors.flatMap(({ kernel, bias }) => [kernel.data<'float32'>(), bias.data<'float32'>()]),
  );
  let offset = 0;
  for (const part of parts) {
    flat.set(part, offset);
    offset += part.length;
  }
  return flat;
}

export function disposeWeights(tensors: readonly LayerTensors[]): void {
  for (const { kernel, bias } of tensors) {
    kernel.dispose();
    bias.dispose();
  }
}

/** Forward pass: the input of every layer, and the logits [rows, 1] (the last layer without its sigmoid). Call within tidy. */
export function forward(
  network: Network,
  weights: readonly LayerTensors[],
  features: Tensor2D,
): { inputs: Tensor2D[]; logits: Tensor2D } {
  const inputs: Tensor2D[] = [];
  let value = features;
  for (const [i, { activation }] of network.layers.entries()) {
    const { kernel, bias } = weights[i] as LayerTensors;
    inputs.push(value);
    const isLast = i === network.layers.length - 1;
    // wasm and webgpu fuse relu and sigmoid into the product, not tanh.
    const fusedActivation = isLast || activation === 'tanh' ? 'linear' : activation;
    value = fused.matMul({ a: value, b: kernel, bias, activation: fusedActivation }) as Tensor2D;
    if (!isLast && activation === 'tanh') value = tanh(value);
  }
  return { inputs, logits: value };
}

/**
 * Gradient of the mean cross-entropy (without l2), times `scale` times the number of rows. Call within tidy.
 * The gradient is linear in the error at the output, so a factor given here (1 / rows, or learning rate / rows) costs one product
 * of the width of the output instead of one a weight.
 * @param inputs and logits from {@link forward} @param labels [rows, 1], 0 or 1
 */
export function backward(
  network: Network,
  weights: readonly LayerTensors[],
  { inputs, logits }: { inputs: readonly Tensor2D[]; logits: Tensor2D },
  labels: Tensor2D,
  scale: Scalar,
): LayerTensors[] {
  const gradients = new Array<LayerTensors>(network.layers.length);
  // d(cross-entropy of sigmoid(z)) / dz = sigmoid(z) - label
  let delta: Tensor2D = mul(sub(sigmoid(logits), labels), scale);
  for (let i = network.layers.length - 1; i >= 0; i--) {
    const input = inputs[i] as Tensor2D;
    gradients[i] = { kernel: matMul(input, delta, true, false), bias: sum(delta, 0) };
    const before = network.layers[i - 1];
    if (before === undefined) break;
    const error: Tensor2D = matMul(delta, (weights[i] as LayerTensors).kernel, false, true);
    delta = throughActivation(before.activation, error, input);
  }
  return gradients;
}

/** Error before an activation, from the error after it and the activation's output. */
function throughActivation(activation: Activation, error: Tensor2D, output: Tensor2D): Tensor2D {
  switch (activation) {
    case 'linear':
      return error;
    case 'relu':
      return mul<Tensor2D>(error, step(output));
    case 'sigmoid':
      return mul(error, sub(output, square(output)));
    case 'tanh':
      return sub(error, mul(error, square(output)));
  }
}

/** Constants of a step on the device: learning rate / rows, and 1 - 2 · learning rate · l2 (absent without l2). */
export interface StepFactors {
  readonly deltaScale: Scalar;
  readonly decay: Scalar | undefined;
}

export type StepResult = { weights: LayerTensors[]; logits: Tensor2D | undefined };

/**
 * One step of SGD on one batch. New weights are returned and the old ones are disposed; nothing is read back.
 * @param keepLogits whether the logits before the step are returned too, for the caller to read and dispose
 */
export function sgdStep(
  network: Network,
  weights: readonly LayerTensors[],
  features: Tensor2D,
  labels: Tensor2D,
  { deltaScale, decay }: StepFactors,
  keepLogits: boolean,
): StepResult {
  const result: StepResult = tidy(() => {
    const pass = forward(network, weights, features);
    const changes = backward(network, weights, pass, labels, deltaScale);
    const next = weights.map(({ kernel, bias }, i) => {
      const change = changes[i] as LayerTensors;
      const shrunk: Tensor2D = decay === undefined ? kernel : mul(kernel, decay);
      return { kernel: sub<Tensor2D>(shrunk, change.kernel), bias: sub<Tensor1D>(bias, change.bias) };
    });
    return { weights: next, logits: keepLogits ? pass.logits : undefined };
  });
  disposeWeights(weights);
  return result;
}

/** Mean binary cross-entropy of logits against labels (0 or 1), in float64 and safe from overflow. */
export function meanCrossEntropy(logits: ArrayLike<number>, labels: ArrayLike<number>): number {
  let total = 0;
  for (let i = 0; i < logits.length; i++) {
    const z = logits[i] as number;
    total += Math.max(z, 0) - z * (labels[i] as number) + Math.log1p(Math.exp(-Math.abs(z)));
  }
  return total / logits.length;
}
