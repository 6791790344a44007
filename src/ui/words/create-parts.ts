/** Texts of the part of the form that says what a model starts from, and which of its weights the sites learn together. */
import type { AdapterId } from '../state/create-parts.ts';
import { formatBytes } from '../format.ts';
import { plural } from './plural.ts';

export const partsWords = {
  title: 'A given model, adapters, private layers',
  start: 'A model to start from',
  startAbout:
    'Without one, every task begins from random numbers. A file of weights lets the sites go on from what was learnt elsewhere. The file is published with the task: whoever can see the task can download it.',
  choose: 'Choose a safetensors file',
  drop: 'or drop it here',
  chosen: (name: string, sizeBytes: number) => `${name}, ${formatBytes(sizeBytes)}`,
  fits: 'It fits the model. Its fingerprint becomes part of the description.',
  forget: 'Start from random numbers instead',
  adapter: 'How much of the given model is learnt',
  adapters: {
    none: { label: 'All of it', about: 'Every weight changes, and is masked and sent in each round.' },
    trained: {
      label: 'Adapters and the last layer (LoRA)',
      about:
        'Other layers stay as given. Beside each dense layer a small addition is learnt, and the last layer whole: right for a new question.',
    },
    adapted: {
      label: 'Adapters only (LoRA)',
      about: 'All layers stay as given, and every dense layer gets a small addition. The least to send.',
    },
  } satisfies Record<AdapterId, { label: string; about: string }>,
  rank: 'Rank of an addition',
  rankHint: 'Size of what is learnt beside a layer. Larger can learn more and sends more; 4 to 16 is usual.',
  strength: 'Strength of an addition',
  strengthHint: 'How strongly it counts beside the layer. 1 or 2 is usual.',
  private: 'Layers that never leave a site',
  privateAbout:
    'Each site learns a marked layer for itself, for sites whose rows or answers differ. It is neither sent nor part of the common model.',
  layerOf: (weights: number) => plural(weights, 'weight'),
  last: 'The answer',
} as const;
