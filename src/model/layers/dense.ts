/**
 * [..., inputs] to [..., units]: activation(x · kernel + bias), with an adapter (Hu et al. 2021) activation(x · kernel + bias + scale · x · A · B).
 */
import { type ReferenceArgs, activate, plus, product } from './layer.ts';

export function dense({ layer, weights, x, adapter }: ReferenceArgs<'dense'>): Float64Array {
  const { units, activation } = layer;
  const [kernel, bias, a, b] = weights as [...[Float64Array, Float64Array], ...(Float64Array | undefined)[]];
  const y = product(x, kernel, units, { bias });
  if (adapter === undefined || a === undefined || b === undefined) return activate(y, activation);
  const { rank, scale } = adapter;
  const added = product(product(x, a, rank), b, units).map((value) => scale * value);
  return activate(plus(y, added), activation);
}
