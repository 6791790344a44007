/**
 * Between all weights of a model and one part of them: shared weights, or private ones (src/protocol/model-parts.ts), side by side in the
 * order of the layout. A model without frozen and private layers is all shared; its shared part is the vector itself.
 */
import { check } from '../core/errors.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import type { Part } from '../protocol/model-parts.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type WeightLayout, weightLayout } from './spec.ts';

/**
 * The part of a vector.
 * @returns the vector itself, no copy, where all of it is of that part
 * @throws MurmurError bad-input when the vector is not as long as the layout
 */
export function gather(layout: WeightLayout, part: Part, weights: Float32Array): Float32Array {
  check(weights.length === layout.length, `expected ${layout.length} weights, got ${weights.length}`);
  const length = partLength(layout, part);
  if (length === layout.length) return weights;
  const values = new Float32Array(length);
  let at = 0;
  for (const tensor of layout.tensors) {
    if (tensor.part !== part) continue;
    values.set(weights.subarray(tensor.offset, tensor.offset + tensor.length), at);
    at += tensor.length;
  }
  return values;
}

/**
 * A vector with other values in one of its parts.
 * @returns a copy; `values` itself, no copy, where all of the vector is of that part
 * @throws MurmurError bad-input when a length does not fit
 */
export function scatter(layout: WeightLayout, part: Part, values: Float32Array, weights: Float32Array): Float32Array {
  check(weights.length === layout.length, `expected ${layout.length} weights, got ${weights.length}`);
  const length = partLength(layout, part);
  check(values.length === length, `expected ${length} ${part} weights, got ${values.length}`);
  if (length === layout.length) return values;
  const all = weights.slice();
  let at = 0;
  for (const tensor of layout.tensors) {
    if (tensor.part !== part) continue;
    all.set(values.subarray(at, at + tensor.length), tensor.offset);
    at += tensor.length;
  }
  return all;
}

/** A site's own model: the common one with the site's private weights; the common one where it has none yet. */
export function personal(use: ModelUse, model: Checkpoint, privateWeights: Float32Array | undefined): Checkpoint {
  if (privateWeights === undefined) return model;
  return { ...model, weights: scatter(weightLayout(use), 'private', privateWeights, model.weights) };
}

function partLength({ tensors }: WeightLayout, wanted: Part): number {
  return tensors.reduce((sum, { part, length }) => (part === wanted ? sum + length : sum), 0);
}
