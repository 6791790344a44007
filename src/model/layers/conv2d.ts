/** 2-D convolution as the field writes it, a correlation: y[p, q] = activation(sum of window(p, q) · kernel + bias). */
import { type Shape, convolutionExtent, sizeOf } from '../../protocol/model-shapes.ts';
import { type ReferenceArgs, activate } from './layer.ts';

export function conv2d({ layer, input, output, weights, x, examples }: ReferenceArgs<'conv2d'>): Float64Array {
  const [kernel, bias] = weights as [Float64Array, Float64Array];
  return activate(convolve(x, { ...layer, input, output, kernel, bias, examples }), layer.activation);
}

/** @param kernel [size, size, channels, filters]; shapes are those of one example */
export function convolve(
  x: Float64Array,
  {
    input,
    output,
    size,
    stride,
    padding,
    kernel,
    bias,
    examples,
  }: {
    input: Shape;
    output: Shape;
    size: number;
    stride: number;
    padding: 'same' | 'valid';
    kernel: Float64Array;
    bias?: Float64Array;
    examples: number;
  },
): Float64Array {
  const [height, width, channels] = input as [number, number, number];
  const [rows, columns, filters] = output as [number, number, number];
  const top = convolutionExtent(height, size, stride, padding).before;
  const left = convolutionExtent(width, size, stride, padding).before;
  const y = new Float64Array(examples * sizeOf(output));
  let to = 0;
  for (let example = 0; example < examples; example++) {
    for (let p = 0; p < rows; p++) {
      for (let q = 0; q < columns; q++, to += filters) {
        if (bias !== undefined) y.set(bias, to);
        for (let i = 0; i < size; i++) {
          const row = p * stride + i - top;
          if (row < 0 || row >= height) continue;
          for (let j = 0; j < size; j++) {
            const column = q * stride + j - left;
            if (column < 0 || column >= width) continue;
            const pixel = ((example * height + row) * width + column) * channels;
            for (let c = 0; c < channels; c++) {
              const value = x[pixel + c] as number;
              const at = ((i * size + j) * channels + c) * filters;
              for (let f = 0; f < filters; f++) y[to + f] = (y[to + f] as number) + value * (kernel[at + f] as number);
            }
          }
        }
      }
    }
  }
  return y;
}
