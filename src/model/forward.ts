/**
 * The forward pass of a dense model over typed arrays, without a tensor library: what the relay, a verifier and the tests predict with.
 * Sums run in float64 and each layer's output is rounded to float32, so results differ from a tfjs backend by a few 1e-7; nothing
 * that people must agree on bit by bit depends on it.
 */
import { check } from '../core/errors.ts';
import type { ModelSpec } from '../protocol/task-spec.ts';
import { weightLayout } from './spec.ts';

type Activation = ModelSpec['layers'][number]['activation'];

const ACTIVATIONS: Readonly<Record<Activation, (x: number) => number>> = {
  relu: (x) => (x > 0 ? x : 0),
  tanh: Math.tanh,
  linear: (x) => x,
  sigmoid: (x) => 1 / (1 + Math.exp(-x)),
};

/**
 * Scores of rows.
 * @param weights flat, in the order of weightLayout
 * @param features rows x inputWidth, row-major, normalised
 * @returns rows x units of the last layer; for a binary task the probability of label 1
 * @throws MurmurError bad-input when lengths do not fit
 */
export function predict(model: ModelSpec, weights: Float32Array, features: Float32Array, rows: number): Float32Array {
  if (rows === 0) return new Float32Array(0);
  check(
    Number.isInteger(rows) && rows > 0 && features.length % rows === 0,
    `${features.length} values are not ${rows} rows`,
  );
  const layout = weightLayout(model, features.length / rows);
  check(weights.length === layout.length, `expected ${layout.length} weights, got ${weights.length}`);
  let inputs = features;
  for (const [i, { units, activation }] of model.layers.entries()) {
    const kernel = layout.tensors[2 * i];
    const bias = layout.tensors[2 * i + 1];
    check(kernel !== undefined && bias !== undefined, `layer ${i} has no tensors`);
    inputs = dense(
      inputs,
      weights.subarray(kernel.offset, kernel.offset + kernel.length),
      weights.subarray(bias.offset, bias.offset + units),
      rows,
      ACTIVATIONS[activation],
    );
  }
  return inputs;
}

function dense(
  inputs: Float32Array,
  kernel: Float32Array,
  bias: Float32Array,
  rows: number,
  activate: (x: number) => number,
): Float32Array {
  const width = inputs.length / rows;
  const units = bias.length;
  const outputs = new Float32Array(rows * units);
  for (let row = 0; row < rows; row++) {
    for (let unit = 0; unit < units; unit++) {
      let sum = bias[unit] as number;
      for (let j = 0; j < width; j++) sum += (inputs[row * width + j] as number) * (kernel[j * units + unit] as number);
      outputs[row * units + unit] = activate(sum);
    }
  }
  return outputs;
}
