/**
 * A transformer block, normalised first (Vaswani et al. 2017; Xiong et al. 2020 for the order): x + attention(norm(x)), then
 * + mlp(norm(x)). Queries, keys and values lie side by side in one kernel; causal: a step attends to itself and those before.
 */
import { type ReferenceArgs, activate, plus, product } from './layer.ts';
import { normalised } from './norm.ts';

export function transformer({ layer, input, weights, x, examples }: ReferenceArgs<'transformer'>): Float64Array {
  const [scale1, offset1, qkv, qkvBias, out, outBias, scale2, offset2, up, upBias, down, downBias] =
    weights as Float64Array[] as [
      ...[Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array],
      ...[Float64Array, Float64Array, Float64Array, Float64Array, Float64Array, Float64Array],
    ];
  const [steps, channels] = input as [number, number];
  const norm = (value: Float64Array, scale: Float64Array, offset: Float64Array): Float64Array =>
    normalised(value, { scale, offset, groups: 1, places: 1 });
  const parts = product(norm(x, scale1, offset1), qkv, 3 * channels, { bias: qkvBias });
  const attended = attention(parts, { examples, steps, channels, ...layer });
  const middle = plus(x, product(attended, out, channels, { bias: outBias }));
  const hidden = activate(product(norm(middle, scale2, offset2), up, 4 * channels, { bias: upBias }), 'relu');
  return plus(middle, product(hidden, down, channels, { bias: downBias }));
}

/** Scaled dot-product attention. @param parts examples x steps x (queries, keys, values), the heads side by side in each */
function attention(
  parts: Float64Array,
  {
    examples,
    steps,
    channels,
    heads,
    causal,
  }: { examples: number; steps: number; channels: number; heads: number; causal: boolean },
): Float64Array {
  const size = channels / heads;
  const y = new Float64Array(examples * steps * channels);
  const scores = new Float64Array(steps);
  for (let example = 0; example < examples; example++) {
    for (let head = 0; head < heads; head++) {
      const at = (step: number, part: number): number =>
        (example * steps + step) * 3 * channels + part * channels + head * size;
      for (let step = 0; step < steps; step++) {
        const last = causal ? step + 1 : steps;
        let largest = -Infinity;
        for (let other = 0; other < last; other++) {
          let score = 0;
          for (let i = 0; i < size; i++)
            score += (parts[at(step, 0) + i] as number) * (parts[at(other, 1) + i] as number);
          scores[other] = score / Math.sqrt(size);
          largest = Math.max(largest, scores[other] as number);
        }
        let total = 0;
        for (let other = 0; other < last; other++) {
          scores[other] = Math.exp((scores[other] as number) - largest);
          total += scores[other] as number;
        }
        const to = (example * steps + step) * channels + head * size;
        for (let other = 0; other < last; other++) {
          const share = (scores[other] as number) / total;
          for (let i = 0; i < size; i++)
            y[to + i] = (y[to + i] as number) + share * (parts[at(other, 2) + i] as number);
        }
      }
    }
  }
  return y;
}
