/**
 * Models that people use, each as a function of the data. Sizes are those of the papers where there is one:
 * - 2nn and mcmahan-cnn: McMahan et al. 2017, "Communication-efficient learning of deep networks from decentralized data", section 3;
 * - small-resnet: He et al. 2016 with the group norms of Wu and He 2018, three blocks;
 * - gru: Cho et al. 2014; small-transformer: Vaswani et al. 2017, two blocks.
 */
import { MurmurError } from '../core/errors.ts';
import { type DataKind, type DataSpec } from '../protocol/data-spec.ts';
import { characterCodes, exampleShape, outputWidth, targetOf } from '../protocol/target.ts';
import type { LayerSpec, ModelSpec } from '../protocol/model-spec.ts';

export const PRESETS = ['logistic', 'mlp', '2nn', 'mcmahan-cnn', 'small-resnet', 'gru', 'small-transformer'] as const;
export type Preset = (typeof PRESETS)[number];

const KINDS: Readonly<Record<Preset, readonly DataKind[]>> = {
  logistic: ['table', 'pictures', 'texts', 'series'],
  mlp: ['table', 'pictures', 'texts', 'series'],
  '2nn': ['table', 'pictures', 'series'],
  'mcmahan-cnn': ['pictures'],
  'small-resnet': ['pictures'],
  gru: ['texts', 'series'],
  'small-transformer': ['texts'],
};

/** Presets that fit the data. */
export function presetsFor({ kind }: DataSpec): readonly Preset[] {
  return PRESETS.filter((preset) => KINDS[preset].includes(kind));
}

/**
 * A preset's layers over this data, with the last one that its target needs.
 * @throws MurmurError unsupported where the preset does not fit the data
 */
export function presetModel(preset: Preset, data: DataSpec): ModelSpec {
  if (!KINDS[preset].includes(data.kind))
    throw new MurmurError('unsupported', `the preset ${preset} is not for ${data.kind}`);
  const target = targetOf(data);
  const last = dense(outputWidth(target), target.kind === 'binary' ? 'sigmoid' : 'linear');
  return { layers: [...BODIES[preset](data), last] };
}

const BODIES: Readonly<Record<Preset, (data: DataSpec) => readonly LayerSpec[]>> = {
  logistic: (data) => [...numbers(data, 32), ...flat(data)],
  mlp: (data) => [...numbers(data, 32), ...flat(data), dense(32, 'tanh'), dense(16, 'tanh')],
  '2nn': (data) => [...flat(data), dense(200, 'relu'), dense(200, 'relu')],
  'mcmahan-cnn': (data) => [
    ...convolution(data, 32),
    ...convolution(data, 64),
    { kind: 'flatten' },
    dense(512, 'relu'),
  ],
  'small-resnet': () => [
    { kind: 'conv2d', filters: 16, size: 3, stride: 1, padding: 'same', activation: 'linear' },
    { kind: 'group-norm', groups: 4, activation: 'relu' },
    { kind: 'residual', filters: 16, stride: 1, groups: 4 },
    { kind: 'residual', filters: 32, stride: 2, groups: 8 },
    { kind: 'residual', filters: 64, stride: 2, groups: 16 },
    { kind: 'mean-pool' },
  ],
  gru: (data) => [...numbers(data, 32, false), { kind: 'gru', units: 64, sequences: foretellsNext(data) }],
  'small-transformer': (data) => {
    const block: LayerSpec = { kind: 'transformer', heads: 4, causal: foretellsNext(data) };
    return [...numbers(data, 64, false), block, block, ...(foretellsNext(data) ? [] : [MEAN_POOL])];
  },
};

const MEAN_POOL: LayerSpec = { kind: 'mean-pool' };

function dense(units: number, activation: 'relu' | 'tanh' | 'linear' | 'sigmoid'): LayerSpec {
  return { kind: 'dense', units, activation };
}

/** 5 x 5 and a pool; a picture that is too small by then keeps its size. */
function convolution(data: DataSpec, filters: number): readonly LayerSpec[] {
  const [height = 0, width = 0] = exampleShape(data);
  const layer: LayerSpec = { kind: 'conv2d', filters, size: 5, stride: 1, padding: 'same', activation: 'relu' };
  return Math.min(height, width) >= 4 ? [layer, { kind: 'max-pool', size: 2 }] : [layer];
}

function foretellsNext(data: DataSpec): boolean {
  return targetOf(data).kind === 'next';
}

/** A text's codes as numbers, and their mean where one answer a text is wanted and no layer that reads in order follows. */
function numbers(data: DataSpec, units: number, pooled = true): readonly LayerSpec[] {
  if (data.kind !== 'texts') return [];
  const embedding: LayerSpec = { kind: 'embedding', codes: characterCodes(data), units };
  return pooled && !foretellsNext(data) ? [embedding, MEAN_POOL] : [embedding];
}

/** Pictures and series as one line of numbers. */
function flat(data: DataSpec): readonly LayerSpec[] {
  return data.kind === 'pictures' || data.kind === 'series' ? [{ kind: 'flatten' }] : [];
}
