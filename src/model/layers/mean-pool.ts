/** Mean over all places of each channel. */
import { sizeOf } from '../../protocol/model-shapes.ts';
import type { ReferenceArgs } from './layer.ts';

export function meanPool({ input, x, examples }: ReferenceArgs<'mean-pool'>): Float64Array {
  const channels = input.at(-1) as number;
  const places = sizeOf(input) / channels;
  const y = new Float64Array(examples * channels);
  for (let i = 0; i < x.length; i++) {
    const to = Math.floor(i / (places * channels)) * channels + (i % channels);
    y[to] = (y[to] as number) + (x[i] as number) / places;
  }
  return y;
}
