/**
 * Self-test by numerical differentiation: does the backend in use train THIS model rightly?
 *
 * The reference shares no code with the tensors: src/model's float64 forward pass in plain JavaScript and central differences
 * (f(w + e) - f(w - e)) / 2e on a sample of the weights of every tensor; only the layers from the changed one on are computed again.
 * Against it stand, on the device,
 * - loss and gradient of a few examples;
 * - the same of a batch as large as those of training, which repeats the examples, so that both have the same mean: backends choose
 *   their programs by the shapes (webgpu has five products of matrices);
 * - weights after a step that shrinks, shifts and clips;
 * - where single records are protected, weights after a step of DP-SGD.
 * So every kernel that a step calls has a part in what is compared (kernel-cover.test.ts breaks them one by one). It cannot catch a kernel
 * that fails only on other shapes than these or now and then.
 */
import { type Tensor, mul, scalar, tensor, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { SeededRandom } from '../core/random.ts';
import { multiplyAdds } from '../model/cost.ts';
import { forwardLayer, layerWeights, linear } from '../model/forward.ts';
import { glorotLimit } from '../model/initialise.ts';
import { outputWidth } from '../protocol/target.ts';
import { planModel } from '../protocol/model-shapes.ts';
import { type Labels, countTargets, lossGradient, meanLoss } from './losses.ts';
import {
  type Network,
  applyStep,
  backward,
  disposeTensors,
  downloadWeights,
  forward,
  uploadWeights,
} from './network.ts';
import { type RecordBatch, clipsTogether, recordStep } from './records.ts';

/** A backend whose relative error is above this computes something else than the gradient; float32 rounding gives about 1e-6. */
export const GRADIENT_TOLERANCE = 1e-4;

const EPSILON = 1e-6;
/** Multiplications spent on the reference, about: less than a second. */
const WORK = 1e8;
/** Above this many multiplications an example, two examples must do. */
const LARGE = 1e6;

export interface SelfTestOptions {
  /** what is right; given where several backends are tested on one network, so that it is computed once */
  readonly oracle?: Oracle | undefined;
  /** examples of the large batch, about; 0 leaves it out (default) */
  readonly batch?: number | undefined;
  /** whether steps of DP-SGD are tested too; default false */
  readonly records?: boolean | undefined;
}

/**
 * Largest relative error of loss, gradient and steps on the current backend: of every tensor the largest difference over the sampled
 * weights, over the largest reference value of that tensor. NaN on the device gives Infinity.
 * A relu whose argument lies within rounding of zero has no one gradient; so a second random model is tried before an error counts.
 */
export async function gradientError(network: Network, options: SelfTestOptions = {}): Promise<number> {
  const { oracle = createOracle(network) } = options;
  const first = await errorOf(network, oracle(1), options);
  return first <= GRADIENT_TOLERANCE ? first : Math.min(first, await errorOf(network, oracle(2), options));
}

/** Slopes of the loss at some weights of one tensor. */
interface Slopes {
  /** places in the flat vector */
  readonly places: readonly number[];
  readonly slopes: readonly number[];
}

interface Weighted extends Examples {
  readonly weights: Float32Array;
}

interface Expected extends Weighted {
  readonly loss: number;
  /** by tensor */
  readonly gradient: readonly Slopes[];
}

export type Oracle = (attempt: 1 | 2) => Expected;

/** Computes each attempt's reference when it is first asked for. */
export function createOracle(network: Network): Oracle {
  const known = new Map<number, Expected>();
  return (attempt) => {
    const made = known.get(attempt) ?? expectation(network, attempt);
    known.set(attempt, made);
    return made;
  };
}

function expectation(network: Network, attempt: number): Expected {
  const random = new SeededRandom(new Uint8Array(12).fill(attempt));
  const costs = multiplyAdds(network.use);
  const examples = costs.reduce((sum, cost) => sum + cost, 0) > LARGE ? 2 : 4;
  const features = exampleFeatures(network, examples, random);
  const labels = exampleLabels(network, examples, random);
  const weights = exampleWeights(network, random);
  const flat = Float64Array.from(weights);
  const lossFrom = reference(network, flat, { features, labels, examples });
  const loss = lossFrom(0);
  const gradient = network.tensors.map(({ layer, offset, length }) => {
    const cost = 2 * examples * costs.slice(layer).reduce((sum, each) => sum + each, 1);
    const samples = Math.max(2, Math.min(24, length, Math.floor(WORK / (cost * network.tensors.length))));
    const places = Array.from({ length: Math.min(samples, length) }, (_, k) =>
      length <= samples ? offset + k : offset + random.below(length),
    );
    const slopes = places.map((place) => {
      const kept = flat[place] as number;
      flat[place] = kept + EPSILON;
      const above = lossFrom(layer);
      flat[place] = kept - EPSILON;
      const slope = (above - lossFrom(layer)) / (2 * EPSILON);
      flat[place] = kept;
      return slope;
    });
    return { places, slopes };
  });
  return { features, labels, examples, weights, loss, gradient };
}

async function errorOf(
  network: Network,
  expected: Expected,
  { batch = 0, records = false }: SelfTestOptions,
): Promise<number> {
  const { gradient } = expected;
  const few = await deviceGradient(network, expected);
  const errors = [lossError(few, expected), largestError(few.gradient, gradient)];
  const repeats = Math.floor(batch / expected.examples);
  if (repeats > 1) {
    const many = await deviceGradient(network, repeated(expected, repeats));
    errors.push(lossError(many, expected), largestError(many.gradient, gradient));
  }
  // A step cannot be right on a wrong gradient, which is what its clipping goes by.
  if (Math.max(...errors) <= GRADIENT_TOLERANCE) {
    errors.push(await stepError(network, expected, few.gradient));
    if (records) errors.push(await recordStepError(network, expected));
  }
  return Math.max(...errors);
}

function lossError({ loss }: { readonly loss: number }, expected: Expected): number {
  const error = Math.abs(loss - expected.loss) / expected.loss;
  return Number.isNaN(error) ? Infinity : error;
}

/** Largest error of any tensor. One whose sampled gradient is almost zero (dead relus) is measured against the others. */
function largestError(found: ArrayLike<number>, expected: readonly Slopes[]): number {
  const sizes = expected.map(({ slopes }) => Math.max(...slopes.map(Math.abs)));
  const floor = 1e-2 * Math.max(...sizes);
  const errors = expected.map(({ places, slopes }, i) => {
    const differences = places.map((place, k) => Math.abs((found[place] as number) - (slopes[k] as number)));
    const largest = Math.max(...differences.map((each) => (Number.isNaN(each) ? Infinity : each)));
    return largest / Math.max(sizes[i] as number, floor);
  });
  return Math.max(...errors);
}

const norm = (values: Float32Array): number => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** A step after which half of the change comes from the gradient's clipped part: long enough that rounding of the weights does not hide it. */
async function stepError(network: Network, { weights, gradient }: Expected, found: Float32Array): Promise<number> {
  const [shrink, push] = [0.9, 0.05];
  const length = (10 * norm(weights)) / norm(found);
  const upload = (values: Float32Array): Tensor[] => uploadWeights(network, values);
  const after = await readAndDispose(
    network,
    tidy(() => {
      const decay = scalar(shrink);
      const factors = {
        decay: network.tensors.map(() => decay),
        shift: upload(weights.map((weight) => push * weight)),
        clip: (length * norm(found)) / 2,
      };
      return applyStep(upload(weights), upload(found.map((slope) => length * slope)), factors);
    }),
  );
  const clipped = after.map((weight, i) => ((shrink + push) * (weights[i] as number) - weight) / (length / 2));
  return largestError(clipped, gradient);
}

/**
 * A step of DP-SGD without noise that clips about half of the records. What it should be follows from the gradient of each record alone,
 * the mean of which must be the gradient of all.
 */
async function recordStepError(network: Network, expected: Expected): Promise<number> {
  const { weights, examples, gradient } = expected;
  const all = Array.from({ length: examples }, (_, i) => oneExample(network, expected, i));
  const mean = new Float32Array(weights.length);
  const alone: Float32Array[] = [];
  for (const each of all) {
    const own = (await deviceGradient(network, each)).gradient;
    const predictions = countTargets(network.target, each.labels);
    own.forEach((slope, i) => {
      mean[i] = (mean[i] as number) + (slope * predictions) / countTargets(network.target, expected.labels);
    });
    alone.push(own.map((slope) => (slope * predictions) / network.labelWidth));
  }
  const norms = alone.map(norm);
  const clip = norms.toSorted((a, b) => a - b)[examples >> 1] as number;
  const clippedSum = weights.map((_, i) =>
    alone.reduce((sum, own, k) => sum + (own[i] as number) * Math.min(1, clip / (norms[k] as number)), 0),
  );
  const learningRate = (10 * norm(weights)) / norm(clippedSum);
  const batches = (clipsTogether(network) ? [expected] : all).map((each) => () => tensorsOf(network, each));
  const normals = (length: number): Float64Array => new Float64Array(length);
  const options = { learningRate, expected: 1, clip, noise: 0, normals };
  const after = await readAndDispose(network, recordStep(network, uploadWeights(network, weights), batches, options));
  const change = after.map((weight, i) => ((weights[i] as number) - weight) / learningRate);
  const sampled = gradient.map(({ places }) => ({ places, slopes: places.map((i) => clippedSum[i] as number) }));
  return Math.max(largestError(mean, gradient), largestError(change, sampled));
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

/** Kernels as they begin; biases and scales about 0 and 1, so that none of their parts in the gradient vanishes. */
function exampleWeights(network: Network, random: SeededRandom): Float32Array {
  const weights = new Float32Array(network.weightCount);
  for (const each of network.tensors) {
    const limit = { kernel: glorotLimit(each), table: 0.5, bias: 0.2, scale: 0.2 }[each.role];
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

function oneExample(network: Network, { weights, features, labels }: Expected, i: number): Weighted {
  const { inputWidth, labelWidth } = network;
  return {
    weights,
    features: features.subarray(i * inputWidth, (i + 1) * inputWidth),
    labels: labels.subarray(i * labelWidth, (i + 1) * labelWidth),
    examples: 1,
  };
}

/** The same examples so many times: another batch with the same means. */
function repeated({ weights, features, labels, examples }: Expected, times: number): Weighted {
  const copies = <T extends number>(values: ArrayLike<T>): T[] =>
    Array.from({ length: times }, () => Array.from(values)).flat();
  return {
    weights,
    features: Float32Array.from(copies(features)),
    labels: Float32Array.from(copies(labels)),
    examples: times * examples,
  };
}

function tensorsOf(network: Network, { features, labels, examples }: Examples): RecordBatch {
  return {
    x: tensor(features.slice(), [examples, ...network.input]),
    labels: tensor2d(Float32Array.from(labels), [labels.length, 1]),
  };
}

/** On the device. */
async function deviceGradient(network: Network, batch: Weighted): Promise<{ gradient: Float32Array; loss: number }> {
  const tensors = uploadWeights(network, batch.weights);
  const { gradients, logits } = tidy(() => {
    const { x, labels } = tensorsOf(network, batch);
    const pass = forward(network, tensors, x);
    const scale = scalar(1 / countTargets(network.target, batch.labels));
    const error = mul(lossGradient(network.target, pass.logits, labels), scale);
    return { gradients: backward(network, tensors, pass, error), logits: pass.logits };
  });
  disposeTensors(tensors);
  try {
    const loss = meanLoss(network.target, await logits.data(), batch.labels);
    return { gradient: await readAndDispose(network, gradients), loss };
  } finally {
    logits.dispose();
  }
}

async function readAndDispose(network: Network, tensors: readonly Tensor[]): Promise<Float32Array> {
  try {
    return await downloadWeights(network, tensors);
  } finally {
    disposeTensors(tensors);
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
