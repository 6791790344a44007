/**
 * Gradient check by numerical differentiation: does the backend in use compute the gradient of THIS model?
 *
 * The reference shares no code with the tensors: the float64 forward pass of src/model and central differences
 * (f(w + e) - f(w - e)) / 2e on a sample of the weights of every tensor. So it catches wrong kernels of the forward and of the backward pass.
 * It cannot catch a kernel that fails only on other sizes than those tried (2 rows) or now and then.
 */
import { scalar, tensor, tidy } from '@tensorflow/tfjs-core';
import { SeededRandom } from '../core/random.ts';
import { glorotLimit } from '../model/initialise.ts';
import { forwardLayer, layerWeights, linear } from '../model/forward.ts';
import { labelWidth, outputWidth } from '../protocol/data-spec.ts';
import { type ModelUse, sizeOf } from '../protocol/model-shapes.ts';
import { meanLoss } from './losses.ts';
import { type Network, backward, disposeWeights, downloadWeights, forward, uploadWeights } from './network.ts';

/** A backend whose relative error is above this computes something else than the gradient; float32 rounding gives about 1e-6. */
export const GRADIENT_TOLERANCE = 1e-4;

const ROWS = 2;
const EPSILON = 1e-6;
/** Upper bound of multiplications spent on the reference. */
const WORK = 2e8;
/** Weights of a tensor that are tried. */
const FEWEST_SAMPLES = 2;
const MOST_SAMPLES = 24;

/**
 * Largest relative error of loss and gradient on the current backend: of every tensor the largest difference over the sampled
 * weights, over the largest reference value of that tensor. NaN on the device gives Infinity.
 * A relu whose argument lies within rounding of zero has no one gradient; so a second random model is tried before an error counts.
 */
export async function gradientError(use: ModelUse, network: Network): Promise<number> {
  const first = await errorOf(use, network, 1);
  return first <= GRADIENT_TOLERANCE ? first : Math.min(first, await errorOf(use, network, 2));
}

interface Sample {
  readonly weights: Float32Array;
  readonly features: Float32Array;
  readonly labels: Float32Array;
}

async function errorOf(use: ModelUse, network: Network, attempt: number): Promise<number> {
  const random = new SeededRandom(new Uint8Array(12).fill(attempt));
  const sample = randomSample(network, random);
  const device = await deviceGradient(network, sample);
  const reference = new Reference(use, network, sample);
  const lossError = Math.abs(device.loss - reference.loss) / Math.max(reference.loss, 1e-3);

  const { tensors } = network;
  const samples = samplesATensor(network);
  const found = tensors.map(({ layer, offset, length }) => {
    let difference = 0;
    let size = 0;
    for (let k = 0; k < Math.min(samples, length); k++) {
      const index = length <= samples ? offset + k : offset + random.below(length);
      const slope = reference.slope(layer, index);
      const error = Math.abs((device.gradient[index] as number) - slope);
      difference = Math.max(difference, Number.isNaN(error) ? Infinity : error);
      size = Math.max(size, Math.abs(slope));
    }
    return { difference, size };
  });
  // A tensor whose sampled gradient is almost zero (dead relus) is measured against the others.
  const floor = 1e-3 * Math.max(...found.map(({ size }) => size));
  return Math.max(
    Number.isNaN(lossError) ? Infinity : lossError,
    ...found.map(({ difference, size }) => difference / Math.max(size, floor)),
  );
}

function randomSample({ plan, tensors, weightCount }: Network, random: SeededRandom): Sample {
  const between = (limit: number): number => Math.fround((2 * random.uniform() - 1) * limit);
  const { target, codes } = plan;
  const features = Float32Array.from({ length: ROWS * sizeOf(plan.input) }, () =>
    codes === undefined ? between(1.7) : random.below(codes),
  );
  const classes = target.kind === 'value' ? 0 : Math.max(2, outputWidth(target));
  const labels = Float32Array.from({ length: ROWS * labelWidth(target) }, (_, i) =>
    classes === 0 ? between(1) : i % classes,
  );
  const weights = new Float32Array(weightCount);
  for (const tensor of tensors) {
    const { role, offset, length } = tensor;
    const limit = role === 'kernel' ? glorotLimit(tensor) : role === 'table' ? 1 : 0.2;
    for (let i = offset; i < offset + length; i++) weights[i] = between(limit) + (role === 'scale' ? 1 : 0);
  }
  return { weights, features, labels };
}

/** As many as the bound on the work allows. */
function samplesATensor({ plan, tensors }: Network): number {
  const products = plan.layers.map(({ output, parameters }) => {
    const places = sizeOf(output) / (output.at(-1) as number);
    return places * parameters.reduce((sum, { role, shape }) => sum + (role === 'kernel' ? sizeOf(shape) : 0), 0);
  });
  const pass = ROWS * products.reduce((sum, count) => sum + count, 1);
  return Math.max(FEWEST_SAMPLES, Math.min(MOST_SAMPLES, Math.floor(WORK / (2 * pass * tensors.length))));
}

/** The model in float64. What a layer gets is kept, so that a weight's slope costs only the layers from its own on. */
class Reference {
  readonly loss: number;
  readonly #network: Network;
  readonly #labels: Float32Array;
  readonly #flat: Float64Array;
  readonly #weights: readonly (readonly Float64Array[])[];
  readonly #inputs: Float64Array[] = [];

  constructor(use: ModelUse, network: Network, { weights, features, labels }: Sample) {
    this.#network = network;
    this.#labels = labels;
    this.#flat = Float64Array.from(weights);
    this.#weights = layerWeights(use, this.#flat);
    this.#inputs.push(Float64Array.from(features));
    for (const [i] of network.plan.layers.entries()) this.#inputs.push(this.#layer(i, this.#inputs[i] as Float64Array));
    this.loss = meanLoss(network.plan.target, this.#inputs.at(-1) as Float64Array, labels);
  }

  /** Central difference of the loss in one weight. */
  slope(layer: number, index: number): number {
    const kept = this.#flat[index] as number;
    const at = (value: number): number => {
      this.#flat[index] = value;
      return this.#lossFrom(layer);
    };
    const slope = (at(kept + EPSILON) - at(kept - EPSILON)) / (2 * EPSILON);
    this.#flat[index] = kept;
    return slope;
  }

  #lossFrom(layer: number): number {
    const { layers, target } = this.#network.plan;
    let x = this.#inputs[layer] as Float64Array;
    for (let i = layer; i < layers.length; i++) x = this.#layer(i, x);
    return meanLoss(target, x, this.#labels);
  }

  #layer(index: number, x: Float64Array): Float64Array {
    const { layers } = this.#network.plan;
    const plan = layers[index] as (typeof layers)[number];
    const shown = index === layers.length - 1 ? { ...plan, layer: linear(plan.layer) } : plan;
    return forwardLayer(shown, this.#weights[index] as readonly Float64Array[], x, ROWS);
  }
}

async function deviceGradient(
  network: Network,
  { weights, features, labels }: Sample,
): Promise<{ gradient: Float32Array; loss: number }> {
  const { input, target } = network.plan;
  const values = uploadWeights(network, weights);
  const { gradients, logits } = tidy(() => {
    const pass = forward(network, values, tensor(features, [ROWS, ...input], 'float32'));
    const labelTensor = tensor(labels, [ROWS, labelWidth(target)], 'float32');
    return { gradients: backward(network, values, pass, labelTensor, scalar(1 / ROWS)), logits: pass.logits };
  });
  try {
    const loss = meanLoss(target, await logits.data<'float32'>(), labels);
    return { gradient: await downloadWeights(network, gradients), loss };
  } finally {
    disposeWeights(values);
    disposeWeights(gradients);
    logits.dispose();
  }
}
