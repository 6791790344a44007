/** What the reference of every layer has in common: float64 arrays, row-major, examples first. */
import type { AdapterPlan } from '../../protocol/model-parts.ts';
import type { Activation, LayerSpec } from '../../protocol/model-spec.ts';
import type { Shape } from '../../protocol/model-shapes.ts';

export interface ReferenceArgs<Kind extends LayerSpec['kind']> {
  readonly layer: Extract<LayerSpec, { readonly kind: Kind }>;
  /** shapes of one example */
  readonly input: Shape;
  readonly output: Shape;
  readonly adapter?: AdapterPlan | undefined;
  /** in the order of the plan's parameters */
  readonly weights: readonly Float64Array[];
  /** examples x input */
  readonly x: Float64Array;
  readonly examples: number;
}

const ACTIVATIONS: Readonly<Record<Activation, (x: number) => number>> = {
  relu: (x) => (x > 0 ? x : 0),
  tanh: Math.tanh,
  linear: (x) => x,
  sigmoid,
};

export function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

/** Applies an activation in place. */
export function activate(values: Float64Array, activation: Activation): Float64Array {
  if (activation === 'linear') return values;
  const apply = ACTIVATIONS[activation];
  for (let i = 0; i < values.length; i++) values[i] = apply(values[i] as number);
  return values;
}

/**
 * x · kernel + bias for every row of x.
 * @param x rows x inputs @param kernel inputs x outputs, row-major, of which `outputs` columns from `from` on are taken
 */
export function product(
  x: Float64Array,
  kernel: Float64Array,
  outputs: number,
  { bias, width = outputs, from = 0 }: { bias?: Float64Array | undefined; width?: number; from?: number } = {},
): Float64Array {
  const inputs = kernel.length / width;
  const rows = x.length / inputs;
  const y = new Float64Array(rows * outputs);
  for (let row = 0; row < rows; row++) {
    const to = row * outputs;
    if (bias !== undefined) y.set(bias, to);
    for (let i = 0; i < inputs; i++) {
      const value = x[row * inputs + i] as number;
      if (value === 0) continue;
      const at = i * width + from;
      for (let j = 0; j < outputs; j++) y[to + j] = (y[to + j] as number) + value * (kernel[at + j] as number);
    }
  }
  return y;
}

/** Sum of two arrays of one length. */
export function plus(a: Float64Array, b: Float64Array): Float64Array {
  return a.map((value, i) => value + (b[i] as number));
}
