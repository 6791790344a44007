/** Largest of each channel over all places. */
import { sizeOf } from '../../protocol/model-shapes.ts';
import type { ReferenceArgs } from './layer.ts';

export function maxOver({ input, x, examples }: ReferenceArgs<'max-over'>): Float64Array {
  const channels = input.at(-1) as number;
  const places = sizeOf(input) / channels;
  const y = new Float64Array(examples * channels).fill(-Infinity);
  for (let i = 0; i < x.length; i++) {
    const to = Math.floor(i / (places * channels)) * channels + (i % channels);
    y[to] = Math.max(y[to] as number, x[i] as number);
  }
  return y;
}
