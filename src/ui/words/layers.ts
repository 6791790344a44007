/** A layer of a model, in words. */
import type { Activation, LayerSpec } from '../../protocol/model-spec.ts';
import { formatCount } from '../format.ts';
import { plural } from './plural.ts';

const activations: Record<Activation, string> = { relu: 'ReLU', tanh: 'tanh', linear: 'linear', sigmoid: 'sigmoid' };

export function layerOf(layer: LayerSpec): string {
  switch (layer.kind) {
    case 'dense':
      return `${plural(layer.units, 'unit')}, ${activations[layer.activation]}`;
    case 'conv2d':
      return `${plural(layer.filters, 'pattern')} of ${layer.size} x ${layer.size} pixels, looked for everywhere${stride(layer.stride)} (convolution, ${activations[layer.activation]})`;
    case 'conv1d':
      return `${plural(layer.filters, 'pattern')} of ${plural(layer.size, 'place')} in a row, looked for everywhere${stride(layer.stride)} (convolution, ${activations[layer.activation]})`;
    case 'max-pool':
      return `of each ${layer.size} x ${layer.size} places, the strongest (max pooling)`;
    case 'mean-pool':
      return 'the mean over all places (mean pooling)';
    case 'max-over':
      return 'the strongest over all places (max pooling)';
    case 'flatten':
      return 'all places side by side';
    case 'group-norm':
      return `evened out in ${plural(layer.groups, 'group')} (group normalisation, ${activations[layer.activation]})`;
    case 'residual':
      return `two convolutions of ${plural(layer.filters, 'pattern')} with a shortcut around them (residual block)`;
    case 'embedding':
      return `each of ${formatCount(layer.codes)} characters as ${plural(layer.units, 'number')}, with its place (embedding)`;
    case 'gru':
      return `reads one after the other and keeps ${plural(layer.units, 'number')} in mind (GRU)`;
    case 'transformer':
      return `each place looks at ${layer.causal ? 'those before it' : 'all others'}, in ${plural(layer.heads, 'way')} (transformer block)`;
  }
}

function stride(every: number): string {
  return every === 1 ? '' : `, at every ${every === 2 ? 'second' : `${every}th`} place`;
}
