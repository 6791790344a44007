/**
 * A residual block (He et al. 2016, "Deep residual learning", figure 2) with group norms instead of batch norms, whose running
 * statistics would tell of a site's rows: relu(norm(conv(relu(norm(conv(x))))) + shortcut(x)).
 */
import { sizeOf } from '../../protocol/model-shapes.ts';
import { convolve } from './conv2d.ts';
import { type ReferenceArgs, activate, plus } from './layer.ts';
import { normalised } from './norm.ts';

export function residual({ layer, input, output, weights, x, examples }: ReferenceArgs<'residual'>): Float64Array {
  const [kernel1, scale1, offset1, kernel2, scale2, offset2, projection] = weights as [
    ...[Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array],
    Float64Array | undefined,
  ];
  const { stride, groups, filters } = layer;
  const places = sizeOf(output) / filters;
  const first = convolve(x, { input, output, size: 3, stride, padding: 'same', kernel: kernel1, examples });
  const hidden = activate(normalised(first, { scale: scale1, offset: offset1, groups, places }), 'relu');
  const second = convolve(hidden, {
    input: output,
    output,
    size: 3,
    stride: 1,
    padding: 'same',
    kernel: kernel2,
    examples,
  });
  const main = normalised(second, { scale: scale2, offset: offset2, groups, places });
  const shortcut =
    projection === undefined
      ? x
      : convolve(x, { input, output, size: 1, stride, padding: 'same', kernel: projection, examples });
  return activate(plus(main, shortcut), 'relu');
}
