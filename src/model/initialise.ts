/**
 * Initial weights that everybody computes alike from a seed. Kernels: Glorot and Bengio's uniform rule (AISTATS 2010), in
 * [−√(6 / (fan-in + fan-out)), +√…), where a convolution's fans count its window and kernels side by side count one by one; tables of an
 * embedding: [−0.05, 0.05); scales 1; biases and the second kernel of an adapter 0 (Hu et al. 2021). Only + − · / √ of IEEE float64 and
 * one rounding to float32, so all engines agree.
 */
import { type Bytes, utf8 } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { SeededRandom } from '../core/random.ts';
import type { ModelUse } from '../protocol/model-shapes.ts';
import { type WeightTensor, weightLayout } from './spec.ts';

const TABLE_LIMIT = 0.05;

/**
 * @param seed 32 bytes, e.g. the beacon of the statistics round
 * @param start flat, from a file of starting weights (start.ts): what is in it all tensors take but an adapter's
 * @returns the flat weight vector of {@link weightLayout}; never −0
 */
export async function initialWeights(use: ModelUse, seed: Bytes, start?: Float32Array): Promise<Float32Array> {
  check(seed.length === 32, `a seed has 32 bytes, this one ${seed.length}`);
  const layout = weightLayout(use);
  const random = new SeededRandom(await sha256(utf8('murmur/initial-weights/1'), seed));
  const weights = new Float32Array(layout.length);
  check(start === undefined || start.length === layout.length, 'the starting weights are of another model');
  for (const tensor of layout.tensors) {
    const { role, offset, length, isAdapter } = tensor;
    if (start !== undefined && !isAdapter) {
      weights.set(start.subarray(offset, offset + length), offset);
      continue;
    }
    if (role === 'bias' || role === 'zero-kernel') continue;
    if (role === 'scale') {
      weights.fill(1, offset, offset + length);
      continue;
    }
    const limit = role === 'table' ? TABLE_LIMIT : glorotLimit(tensor);
    // + 0 turns the one possible −0 into 0: checkpoints hold no −0.
    for (let i = 0; i < length; i++) weights[offset + i] = Math.fround((2 * random.uniform() - 1) * limit) + 0;
  }
  return weights;
}

/** √(6 / (fan-in + fan-out)) of a kernel [..., inputs, outputs]. */
export function glorotLimit({ shape, blocks }: Pick<WeightTensor, 'shape' | 'blocks'>): number {
  const [inputs = 1, outputs = 1] = shape.slice(-2);
  const window = shape.slice(0, -2).reduce((product, size) => product * size, 1);
  return Math.sqrt(6 / (window * (inputs + outputs / blocks)));
}
