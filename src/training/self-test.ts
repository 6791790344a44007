/**
 * Gradient check by numerical differentiation: does the backend in use compute the gradient of THIS model?
 *
 * The reference shares no code with the tensors: src/model's float64 forward pass in plain JavaScript and central differences
 * (f(w + e) - f(w - e)) / 2e on a sample of the weights of every tensor that is trained; only the layers from the changed one on are computed again.
 * So it catches wrong kernels of the forward and of the backward pass. It cannot catch a kernel that fails only on other numbers of
 * examples than those tried (2 to 4) or now and then.
 */
import { scalar, tensor, tensor2d, tidy, mul } from '@tensorflow/tfjs-core';
import { SeededRandom } from '../core/random.ts';
import { multiplyAdds } from '../model/cost.ts';
import { forwardLayer, layerWeights, linear } from '../model/forward.ts';
import { glorotLimit } from '../model/initialise.ts';
import { outputWidth } from '../protocol/target.ts';
import { planModel } from '../protocol/model-shapes.ts';
import { type Labels, countTargets, lossGradient, meanLoss } from './losses.ts';
import { type Network, backward, disposeTensors, download, forward, trainedOf, uploadWeights } from './network.ts';

/** A backend whose relative error is above this computes something else than the gradient; float32 rounding gives about 1e-6. */
export const GRADIENT_TOLERANCE = 1e-4;

const EPSILON = 1e-6;
/** Multiplications spent on the reference, about: less than a second. */
const WORK = 1e8;
/** Above this many multiplications an example, two examples must do. */
const LARGE = 1e6;

/**
 * Largest relative error of loss and gradient on the current backend: of every tensor the largest difference over the sampled
 * weights, over the largest reference value of that tensor. NaN on the device gives Infinity.
 * A relu whose argument lies within rounding of zero has no one gradient; so a second random model is tried before an error counts.
 */
export async function gradientError(network: Network): Promise<number> {
  const first = await errorOf(network, 1);
  return first <= GRADIENT_TOLERANCE ? first : Math.min(first, await errorOf(network, 2));
}

async function errorOf(network: Network, attempt: number): Promise<number> {
  const random = new SeededRandom(new Uint8Array(12).fill(attempt));
  const costs = multiplyAdds(network.use);
  const examples = costs.reduce((sum, cost) => sum + cost, 0) > LARGE ? 2 : 4;
  const features = exampleFeatures(network, examples, random);
  const labels = exampleLabels(network, examples, random);
  const weights = exampleWeights(network, random);

  const device = await deviceGradient(network, { weights, features, labels, examples });
  const flat = Float64Array.from(weights);
  const lossFrom = reference(network, flat, { features, labels, examples });
  const loss = lossFrom(0);
  const lossError = Math.abs(device.loss - loss) / loss;

  const trained = trainedOf(network, network.tensors);
  const found = trained.map(({ layer, offset, length }) => {
    const cost = 2 * examples * costs.slice(layer).reduce((sum, each) => sum + each, 1);
    const samples = Math.max(2, Math.min(24, length, Math.floor(WORK / (cost * trained.length))));
    let difference = 0;
    let size = 0;
    for (let k = 0; k < Math.min(samples, length); k++) {
      const index = offset + (length <= samples ? k : random.below(length));
      const kept = flat[index] as number;
      flat[index] = kept + EPSILON;
      const above = lossFrom(layer);
      flat[index] = kept - EPSILON;
      const slope = (above - lossFrom(layer)) / (2 * EPSILON);
      flat[index] = kept;
      const error = Math.abs((device.gradient[index] as number) - slope);
      difference = Math.max(difference, Number.isNaN(error) ? Infinity : error);
      size = Math.max(size, Math.abs(slope));
    }
    return { difference, size };
  });
  // A tensor whose sampled gradient is almost zero (dead relus) is measured against the others.
  const floor = 1e-2 * Math.max(...found.map(({ size }) => size));
  return Math.max(
    Number.isNaN(lossError) ? Infinity : lossError,
    ...found.map(({ difference, size }) => difference / Math.max(size, floor)),
  );
}

/** Uniform in ±limit, as float32. */
function between(random: SeededRandom, limit: number): number {
  return Math.fround((2 * random.uniform() - 1) * limit);
}

/** Random examples: codes where the model reads a text, else numbers of variance 1. */
export function exampleFeatures(network: Network, examples: number, random: SeededRandom): Float32Array {
  const { codes } = planModel(network.use);
  const one = codes === undefined ? () => between(random, 1.7) : () => random.below(codes);
  return Float32Array.from({ length: examples * network.inputWidth }, one);
}

/** Random labels of the target; texts end in padding. */
export function exampleLabels({ target, labelWidth }: Network, examples: number, random: SeededRandom): Labels {
  const length = examples * labelWidth;
  switch (target.kind) {
    case 'binary':
      return Uint8Array.from({ length }, (_, i) => i % 2);
    case 'value':
      return Float32Array.from({ length }, () => Math.fround(random.uniform()));
    case 'classes':
      return Uint8Array.from({ length }, () => random.below(outputWidth(target)));
    case 'next':
      return Uint8Array.from({ length }, (_, i) =>
        i % labelWidth === labelWidth - 1 ? 0 : 1 + random.below(target.characters - 1),
      );
  }
}

/** Kernels as they begin, an adapter's too; biases and scales about 0 and 1, so that none of their parts in the gradient vanishes. */
function exampleWeights(network: Network, random: SeededRandom): Float32Array {
  const weights = new Float32Array(network.weightCount);
  for (const each of network.tensors) {
    const kernel = glorotLimit(each);
    const limit = { kernel, 'zero-kernel': kernel, table: 0.5, bias: 0.2, scale: 0.2 }[each.role];
    const centre = each.role === 'scale' ? 1 : 0;
    for (let i = each.offset; i < each.offset + each.length; i++) weights[i] = centre + between(random, limit);
  }
  return weights;
}

interface Examples {
  readonly features: Float32Array;
  readonly labels: Labels;
  readonly examples: number;
}

async function deviceGradient(
  network: Network,
  { weights, features, labels, examples }: Examples & { readonly weights: Float32Array },
): Promise<{ gradient: Float32Array; loss: number }> {
  const tensors = uploadWeights(network, weights);
  const { gradients, logits } = tidy(() => {
    const pass = forward(network, tensors, tensor(features.slice(), [examples, ...network.input]));
    const labelTensor = tensor2d(Float32Array.from(labels), [labels.length, 1]);
    const error = lossGradient(network.target, pass.logits, labelTensor);
    const scale = scalar(1 / countTargets(network.target, labels));
    return { gradients: backward(network, tensors, pass, mul(error, scale)), logits: pass.logits };
  });
  try {
    return {
      gradient: await download(network, gradients, new Float32Array(network.weightCount)),
      loss: meanLoss(network.target, await logits.data(), labels),
    };
  } finally {
    disposeTensors([...tensors, ...gradients, logits]);
  }
}

/**
 * The loss in float64 as a function of the weights in `flat`, which the caller may change between calls, from a layer on: the inputs of
 * the layers before and up to it are those of the first call.
 */
function reference(
  { use, target }: Network,
  flat: Float64Array,
  { features, labels, examples }: Examples,
): (layer: number) => number {
  const plans = planModel(use).layers;
  const weights = layerWeights(use, flat);
  const inputs: Float64Array[] = [Float64Array.from(features)];
  return (from) => {
    const first = inputs.length === 1;
    let x = inputs[from] as Float64Array;
    for (let i = from; i < plans.length; i++) {
      const plan = plans[i] as (typeof plans)[number];
      const isLast = i === plans.length - 1;
      x = forwardLayer(isLast ? { ...plan, layer: linear(plan.layer) } : plan, weights[i] ?? [], x, examples);
      if (first) inputs.push(x);
    }
    return meanLoss(target, x, labels);
  };
}
