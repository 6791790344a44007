/** The row of each code, plus the row of its place in the text. */
import { check } from '../../core/errors.ts';
import type { ReferenceArgs } from './layer.ts';

export function embedding({ layer, input, weights, x }: ReferenceArgs<'embedding'>): Float64Array {
  const [codes, places] = weights as [Float64Array, Float64Array];
  const [steps] = input as [number];
  const { units } = layer;
  const y = new Float64Array(x.length * units);
  for (let i = 0; i < x.length; i++) {
    const code = x[i] as number;
    check(Number.isInteger(code) && code >= 0 && code < layer.codes, `${code} is not a code below ${layer.codes}`);
    for (let j = 0; j < units; j++)
      y[i * units + j] = (codes[code * units + j] as number) + (places[(i % steps) * units + j] as number);
  }
  return y;
}
