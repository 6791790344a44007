/**
 * A model as a list of layers, each from the output of the one before. Shapes are those of one example, channels last. The last layer is
 * dense: its units are the target's outputs, its activation follows from the target (sigmoid, softmax or linear) and is written 'linear'
 * for all but a binary target.
 */
import * as v from 'valibot';
import { MAX_START_BYTES } from './limits.ts';
import { range, whole } from './spec-parts.ts';

const activation = v.picklist(['relu', 'tanh', 'linear', 'sigmoid']);

/** [..., inputs] to [..., units]. */
const Dense = v.strictObject({ kind: v.literal('dense'), units: whole(1, 4096), activation });

/** [height, width, channels] to [height', width', filters]. */
const Convolution = v.strictObject({
  kind: v.literal('conv2d'),
  filters: whole(1, 512),
  /** side of the square kernel */
  size: whole(1, 11),
  stride: whole(1, 4),
  padding: v.picklist(['same', 'valid']),
  activation,
});

/** [steps, channels] to [steps', filters]. */
const Convolution1d = v.strictObject({
  kind: v.literal('conv1d'),
  filters: whole(1, 512),
  size: whole(1, 65),
  stride: whole(1, 8),
  padding: v.picklist(['same', 'valid']),
  activation,
});

/** Largest of each window of size x size, without overlap. */
const MaxPool = v.strictObject({ kind: v.literal('max-pool'), size: whole(2, 8) });

/** Mean over all places: [height, width, channels] or [steps, channels] to [channels]. */
const MeanPool = v.strictObject({ kind: v.literal('mean-pool') });

/** Largest over all places: as the mean. */
const MaxOver = v.strictObject({ kind: v.literal('max-over') });

const Flatten = v.strictObject({ kind: v.literal('flatten') });

/** Group normalisation with a scale and an offset a channel (Wu and He 2018); over [height, width, channels]. */
const GroupNorm = v.strictObject({ kind: v.literal('group-norm'), groups: whole(1, 64), activation });

/** Two 3 x 3 convolutions with group norms beside a shortcut (He et al. 2016); a 1 x 1 convolution where shapes differ. */
const Residual = v.strictObject({
  kind: v.literal('residual'),
  filters: whole(1, 512),
  stride: whole(1, 4),
  groups: whole(1, 64),
});

/** [steps] of codes to [steps, units], with a learnt place added to each. */
const Embedding = v.strictObject({ kind: v.literal('embedding'), codes: whole(2, 4096), units: whole(1, 512) });

/** Gated recurrent unit (Cho et al. 2014): [steps, channels] to [units] (last state) or [steps, units]. */
const Gru = v.strictObject({ kind: v.literal('gru'), units: whole(1, 512), sequences: v.boolean() });

/**
 * A transformer block, normalised first: x + attention(norm(x)), then + mlp(norm(x)) with a hidden width of 4 x channels and relu
 * (Vaswani et al. 2017). [steps, channels] to the same.
 */
const Transformer = v.strictObject({ kind: v.literal('transformer'), heads: whole(1, 16), causal: v.boolean() });

const Layer = v.variant('kind', [
  Dense,
  Convolution,
  Convolution1d,
  MaxPool,
  MeanPool,
  MaxOver,
  Flatten,
  GroupNorm,
  Residual,
  Embedding,
  Gru,
  Transformer,
]);

/** Most layers of a model. */
const MAX_LAYERS = 32;

/**
 * Low-rank adapters (Hu et al. 2021, "LoRA: Low-rank adaptation of large language models"): a dense layer's kernel W stays as it is, and
 * W + alpha / rank · A · B is used, with A [inputs, rank] and B [rank, units] learnt. Beside them only the head may be learnt.
 */
const Adapter = v.strictObject({
  kind: v.literal('lora'),
  rank: whole(1, 1024),
  alpha: range(1e-3, 1e6),
  /** the last layer: learnt whole, as a new task's must be, or adapted like the others */
  head: v.picklist(['trained', 'adapted']),
});

/** A safetensors file with the weights that the task begins with; src/model/start.ts has what must be in it. */
const Start = v.strictObject({
  /** of the file: its name at the relay */
  sha256: v.pipe(v.string(), v.regex(/^0x[0-9a-f]{64}$/)),
  bytes: whole(8, MAX_START_BYTES),
});

export const ModelSchema = v.strictObject({
  layers: v.pipe(v.array(Layer), v.minLength(1), v.maxLength(MAX_LAYERS)),
  /** absent: every layer is learnt whole */
  adapter: v.optional(Adapter),
  /**
   * places of layers (counted from 0, ascending) that every site learns for itself and that never leave it: personal heads (Arivazhagan et
   * al. 2019), norms (Li et al. 2021, FedBN)
   */
  private: v.optional(v.pipe(v.array(whole(0, MAX_LAYERS - 1)), v.minLength(1))),
  /** absent: the task begins with random weights from the beacon */
  start: v.optional(Start),
});

export type ModelSpec = v.InferOutput<typeof ModelSchema>;
export type LayerSpec = ModelSpec['layers'][number];
export type StartSpec = NonNullable<ModelSpec['start']>;
export type Activation = v.InferOutput<typeof activation>;
