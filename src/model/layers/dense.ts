/** [..., inputs] to [..., units]: activation(x · kernel + bias). */
import { type ReferenceArgs, activate, product } from './layer.ts';

export function dense({ layer, weights, x }: ReferenceArgs<'dense'>): Float64Array {
  const [kernel, bias] = weights as [Float64Array, Float64Array];
  return activate(product(x, kernel, layer.units, { bias }), layer.activation);
}
