/**
 * Which of a model's weights all sites learn together, which stay as they are, and which each site learns for itself: a pure function of
 * the model. Everything that is sent or that the server keeps (update, control variate, moments, noise) has the length of the shared part.
 *
 * - shared: trained, masked, sent, folded
 * - frozen: used, never changed: a layer beside an adapter
 * - private: trained; never leaves its site, whose own values the checkpoint does not have
 *
 * A private layer is learnt whole, with or without an adapter in the others.
 */
import type { ModelSpec } from './model-spec.ts';

export type Part = 'shared' | 'frozen' | 'private';

/** A dense layer's adapter: x · kernel + scale · x · A · B. */
export interface AdapterPlan {
  readonly rank: number;
  /** alpha / rank */
  readonly scale: number;
}

/** Of a layer's own weights. @param index of the layer */
export function layerPart(model: ModelSpec, index: number): Part {
  if (model.private?.includes(index)) return 'private';
  if (model.adapter === undefined) return 'shared';
  return isHead(model, index) && model.adapter.head === 'trained' ? 'shared' : 'frozen';
}

/** A layer's adapter; undefined where it has none. */
export function layerAdapter(model: ModelSpec, index: number): AdapterPlan | undefined {
  const { adapter, layers } = model;
  if (adapter === undefined || layers[index]?.kind !== 'dense' || layerPart(model, index) !== 'frozen')
    return undefined;
  return { rank: adapter.rank, scale: adapter.alpha / adapter.rank };
}

interface Sizes {
  /** of each layer: its own weights, without its adapter's */
  readonly own: readonly number[];
  /** of each layer: those of its adapter */
  readonly adapter: readonly number[];
}

/** What is wrong with a model's parts: the place in the model, and what; undefined when nothing is. */
export function partsTrouble(
  model: ModelSpec,
  { own, adapter }: Sizes,
): readonly [path: string, what: string] | undefined {
  for (const [i, index] of (model.private ?? []).entries()) {
    const path = `private.${i}`;
    if (index >= own.length) return [path, `there is no layer ${index + 1}`];
    if (i > 0 && index <= (model.private?.[i - 1] ?? -1))
      return [path, 'private layers are listed in order, each once'];
    if (own[index] === 0) return [path, `layer ${index + 1} (${model.layers[index]?.kind ?? ''}) has nothing to learn`];
  }
  if (model.adapter !== undefined) {
    const { rank } = model.adapter;
    for (const [i, size] of adapter.entries()) {
      if (size > 0 && size >= (own[i] ?? 0))
        return ['adapter.rank', `an adapter of rank ${rank} is no smaller than layer ${i + 1}, which it adapts`];
    }
    if (adapter.every((size) => size === 0)) return ['adapter', 'no dense layer is left to adapt'];
  }
  const isShared =
    own.some((size, i) => size > 0 && layerPart(model, i) === 'shared') || adapter.some((size) => size > 0);
  return isShared ? undefined : ['private', 'every layer is private, so nothing is left to learn together'];
}

function isHead({ layers }: ModelSpec, index: number): boolean {
  return index === layers.length - 1;
}
