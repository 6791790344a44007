/**
 * One step of DP-SGD (Abadi et al. 2016): the gradient of every record alone is clipped to a norm, the sum gets Gaussian noise, and the
 * mean is taken over the EXPECTED number of records, which tells nothing of how many there were.
 *
 * Records are drawn by Poisson sampling, each on its own with the same chance: this is what the accountant's amplification assumes;
 * batches that partition the rows would not do. Chances and noise come from secure randomness, never from the job's seed: whoever could
 * repeat them would see through the noise. Where all layers with weights know the norm of an example's gradient without forming it
 * (dense ones, "ghost clipping": Goodfellow 2015; Li et al. 2022), records are clipped together by two backward passes; else one by one.
 *
 * Not guarded against: float rounding of the noise (Mironov 2012). The exact guarantee is the masked sum's own noise.
 */
import { type Tensor, type Tensor2D, add, div, minimum, mul, scalar, sqrt, tensor, tidy } from '@tensorflow/tfjs-core';
import type { RandomBytes } from '../core/random.ts';
import { normalNoise } from '../privacy/normal-noise.ts';
import { shaped, total } from './layers/layer.ts';
import { lossGradient } from './losses.ts';
import {
  type ForwardPass,
  type Network,
  type StepFactors,
  applyChanges,
  backward,
  disposeTensors,
  forward,
  trainedOf,
} from './network.ts';
import { squaredNorm } from './squared-norm.ts';

export interface RecordRandomness {
  /** independent draws of the standard normal law */
  readonly normals: (length: number) => ArrayLike<number>;
  readonly random: RandomBytes;
}

/** What a trainer draws from secure bytes. */
export function recordRandomness(random: RandomBytes): RecordRandomness {
  return { random, normals: (length) => normalNoise(length, random) };
}

export interface RecordBatch {
  readonly x: Tensor;
  readonly labels: Tensor2D;
}

/** Keeps a norm of zero from dividing. */
const TINY = 1e-20;
const RANDOM_BYTES_A_CALL = 65_536;
const BYTES_A_ROW = 4;

/** The rows of one step: each with chance `rate`, to 2^-32. */
export function sampleRecords(rows: number, rate: number, random: RandomBytes): Uint32Array {
  const threshold = rate * 2 ** 32;
  const picked: number[] = [];
  for (let start = 0; start < rows; start += RANDOM_BYTES_A_CALL / BYTES_A_ROW) {
    const count = Math.min(rows - start, RANDOM_BYTES_A_CALL / BYTES_A_ROW);
    const bytes = random(count * BYTES_A_ROW);
    const draws = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let i = 0; i < count; i++) if (draws.getUint32(i * BYTES_A_ROW) < threshold) picked.push(start + i);
  }
  return Uint32Array.from(picked);
}

/** Whether records can be clipped together. */
export function clipsTogether({ layers }: Network): boolean {
  return layers.every(({ learns, exampleNorms }) => !learns || exampleNorms !== undefined);
}

/**
 * Sum of the clipped gradients of a batch's records. Call within tidy.
 * @param batch any number of records where {@link clipsTogether}, else exactly one
 * @param clip largest norm of a record's gradient of its own loss (next: the mean over the steps of the text)
 */
export function clippedGradients(
  network: Network,
  weights: readonly Tensor[],
  { x, labels }: RecordBatch,
  clip: number,
): Tensor[] {
  const pass = forward(network, weights, x);
  const error = div(lossGradient(network.target, pass.logits, labels), network.labelWidth);
  if (!clipsTogether(network)) {
    const gradients = backward(network, weights, pass, error);
    const factor = clipFactor(total(gradients.map(squaredNorm)), clip);
    return gradients.map((each) => mul(each, factor));
  }
  const examples = x.shape[0] as number;
  const factors = clipFactor(squaredNorms(network, weights, pass, error), clip);
  const ones = error.shape.slice(1).map(() => 1);
  return backward(network, weights, pass, mul(error, shaped(factors, [examples, ...ones])));
}

function clipFactor(squaredNorm: Tensor, clip: number): Tensor {
  return minimum(1, div(clip, add(sqrt(squaredNorm), TINY)));
}

/** Squared norm of every record's gradient over all layers [records]. */
function squaredNorms(network: Network, weights: readonly Tensor[], { passes }: ForwardPass, error: Tensor): Tensor {
  const norms: Tensor[] = [];
  let dy: Tensor | undefined = error;
  const { firstLearning } = network;
  for (let i = network.layers.length - 1; i >= firstLearning && dy !== undefined; i--) {
    const layer = network.layers[i] as Network['layers'][number];
    const saved = passes[i]?.saved ?? [];
    const own = weights.slice(layer.start, layer.end);
    if (!layer.learns || layer.exampleNorms === undefined) {
      dy = layer.backward(dy, saved, own, i > firstLearning, false).dx;
      continue;
    }
    const result = layer.exampleNorms(dy, saved, own, i > firstLearning);
    norms.push(result.norms);
    dy = result.dx;
  }
  return total(norms);
}

/**
 * The step itself: new weights are returned, the old ones are disposed; frozen ones stay.
 * @param batches of the step's records, made when asked for; they are disposed here. Where they fail, the old weights stay
 */
export async function recordStep(
  network: Network,
  weights: readonly Tensor[],
  batches: AsyncIterable<() => RecordBatch> | Iterable<() => RecordBatch>,
  options: Pick<StepFactors, 'decay' | 'shift'> & {
    readonly learningRate: number;
    /** records that a step has on average */
    readonly expected: number;
    readonly clip: number;
    /** standard deviation of the noise over the clip norm */
    readonly noise: number;
    readonly normals: RecordRandomness['normals'];
    /** called after every wait: others may have computed meanwhile, on another backend */
    readonly enter?: (() => void) | undefined;
  },
): Promise<Tensor[]> {
  const { clip, noise, normals, learningRate, expected, enter } = options;
  let sums = tidy(() =>
    trainedOf(network, network.tensors).map(({ shape, length }) => {
      const values = Float32Array.from(normals(length), (normal) => normal * noise * clip);
      return tensor(values, [...shape], 'float32');
    }),
  );
  try {
    for await (const take of batches) {
      enter?.();
      const before = sums;
      sums = tidy(() => {
        const gradients = clippedGradients(network, weights, take(), clip);
        return before.map((each, i) => add(each, gradients[i] as Tensor));
      });
      disposeTensors(before);
    }
  } catch (error) {
    disposeTensors(sums);
    throw error;
  }
  enter?.();
  const next = tidy(() => {
    const scale = scalar(learningRate / expected);
    return applyChanges(
      network,
      weights,
      sums.map((each) => mul(each, scale)),
      options,
    );
  });
  disposeTensors([...sums, ...trainedOf(network, weights)]);
  return next;
}
