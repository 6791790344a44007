/** Texts of the parts of the form that choose the model and the noise. */
import type { Preset } from '../../../workers/api/create.ts';
import type { NoiseId } from '../state/create-noise.ts';
import type { LayerKind } from '../state/create-layers.ts';
import { formatBytes, formatCount, formatDuration } from '../format.ts';
import { plural } from './plural.ts';

interface Choice {
  readonly label: string;
  readonly about: string;
}

export const modelWords = {
  title: '3. The model',
  about: 'what every site trains',
  model: 'Model',
  presets: {
    logistic: { label: 'Logistic regression', about: 'One weight a number. Easy to explain; a good first try.' },
    mlp: { label: 'Small network', about: 'Layers of 32 and 16 units. Finds combinations of what it is given.' },
    '2nn': { label: 'Two wide layers (2NN)', about: '200 units each, as in the paper that began federated learning.' },
    'mcmahan-cnn': {
      label: 'Convolutional network (CNN)',
      about: 'Looks for small patterns anywhere in a picture. Good, and much to send.',
    },
    'small-resnet': {
      label: 'Small residual network (ResNet)',
      about: 'Convolutions with shortcuts. Few weights to send, many steps to compute.',
    },
    gru: {
      label: 'Recurrent network (GRU)',
      about: 'Reads in order and remembers. Good for short texts and readings.',
    },
    'small-transformer': {
      label: 'Small transformer',
      about: 'Looks back at everything before at once, as large language models do.',
    },
  } satisfies Record<Preset, Choice>,
  own: { label: 'Layers of your own', about: 'For people who know what a layer does. Starts from the model above.' },
  cost: 'What it costs a site',
  weights: 'Weights',
  sentWeights: 'Of these, learnt together and sent',
  memory: 'Memory of a step, about',
  step: 'A step, about',
  stepOf: (seconds: number) => (seconds < 0.01 ? 'under 0.01 s' : `${seconds.toFixed(2)} s`),
  stepNote: 'On an ordinary laptop, with one processor core. A phone takes several times as long.',
  round: 'Steps of a full site in a round',
  roundTime: 'Training in a round, about',
  sent: 'Sent in a round',
  unknown: '–',
  bytesOf: formatBytes,
  countOf: formatCount,
  timeOf: (seconds: number) => (seconds < 1 ? 'under 1 s' : formatDuration(seconds * 1000)),
  layers: 'Layers',
  layersHint: 'From the example to the answer. The last layer follows from what is learnt.',
  layerNames: {
    dense: 'Dense',
    conv2d: 'Convolution of pictures',
    conv1d: 'Convolution over time',
    'max-pool': 'Largest of each square',
    'mean-pool': 'Mean over all places',
    'max-over': 'Largest over all places',
    flatten: 'All numbers in a row',
    'group-norm': 'Group normalisation',
    residual: 'Residual block',
    embedding: 'Embedding of characters',
    gru: 'GRU',
    transformer: 'Transformer block',
  } satisfies Record<LayerKind, string>,
  parameters: {
    units: 'Units',
    activation: 'Activation',
    filters: 'Filters',
    size: 'Size',
    stride: 'Stride',
    padding: 'Edges',
    groups: 'Groups',
    sequences: 'Answers',
    heads: 'Heads',
    causal: 'Looks',
  } as Readonly<Record<string, string>>,
  options: {
    relu: 'ReLU',
    tanh: 'tanh',
    linear: 'none',
    sigmoid: 'sigmoid',
    same: 'padded with zeros',
    valid: 'left out',
    'sequences.false': 'at the end',
    'sequences.true': 'at every place',
    'causal.false': 'both ways',
    'causal.true': 'back only',
  } as Readonly<Record<string, string>>,
  layerTitle: (place: number, name: string) => `${place}. ${name}`,
  makes: (output: readonly number[], weights: number) =>
    `makes ${output.map((size) => formatCount(size)).join(' x ')}; ${plural(weights, 'weight')}`,
  lastLayer: (units: number) => `The answer: ${plural(units, 'unit')}`,
  add: 'Add a layer',
  addKind: 'Kind of layer',
  up: (title: string) => `Move up: ${title}`,
  down: (title: string) => `Move down: ${title}`,
  remove: (title: string) => `Remove: ${title}`,
  empty: 'No layer of your own yet: the answer is read off the example itself.',
} as const;

export const noiseWords = {
  title: '5. Noise',
  about: 'how much the results may tell of anybody',
  noise: 'What is hidden by noise',
  kinds: {
    none: {
      label: 'Nothing',
      about:
        'The sum of all sites is exact. Nobody sees a single site’s part, but what all have learnt together is open.',
    },
    user: {
      label: 'Whole participants',
      about:
        'Nobody can tell whether a site took part at all, nor with what. For many sites; with a handful the model learns little.',
    },
    records: {
      label: 'Single records',
      about:
        'Nobody outside a site can tell whether one row, picture or text was in its files. For sites with many of them.',
    },
  } satisfies Record<NoiseId, Choice>,
  cost: 'What the whole task may tell',
  multiplier: 'Strength of the noise',
  multiplierHint: 'More noise hides better and teaches less. 1 is usual.',
  delta: 'Chance that the promise does not hold',
  deltaHint: 'Well below one in the number of people, such as 0.00001.',
  updateClip: 'Longest update of a site',
  updateClipHint: 'Longer ones are shortened to this. Noise is counted in this length, so smaller is quieter.',
  recordClip: 'Longest step that one record may cause',
  recordClipHint: 'Longer ones are shortened to this. Noise is counted in this length.',
  sampling: 'Share of a site’s records in a step',
  samplingHint: 'Drawn anew in each step. It takes the place of the rows a step of part 4.',
  percent: '%',
  exact:
    'The scores that are published after each round have no noise, so no limit holds. Choose “Publish no score” in part 6.',
  waiting: 'The figure appears once the model fits and the numbers above and in part 4 are filled in.',
  working: 'Working it out…',
} as const;
