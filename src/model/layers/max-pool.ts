/** Largest of each window of size x size; lines and columns that no whole window covers are left out. */
import { sizeOf } from '../../protocol/model-shapes.ts';
import type { ReferenceArgs } from './layer.ts';

export function maxPool({ layer, input, output, x, examples }: ReferenceArgs<'max-pool'>): Float64Array {
  const [height, width, channels] = input as [number, number, number];
  const [rows, columns] = output as [number, number, number];
  const { size } = layer;
  const y = new Float64Array(examples * sizeOf(output)).fill(-Infinity);
  for (let example = 0; example < examples; example++) {
    for (let row = 0; row < rows * size; row++) {
      for (let column = 0; column < columns * size; column++) {
        const from = ((example * height + row) * width + column) * channels;
        const to = ((example * rows + Math.floor(row / size)) * columns + Math.floor(column / size)) * channels;
        for (let c = 0; c < channels; c++) y[to + c] = Math.max(y[to + c] as number, x[from + c] as number);
      }
    }
  }
  return y;
}
