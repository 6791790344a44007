/**
 * The forward pass of any model over typed arrays, without a tensor library: what the relay, a verifier and the tests predict with, and
 * the oracle of the trainer's self-test. All in float64, a plain loop a layer: results differ from a tfjs backend by a few 1e-7;
 * nothing that people must agree on bit by bit depends on it. Right, not fast: a convolution takes 50 times as long as on a backend.
 */
import { check } from '../core/errors.ts';
import type { Target } from '../protocol/target.ts';
import { type LayerPlan, type ModelUse, planModel, sizeOf } from '../protocol/model-shapes.ts';
import type { LayerSpec } from '../protocol/model-spec.ts';
import { conv1d } from './layers/conv1d.ts';
import { conv2d } from './layers/conv2d.ts';
import { dense } from './layers/dense.ts';
import { embedding } from './layers/embedding.ts';
import { gru } from './layers/gru.ts';
import { type ReferenceArgs, sigmoid } from './layers/layer.ts';
import { maxOver } from './layers/max-over.ts';
import { maxPool } from './layers/max-pool.ts';
import { meanPool } from './layers/mean-pool.ts';
import { groupNorm } from './layers/norm.ts';
import { residual } from './layers/residual.ts';
import { transformer } from './layers/transformer.ts';
import { weightLayout } from './spec.ts';

type Reference<Kind extends LayerSpec['kind']> = (args: ReferenceArgs<Kind>) => Float64Array;

const LAYERS: { readonly [Kind in LayerSpec['kind']]: Reference<Kind> } = {
  dense,
  conv1d,
  conv2d,
  'max-over': maxOver,
  'max-pool': maxPool,
  'mean-pool': meanPool,
  flatten: ({ x }) => x,
  'group-norm': groupNorm,
  residual,
  embedding,
  gru,
  transformer,
};

/**
 * Scores of examples.
 * @param weights flat, in the order of weightLayout
 * @param features examples x the example's shape, row-major, normalised
 * @returns binary: the probability of label 1 of each example; classes: a probability a class; value: a number; next: a
 * probability a character at every step; each examples x the model's outputs
 * @throws MurmurError bad-input when lengths do not fit
 */
export function predict(use: ModelUse, weights: Float32Array, features: Float32Array, examples: number): Float32Array {
  if (examples === 0) return new Float32Array(0);
  const { layers, input, target } = planModel(use);
  check(
    Number.isInteger(examples) && examples > 0 && features.length === examples * sizeOf(input),
    `${features.length} values are not ${examples} examples of ${sizeOf(input)}`,
  );
  const parameters = layerWeights(use, Float64Array.from(weights));
  let x: Float64Array = Float64Array.from(features);
  for (const [i, plan] of layers.entries()) {
    const isLast = i === layers.length - 1;
    x = forwardLayer(isLast ? { ...plan, layer: linear(plan.layer) } : plan, parameters[i] ?? [], x, examples);
  }
  return scoresOf(target, x);
}

/** The weights of each layer as views of one flat vector, in the order of its plan's parameters. */
export function layerWeights(use: ModelUse, flat: Float64Array): readonly (readonly Float64Array[])[] {
  const { tensors, length } = weightLayout(use);
  check(flat.length === length, `expected ${length} weights, got ${flat.length}`);
  const views: Float64Array[][] = use.model.layers.map(() => []);
  for (const { layer, offset, length: size } of tensors) views[layer]?.push(flat.subarray(offset, offset + size));
  return views;
}

/** One layer. @param x examples x the plan's input */
export function forwardLayer(
  { layer, input, output, adapter }: Pick<LayerPlan, 'layer' | 'input' | 'output' | 'adapter'>,
  weights: readonly Float64Array[],
  x: Float64Array,
  examples: number,
): Float64Array {
  // One function a kind, chosen by the layer's own kind: the pair fits, which the type of a union cannot say.
  const reference = LAYERS[layer.kind] as (args: unknown) => Float64Array;
  return reference({ layer, input, output, adapter, weights, x, examples });
}

/** The last layer without its activation: what it makes are logits. */
export function linear(layer: LayerSpec): LayerSpec {
  return layer.kind === 'dense' ? { ...layer, activation: 'linear' } : layer;
}

/** What a model says, from the numbers before the last activation. */
export function scoresOf(target: Target, logits: ArrayLike<number>): Float32Array {
  switch (target.kind) {
    case 'value':
      return Float32Array.from(logits);
    case 'binary':
      return Float32Array.from(logits, sigmoid);
    case 'classes':
      return softmax(logits, target.names.length);
    case 'next':
      return softmax(logits, target.characters);
  }
}

function softmax(logits: ArrayLike<number>, width: number): Float32Array {
  const scores = new Float32Array(logits.length);
  for (let start = 0; start < logits.length; start += width) {
    let largest = -Infinity;
    for (let i = start; i < start + width; i++) largest = Math.max(largest, logits[i] as number);
    let total = 0;
    for (let i = start; i < start + width; i++) total += Math.exp((logits[i] as number) - largest);
    for (let i = start; i < start + width; i++) scores[i] = Math.exp((logits[i] as number) - largest) / total;
  }
  return scores;
}
