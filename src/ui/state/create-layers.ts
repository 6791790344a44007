/**
 * The layers of an own model as they are entered. Which layers there are and within what bounds is said once, here, and held against the
 * schema by a test; whether they fit each other is the worker's to say (planTask).
 */
import type { LayerSpec } from '../../protocol/model-spec.ts';
import type { Entries } from './create-entries.ts';

export type LayerKind = LayerSpec['kind'];

export interface LayerForm {
  /** unlike every other one's of the list; keeps the focus in place when layers change places */
  readonly id: number;
  readonly kind: LayerKind;
  /** of every parameter, as typed or chosen */
  values: Record<string, string>;
}

/** A number within bounds, or one of some words. */
export type LayerParameter =
  | { readonly name: string; readonly least: number; readonly most: number; readonly usual: string }
  | { readonly name: string; readonly options: readonly string[] };

const whole = (name: string, most: number, usual: number, least = 1): LayerParameter => ({
  ...{ name, least, most },
  usual: String(usual),
});
const activation: LayerParameter = { name: 'activation', options: ['relu', 'tanh', 'linear', 'sigmoid'] };
const padding: LayerParameter = { name: 'padding', options: ['same', 'valid'] };
const flag = (name: string): LayerParameter => ({ name, options: ['false', 'true'] });

/** An embedding's number of codes follows from the alphabet. */
export const LAYERS: Readonly<Record<LayerKind, readonly LayerParameter[]>> = {
  dense: [whole('units', 4096, 32), activation],
  conv2d: [whole('filters', 512, 16), whole('size', 11, 3), whole('stride', 4, 1), padding, activation],
  conv1d: [whole('filters', 512, 16), whole('size', 65, 5), whole('stride', 8, 1), padding, activation],
  'max-pool': [whole('size', 8, 2, 2)],
  'mean-pool': [],
  'max-over': [],
  flatten: [],
  'group-norm': [whole('groups', 64, 4), activation],
  residual: [whole('filters', 512, 16), whole('stride', 4, 1), whole('groups', 64, 4)],
  embedding: [whole('units', 512, 32)],
  gru: [whole('units', 512, 32), flag('sequences')],
  transformer: [whole('heads', 16, 4), flag('causal')],
};
export const LAYER_KINDS = Object.keys(LAYERS) as readonly LayerKind[];
/** Most layers that a person adds; the last one of the model comes on top. */
export const MAX_LAYERS = 31;

/** A new layer with usual values, at the end. @param ordered the model has to answer at every place of a text */
export function addLayer(layers: LayerForm[], kind: LayerKind, ordered: boolean): void {
  const values = Object.fromEntries(LAYERS[kind].map((each) => [each.name, usualOf(each, ordered)]));
  layers.push({ id: freshId(layers), kind, values });
}

/** Swaps a layer with its neighbour. @param by −1 or 1 */
export function moveLayer(layers: LayerForm[], index: number, by: -1 | 1): void {
  const [from, to] = [layers[index], layers[index + by]];
  if (from === undefined || to === undefined) return;
  layers[index] = to;
  layers[index + by] = from;
}

/** Layers of a model as they would have been entered, e.g. a preset's. */
export function layersOf(specs: readonly LayerSpec[]): LayerForm[] {
  return specs.map((spec, id) => {
    const given: Readonly<Record<string, unknown>> = spec;
    return {
      id,
      kind: spec.kind,
      values: Object.fromEntries(LAYERS[spec.kind].map(({ name }) => [name, String(given[name])])),
    };
  });
}

export function readLayers(entries: Entries, layers: readonly LayerForm[]): readonly LayerSpec[] {
  if (layers.length > MAX_LAYERS) entries.wrong('model', { kind: 'outside', least: 0, most: MAX_LAYERS });
  return layers.map(({ kind, values }, index) => {
    const given = LAYERS[kind].map((each) => {
      const typed = values[each.name] ?? '';
      if ('options' in each) return [each.name, typed === 'true' ? true : typed === 'false' ? false : typed] as const;
      return [each.name, entries.whole(`layers.${index}.${each.name}`, typed, each.least, each.most)] as const;
    });
    // The worker puts the number of codes in.
    return { kind, ...(kind === 'embedding' && { codes: 2 }), ...Object.fromEntries(given) } as LayerSpec;
  });
}

function usualOf(parameter: LayerParameter, ordered: boolean): string {
  if (!('options' in parameter)) return parameter.usual;
  return parameter.options[0] === 'false' ? String(ordered) : (parameter.options[0] as string);
}

function freshId(layers: readonly LayerForm[]): number {
  return layers.reduce((most, { id }) => Math.max(most, id), -1) + 1;
}
