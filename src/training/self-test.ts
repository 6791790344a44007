/**
 * Gradient check by numerical differentiation: does the backend in use compute the gradient of THIS model?
 *
 * The reference shares no code with the tensors: a float64 forward pass in plain JavaScript and central differences
 * (f(w + e) - f(w - e)) / 2e on a sample of the weights of every tensor. So it catches wrong kernels of the forward and of the backward pass.
 * It cannot catch a kernel that fails only on other sizes than those tried (4 rows) or now and then.
 */
import { type Tensor2D, scalar, tensor2d, tidy } from '@tensorflow/tfjs-core';
import { SeededRandom } from '../core/random.ts';
import {
  type Activation,
  type LayerTensors,
  type Network,
  backward,
  disposeWeights,
  downloadWeights,
  forward,
  meanCrossEntropy,
  uploadWeights,
} from './network.ts';

/** A backend whose relative error is above this computes something else than the gradient; float32 rounding gives about 1e-6. */
export const GRADIENT_TOLERANCE = 1e-4;

const ROWS = 4;
const EPSILON = 1e-6;
/** Upper bound of multiplications spent on the reference. */
const WORK = 2e8;

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
  const between = (limit: number): number => Math.fround((2 * random.uniform() - 1) * limit);
  const features = Float32Array.from({ length: ROWS * network.inputWidth }, () => between(1.7));
  const labels = Float32Array.from({ length: ROWS }, (_, i) => i % 2);
  const weights = new Float32Array(network.weightCount);
  for (const { inputs, units, kernelOffset, biasOffset } of network.layers) {
    const limit = Math.sqrt(6 / (inputs + units));
    for (let i = kernelOffset; i < biasOffset; i++) weights[i] = between(limit);
    for (let i = biasOffset; i < biasOffset + units; i++) weights[i] = between(0.2);
  }

  const device = await deviceGradient(network, weights, features, labels);
  const reference = Float64Array.from(weights);
  const loss = (): number => meanCrossEntropy(referenceLogits(network, reference, features), labels);
  const lossError = Math.abs(device.loss - loss()) / loss();

  const tensors = network.layers.flatMap(({ units, kernelOffset, biasOffset }) => [
    { start: kernelOffset, end: biasOffset },
    { start: biasOffset, end: biasOffset + units },
  ]);
  const samples = Math.max(2, Math.min(24, Math.floor(WORK / (2 * ROWS * network.weightCount * tensors.length))));
  const found = tensors.map(({ start, end }) => {
    let difference = 0;
    let size = 0;
    for (let k = 0; k < Math.min(samples, end - start); k++) {
      const index = end - start <= samples ? start + k : start + random.below(end - start);
      const kept = reference[index] as number;
      reference[index] = kept + EPSILON;
      const above = loss();
      reference[index] = kept - EPSILON;
      const slope = (above - loss()) / (2 * EPSILON);
      reference[index] = kept;
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

async function deviceGradient(
  network: Network,
  weights: Float32Array,
  features: Float32Array,
  labels: Float32Array,
): Promise<{ gradient: Float32Array; loss: number }> {
  const tensors = uploadWeights(network, weights);
  const { gradients, logits } = tidy(() => {
    const pass = forward(network, tensors, tensor2d(features, [ROWS, network.inputWidth]));
    const labelTensor: Tensor2D = tensor2d(labels, [ROWS, 1]);
    return {
      gradients: backward(network, tensors, pass, labelTensor, scalar(1 / ROWS)) as LayerTensors[],
      logits: pass.logits,
    };
  });
  try {
    return { gradient: await downloadWeights(network, gradients), loss: meanCrossEntropy(await logits.data(), labels) };
  } finally {
    disposeWeights(tensors);
    disposeWeights(gradients);
    logits.dispose();
  }
}

const ACTIVATIONS: Readonly<Record<Activation, (x: number) => number>> = {
  linear: (x) => x,
  relu: (x) => Math.max(x, 0),
  tanh: Math.tanh,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

/** The forward pass in float64 throughout (src/model's rounds each layer to float32, too coarse for differences): one logit a row. */
function referenceLogits(network: Network, weights: ArrayLike<number>, features: ArrayLike<number>): Float64Array {
  const rows = features.length / network.inputWidth;
  let value = Float64Array.from(features);
  for (const [layer, { inputs, units, activation, kernelOffset, biasOffset }] of network.layers.entries()) {
    const next = new Float64Array(rows * units);
    const apply = layer === network.layers.length - 1 ? ACTIVATIONS.linear : ACTIVATIONS[activation];
    for (let row = 0; row < rows; row++) {
      for (let unit = 0; unit < units; unit++) {
        let total = weights[biasOffset + unit] as number;
        for (let i = 0; i < inputs; i++)
          total += (value[row * inputs + i] as number) * (weights[kernelOffset + i * units + unit] as number);
        next[row * units + unit] = apply(total);
      }
    }
    value = next;
  }
  return value;
}
