/**
 * Normalisation to mean 0 and variance 1, then a scale and an offset a channel.
 * Group normalisation (Wu and He 2018): over all places and the channels of one group of one example.
 * Layer normalisation (Ba, Kiros and Hinton 2016): over the channels of one step; that is one group and one place.
 */
import { type ReferenceArgs, activate } from './layer.ts';
import { sizeOf } from '../../protocol/model-shapes.ts';

/** Added to the variance. */
export const NORM_EPSILON = 1e-5;

export function groupNorm({ layer, input, weights, x }: ReferenceArgs<'group-norm'>): Float64Array {
  const [scale, offset] = weights as [Float64Array, Float64Array];
  const places = sizeOf(input) / (input.at(-1) as number);
  return activate(normalised(x, { scale, offset, groups: layer.groups, places }), layer.activation);
}

/** @param places how many in a row of x share their statistics */
export function normalised(
  x: Float64Array,
  { scale, offset, groups, places }: { scale: Float64Array; offset: Float64Array; groups: number; places: number },
): Float64Array {
  const channels = scale.length;
  const inGroup = channels / groups;
  const y = new Float64Array(x.length);
  for (let start = 0; start < x.length; start += places * channels) {
    for (let first = 0; first < channels; first += inGroup) {
      let sum = 0;
      let squares = 0;
      const each = (visit: (at: number, channel: number) => void): void => {
        for (let place = 0; place < places; place++)
          for (let c = first; c < first + inGroup; c++) visit(start + place * channels + c, c);
      };
      each((at) => (sum += x[at] as number));
      const mean = sum / (places * inGroup);
      each((at) => (squares += ((x[at] as number) - mean) ** 2));
      const factor = 1 / Math.sqrt(squares / (places * inGroup) + NORM_EPSILON);
      each((at, c) => (y[at] = ((x[at] as number) - mean) * factor * (scale[c] as number) + (offset[c] as number)));
    }
  }
  return y;
}
