/**
 * Initial weights that everybody computes alike from a seed: Glorot and Bengio's uniform rule (AISTATS 2010), kernels in
 * [−√(6 / (inputs + units)), +√…), biases 0. Only + − · / √ of IEEE float64 and one rounding to float32, so all engines agree.
 */
import { type Bytes, utf8 } from '../core/bytes.ts';
import { check } from '../core/errors.ts';
import { sha256 } from '../core/hash.ts';
import { SeededRandom } from '../core/random.ts';
import type { ModelSpec } from '../protocol/task-spec.ts';
import { weightLayout } from './spec.ts';

/**
 * @param seed 32 bytes, e.g. the beacon of the statistics round
 * @returns the flat weight vector of {@link weightLayout}; never −0
 */
export async function initialWeights(model: ModelSpec, inputWidth: number, seed: Bytes): Promise<Float32Array> {
  check(seed.length === 32, `a seed has 32 bytes, this one ${seed.length}`);
  const layout = weightLayout(model, inputWidth);
  const random = new SeededRandom(await sha256(utf8('murmur/initial-weights/1'), seed));
  const weights = new Float32Array(layout.length);
  for (const { shape, offset, length } of layout.tensors) {
    const [inputs, units] = shape;
    if (inputs === undefined || units === undefined) continue;
    const limit = Math.sqrt(6 / (inputs + units));
    // + 0 turns the one possible −0 into 0: checkpoints hold no −0.
    for (let i = 0; i < length; i++) weights[offset + i] = Math.fround((2 * random.uniform() - 1) * limit) + 0;
  }
  return weights;
}
