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
  div,
  minimum,
  mul,
  sqrt,
  sub,
  tensor,
  tidy,
} from '@tensorflow/tfjs-core';
import { check } from '../core/errors.ts';
import { linear } from '../model/forward.ts';
import { type WeightTensor, weightLayout } from '../model/spec.ts';
import { labelWidth, type Target } from '../protocol/target.ts';
import { type ModelUse, type Shape, planModel, sizeOf } from '../protocol/model-shapes.ts';
import { createLayer } from './layers/index.ts';
import { type Pass, type TrainingLayer, total } from './layers/layer.ts';
import { lossGradient } from './losses.ts';
import { squaredNorm } from './squared-norm.ts';

interface PlacedLayer extends TrainingLayer {
  /** its weights' places among the network's tensors */
  readonly start: number;
  readonly end: number;
  /** place of its first gradient among those of the trained tensors */
  readonly firstGradient: number;
  /** whether it has weights that are trained */
  readonly learns: boolean;
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
  /** which of them are trained, by their places: all but the frozen */
  readonly trained: readonly number[];
  /** place of the first layer that learns: no gradient is wanted before it */
  readonly firstLearning: number;
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
  let firstGradient = 0;
  const layers = plan.layers.map((each, i) => {
    const end = start + each.parameters.length;
    // The loss has the last activation in it.
    const layer = createLayer(i === plan.layers.length - 1 ? { ...each, layer: linear(each.layer) } : each);
    const learning = each.parameters.filter(({ part }) => part !== 'frozen').length;
    const placed = { ...layer, start, end, firstGradient, learns: learning > 0 };
    start = end;
    firstGradient += learning;
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
    trained: tensors.flatMap(({ part }, i) => (part === 'frozen' ? [] : [i])),
    firstLearning: layers.findIndex(({ learns }) => learns),
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

/**
 * Reads what belongs to the trained tensors (they themselves, or their gradients) into a copy of a flat vector, without blocking.
 * @param values in the order of `network.trained` @param flat what the rest keeps
 */
export async function download(network: Network, values: readonly Tensor[], flat: Float32Array): Promise<Float32Array> {
  const all = flat.slice();
  const parts = await Promise.all(values.map((part) => part.data<'float32'>()));
  for (const [k, part] of parts.entries()) all.set(part, tensorAt(network, k).offset);
  return all;
}

/** The trained ones of the network's weights. */
export function trainedOf<T>({ trained }: Network, weights: readonly T[]): T[] {
  return trained.map((i) => weights[i] as T);
}

/** The k-th trained tensor. */
function tensorAt({ tensors, trained }: Network, k: number): WeightTensor {
  return tensors[trained[k] as number] as WeightTensor;
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
 * Gradient of all trained weights, in their order, from the gradient at the logits. Call within tidy. It is linear in `error`, so a factor given there (1 / rows, or
 * learning rate / rows) costs one product of the width of the output instead of one a weight.
 */
export function backward(
  network: Network,
  weights: readonly Tensor[],
  { passes }: ForwardPass,
  error: Tensor,
): Tensor[] {
  const { firstLearning } = network;
  const gradients = new Array<Tensor>(network.trained.length);
  let dy: Tensor | undefined = error;
  for (let i = network.layers.length - 1; i >= firstLearning && dy !== undefined; i--) {
    const layer = network.layers[i] as PlacedLayer;
    const { saved } = passes[i] as Pass;
    const own = weights.slice(layer.start, layer.end);
    const result = layer.backward(dy, saved, own, i > firstLearning, layer.learns);
    for (const [k, gradient] of result.gradients.entries()) gradients[layer.firstGradient + k] = gradient;
    dy = result.dx;
  }
  return gradients;
}

/** Constants of a step on the device. */
export interface StepFactors {
  /** learning rate / predictions of the batch */
  readonly deltaScale: Scalar;
  /** factor of each trained tensor before the step (l2 of the kernels, proximal term); all or none */
  readonly decay?: readonly (Scalar | undefined)[] | undefined;
  /** added to each trained tensor (proximal term, correction); all or none */
  readonly shift?: readonly Tensor[] | undefined;
  /** learning rate times the largest norm of the batch's gradient; without it nothing is clipped */
  readonly clip?: number | undefined;
}

export type StepResult = { weights: Tensor[]; logits: Tensor | undefined };

/**
 * One step of SGD on one batch: w' = decay · w + shift − deltaScale · gradient. New weights are returned and the old ones are disposed,
 * frozen ones stay as they are; nothing is read back.
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
    const next = applyStep(network, weights, changes, factors);
    return { weights: next, logits: keepLogits ? pass.logits : undefined };
  });
  disposeTensors(trainedOf(network, weights));
  return result;
}

/** What follows the gradient in a step: changes are clipped together, then applied. Call within tidy. */
export function applyStep(
  network: Network,
  weights: readonly Tensor[],
  changes: readonly Tensor[],
  factors: Pick<StepFactors, 'decay' | 'shift' | 'clip'>,
): Tensor[] {
  const clipped = factors.clip === undefined ? changes : clipNorm(changes, factors.clip);
  return applyChanges(network, weights, clipped, factors);
}

/** decay · w + shift − change, of every trained tensor; the frozen ones as they are. Call within tidy. */
export function applyChanges(
  { trained }: Network,
  weights: readonly Tensor[],
  changes: readonly Tensor[],
  { decay, shift }: Pick<StepFactors, 'decay' | 'shift'>,
): Tensor[] {
  const next = weights.slice();
  for (const [k, i] of trained.entries()) {
    const weight = weights[i] as Tensor;
    const factor = decay?.[k];
    const moved = shift?.[k];
    const shrunk = factor === undefined ? weight : mul(weight, factor);
    next[i] = sub(moved === undefined ? shrunk : add(shrunk, moved), changes[k] as Tensor);
  }
  return next;
}

/** Scales all tensors together to a norm of at most `largest` (Pascanu, Mikolov and Bengio 2013). Call within tidy. */
function clipNorm(tensors: readonly Tensor[], largest: number): Tensor[] {
  const norm = sqrt(total(tensors.map(squaredNorm)));
  const factor = minimum(1, div(largest, add(norm, TINY)));
  return tensors.map((each) => mul(each, factor));
}

/** Keeps a norm of zero from dividing. */
const TINY = 1e-20;
