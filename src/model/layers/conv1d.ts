/** Convolution over steps: a correlation of windows of `size` steps with the kernel [size, channels, filters]. */
import { convolutionExtent } from '../../protocol/model-shapes.ts';
import { type ReferenceArgs, activate } from './layer.ts';

export function conv1d({ layer, input, output, weights, x, examples }: ReferenceArgs<'conv1d'>): Float64Array {
  const [kernel, bias] = weights as [Float64Array, Float64Array];
  const { size, stride, padding, activation } = layer;
  const [steps, channels] = input as [number, number];
  const [places, filters] = output as [number, number];
  const { before } = convolutionExtent(steps, size, stride, padding);
  const y = new Float64Array(examples * places * filters);
  for (let to = 0, place = 0; to < y.length; to += filters, place++) {
    const example = Math.floor(place / places);
    y.set(bias, to);
    for (let i = 0; i < size; i++) {
      const step = (place % places) * stride + i - before;
      if (step < 0 || step >= steps) continue;
      for (let c = 0; c < channels; c++) {
        const value = x[(example * steps + step) * channels + c] as number;
        const at = (i * channels + c) * filters;
        for (let f = 0; f < filters; f++) y[to + f] = (y[to + f] as number) + value * (kernel[at + f] as number);
      }
    }
  }
  return activate(y, activation);
}
