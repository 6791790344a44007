/**
 * A transformer block, normalised first: x + attention(norm(x)), then + mlp(norm(x)). Products over batches are given untransposed
 * operands, because only those are fast on wasm.
 */
import {
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  add,
  concat,
  fused,
  matMul,
  mul,
  slice,
  softmax,
  step,
  sub,
  sum,
  tensor2d,
  transpose,
} from '@tensorflow/tfjs-core';
import { type PlanOf, type TrainingLayer, shaped } from './layer.ts';
import { createNorm } from './norm.ts';

/** Stands for −∞ in the scores of steps to come: its exponential is 0 in float32. */
const HIDDEN = -1e9;

export function transformer({ layer, input }: PlanOf<'transformer'>): TrainingLayer {
  const { heads, causal } = layer;
  const [steps, channels] = input as [number, number];
  const size = channels / heads;
  const scaling = 1 / Math.sqrt(size);
  const norm = createNorm({ places: 1, channels, groups: 1 });
  const flip = (x: Tensor): Tensor3D => transpose(x as Tensor3D, [0, 2, 1]);
  /** [examples · steps, channels] at a column to [examples · heads, steps, size] */
  const split = (x: Tensor, part: number, examples: number): Tensor3D => {
    const columns = slice(x as Tensor2D, [0, part * channels], [x.shape[0] as number, channels]);
    const byHead = transpose(shaped(columns, [examples, steps, heads, size]), [0, 2, 1, 3]);
    return shaped(byHead, [examples * heads, steps, size]);
  };
  const join = (x: Tensor, examples: number): Tensor2D => {
    const byStep = transpose(shaped(x, [examples, heads, steps, size]), [0, 2, 1, 3]);
    return shaped(byStep, [examples * steps, channels]);
  };
  const affine = (a: Tensor, kernel: Tensor, bias: Tensor, activation: 'linear' | 'relu' = 'linear'): Tensor2D =>
    fused.matMul({ a: a as Tensor2D, b: kernel as Tensor2D, bias, activation }) as Tensor2D;

  return {
    forward(x, weights) {
      const [scale1, offset1, qkv, qkvBias, out, outBias, scale2, offset2, up, upBias, down, downBias] =
        weights as Twelve;
      const examples = x.shape[0] as number;
      const rows = shaped<Tensor2D>(x, [examples * steps, channels]);
      const norm1 = norm.forward(rows, [scale1, offset1]);
      const parts = affine(norm1.y, qkv, qkvBias);
      const [query, key, value] = [split(parts, 0, examples), split(parts, 1, examples), split(parts, 2, examples)];
      const scores = mul(matMul(query, flip(key)), scaling);
      const shares = softmax(causal ? add(scores, causalMask(steps)) : scores) as Tensor3D;
      const attended = join(matMul(shares, value), examples);
      const middle = add(rows, affine(attended, out, outBias)) as Tensor2D;
      const norm2 = norm.forward(middle, [scale2, offset2]);
      const hidden = affine(norm2.y, up, upBias, 'relu');
      const y = add(middle, affine(hidden, down, downBias));
      return {
        y: shaped(y, x.shape),
        saved: [norm1.y, query, key, value, shares, attended, norm2.y, hidden, ...norm1.saved, ...norm2.saved],
      };
    },
    backward(dy, saved, weights, needsInput, needsWeights) {
      const [normed1, query, key, value, shares, attended, normed2, hidden, ...norms] = saved as Twelve;
      const [scale1, offset1, qkv, , out, , scale2, offset2, up, , down] = weights as Twelve;
      const examples = dy.shape[0] as number;
      const error = shaped<Tensor2D>(dy, [examples * steps, channels]);

      const atHidden = mul(matMul(error, down as Tensor2D, false, true), step(hidden)) as Tensor2D;
      const atNorm2 = matMul(atHidden, up as Tensor2D, false, true);
      const norm2 = norm.backward(atNorm2, norms.slice(2, 4), [scale2, offset2], true, needsWeights);
      const atMiddle = add(error, norm2.dx as Tensor) as Tensor2D;

      const atAttended = split(matMul(atMiddle, out as Tensor2D, false, true), 0, examples);
      const atShares = matMul(atAttended, flip(value));
      const weighted = mul(atShares, shares);
      const atScores = mul(sub(weighted, mul(shares, sum(weighted, -1, true))), scaling) as Tensor3D;
      const atParts = concat(
        [
          join(matMul(atScores, key as Tensor3D), examples),
          join(matMul(flip(atScores), query as Tensor3D), examples),
          join(matMul(flip(shares), atAttended), examples),
        ],
        1,
      ) as Tensor2D;
      const atNorm1 = matMul(atParts, qkv as Tensor2D, false, true);
      const norm1 = norm.backward(atNorm1, norms.slice(0, 2), [scale1, offset1], needsInput, needsWeights);

      return {
        dx: needsInput ? shaped(add(atMiddle, norm1.dx as Tensor), dy.shape) : undefined,
        gradients: needsWeights
          ? [
              ...norm1.gradients,
              matMul(normed1 as Tensor2D, atParts, true, false),
              sum(atParts, 0),
              matMul(attended as Tensor2D, atMiddle, true, false),
              sum(atMiddle, 0),
              ...norm2.gradients,
              matMul(normed2 as Tensor2D, atHidden, true, false),
              sum(atHidden, 0),
              matMul(hidden as Tensor2D, error, true, false),
              sum(error, 0),
            ]
          : [],
      };
    },
  };
}

type Four = [Tensor, Tensor, Tensor, Tensor];
type Twelve = [...Four, ...Four, ...Four];

function causalMask(steps: number): Tensor2D {
  const values = new Float32Array(steps * steps);
  for (let row = 0; row < steps; row++) values.fill(HIDDEN, row * steps + row + 1, (row + 1) * steps);
  return tensor2d(values, [steps, steps]);
}
