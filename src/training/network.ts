/**
 * The network of a task's model as device tensors: forward pass, hand-written backward pass, one SGD step.
 *
 * The backward pass is written out, a file a layer (layers/), instead of recorded on tfjs's gradient tape: it needs
 * no gradient registry (18 kB gzipped with tfjs-core, 92 kB with tfjs-layers), computes the loss only when somebody asks for it,
 * and takes a half to a third of a taped step of a small model (bench/training.ts). What keeps it honest: self-test.ts
 * checks it by numerical differentiation on every start, and network.test.ts against the tape of @tensorflow/tfjs.
 *
 * Imports come from @tensorflow/tfjs-core, not from @tensorflow/tfjs, whose entry carries the data and converter packages and
 * two backends (342 kB gzipped instead of 29).
 *
 * Objective: the loss of the target (losses.ts), plus l2 times the squared norm of all kernels.
 */
import {
  type Scalar,
  type Tensor,
  type Tensor2D,
  add,
  addN,
  div,
  minimum,
  mul,
  sqrt,
  square,
  sub,
  sum,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { check } from '../core/errors.ts';
import { linear } from '../model/forward.ts';
import { type WeightTensor, weightLayout } from '../model/spec.ts';
import { labelWidth, type Target } from '../protocol/target.ts';
import { type ModelUse, type Shape, planModel, sizeOf } from '../protocol/model-shapes.ts';
import { createLayer } from './layers/index.ts';
import type { Pass, TrainingLayer } from './layers/layer.ts';
import { lossGradient } from './losses.ts';

interface PlacedLayer extends TrainingLayer {
  /** its weights' places among the network's tensors */
  readonly start: number;
  readonly end: number;
}

export interface Network {
  readonly use: ModelUse;
  /** shape of one example, and its numbers */
  readonly input: Shape;
  readonly inputWidth: number;
  readonly outputWidth: number;
  readonly labelWidth: number;
  readonly target: Target;
  readonly layers: readonly PlacedLayer[];
  readonly tensors: readonly WeightTensor[];
  readonly weightCount: number;
}

/**
 * The layers with their places in the flat vector (src/model's weightLayout).
 * @throws MurmurError bad-input for a model that does not fit its examples or its target
 */
export function planNetwork(use: ModelUse): Network {
  const plan = planModel(use);
  const { tensors } = weightLayout(use);
  let start = 0;
  const layers = plan.layers.map((each, i) => {
    const end = start + each.parameters.length;
    // The loss has the last activation in it.
    const layer = createLayer(i === plan.layers.length - 1 ? { ...each, layer: linear(each.layer) } : each);
    const placed = { ...layer, start, end };
    start = end;
    return placed;
  });
  return {
    use,
    input: plan.input,
    inputWidth: sizeOf(plan.input),
    outputWidth: sizeOf(plan.output),
    labelWidth: labelWidth(plan.target),
    target: plan.target,
    layers,
    tensors,
    weightCount: plan.weightCount,
  };
}

/** Copies a flat vector of the model's length to the device, a tensor a weight tensor. The caller disposes them. */
export function uploadWeights(network: Network, weights: Float32Array): Tensor[] {
  check(weights.length === network.weightCount, `the model has ${network.weightCount} weights, not ${weights.length}`);
  // Copies: the cpu backend keeps the array that it is given.
  return network.tensors.map(({ shape, offset, length }) =>
    tensor(weights.slice(offset, offset + length), [...shape], 'float32'),
  );
}

/** Reads all weights into one flat vector, without blocking. */
export async function downloadWeights(network: Network, tensors: readonly Tensor[]): Promise<Float32Array> {
  const flat = new Float32Array(network.weightCount);
  const parts = await Promise.all(tensors.map((part) => part.data<'float32'>()));
  for (const [i, part] of parts.entries()) flat.set(part, (network.tensors[i] as WeightTensor).offset);
  return flat;
}

export function disposeTensors(tensors: readonly Tensor[]): void {
  for (const each of tensors) each.dispose();
}

/** What a forward pass leaves for the backward pass. */
export interface ForwardPass {
  readonly passes: readonly Pass[];
  /** examples x outputs: the last layer without its activation */
  readonly logits: Tensor;
}

/** Call within tidy. @param x examples x the example's shape */
export function forward(network: Network, weights: readonly Tensor[], x: Tensor): ForwardPass {
  const passes: Pass[] = [];
  let value = x;
  for (const layer of network.layers) {
    const pass = layer.forward(value, weights.slice(layer.start, layer.end));
    passes.push(pass);
    value = pass.y;
  }
  return { passes, logits: value };
}

/**
 * Gradient of all weights from the gradient at the logits. Call within tidy. It is linear in `error`, so a factor given there (1 / rows, or
 * learning rate / rows) costs one product of the width of the output instead of one a weight.
 */
export function backward(
  network: Network,
  weights: readonly Tensor[],
  { passes }: ForwardPass,
  error: Tensor,
): Tensor[] {
  const gradients = new Array<Tensor>(weights.length);
  let dy: Tensor | undefined = error;
  for (let i = network.layers.length - 1; i >= 0 && dy !== undefined; i--) {
    const layer = network.layers[i] as PlacedLayer;
    const { saved } = passes[i] as Pass;
    const result = layer.backward(dy, saved, weights.slice(layer.start, layer.end), i > 0);
    for (const [k, gradient] of result.gradients.entries()) gradients[layer.start + k] = gradient;
    dy = result.dx;
  }
  return gradients;
}

/** Constants of a step on the device. */
export interface StepFactors {
  /** learning rate / predictions of the batch */
  readonly deltaScale: Scalar;
  /** factor of each weight tensor before the step (l2 of the kernels, proximal term); all or none */
  readonly decay?: readonly (Scalar | undefined)[] | undefined;
  /** added to each weight tensor (proximal term, correction); all or none */
  readonly shift?: readonly Tensor[] | undefined;
  /** learning rate times the largest norm of the batch's gradient; without it nothing is clipped */
  readonly clip?: number | undefined;
}

export type StepResult = { weights: Tensor[]; logits: Tensor | undefined };

/**
 * One step of SGD on one batch: w' = decay · w + shift − deltaScale · gradient. New weights are returned and the old ones are disposed;
 * nothing is read back.
 * @param labels [examples · labelWidth, 1]
 * @param keepLogits whether the logits before the step are returned too, for the caller to read and dispose
 */
export function sgdStep(
  network: Network,
  weights: readonly Tensor[],
  { x, labels }: { readonly x: Tensor; readonly labels: Tensor2D },
  factors: StepFactors,
  keepLogits: boolean,
): StepResult {
  const result: StepResult = tidy(() => {
    const pass = forward(network, weights, x);
    const error = mul(lossGradient(network.target, pass.logits, labels), factors.deltaScale);
    const changes = backward(network, weights, pass, error);
    return { weights: applyStep(weights, changes, factors), logits: keepLogits ? pass.logits : undefined };
  });
  disposeTensors(weights);
  return result;
}

/** What follows the gradient in a step: changes are clipped together, then applied. Call within tidy. */
export function applyStep(
  weights: readonly Tensor[],
  changes: readonly Tensor[],
  factors: Pick<StepFactors, 'decay' | 'shift' | 'clip'>,
): Tensor[] {
  return applyChanges(weights, factors.clip === undefined ? changes : clipNorm(changes, factors.clip), factors);
}

/** decay · w + shift − change, of every tensor. Call within tidy. */
export function applyChanges(
  weights: readonly Tensor[],
  changes: readonly Tensor[],
  { decay, shift }: Pick<StepFactors, 'decay' | 'shift'>,
): Tensor[] {
  return weights.map((weight, i) => {
    const factor = decay?.[i];
    const moved = shift?.[i];
    const shrunk = factor === undefined ? weight : mul(weight, factor);
    return sub(moved === undefined ? shrunk : add(shrunk, moved), changes[i] as Tensor);
  });
}

/** Scales all tensors together to a norm of at most `largest` (Pascanu, Mikolov and Bengio 2013). Call within tidy. */
function clipNorm(tensors: readonly Tensor[], largest: number): Tensor[] {
  const norm = sqrt(addN(tensors.map((each) => sum(square(each)))));
  const factor = minimum(1, div(largest, add(norm, TINY)));
  return tensors.map((each) => mul(each, factor));
}

/** Keeps a norm of zero from dividing. */
const TINY = 1e-20;
