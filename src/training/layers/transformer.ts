/**
 * A transformer block (Vaswani et al., NeurIPS 2017), normalised first: x + attention(norm(x)), then + mlp(norm(x)) with four times the
 * channels and relu. A causal one lets a step see itself and what came before.
 */
import {
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  add,
  concat,
  fused,
  matMul,
  mul,
  reshape,
  slice,
  softmax,
  sub,
  sum,
  tensor2d,
  transpose,
} from '@tensorflow/tfjs-core';
import { throughActivation } from './activation.ts';
import { type Layer, entry } from './layer.ts';
import { layerNorm, layerNormGradient } from './norm.ts';

/** Added to the scores of steps that must not be seen; exp of it is 0 in float32. */
const UNSEEN = -1e9;

/** What a product's backward pass gives: gradients of its input, its kernel and its bias. */
type ProductGradients = [Tensor2D, Tensor2D, Tensor];

export function transformer(heads: number, causal: boolean): Layer {
  return {
    forward(x, weights) {
      const w = (index: number) => entry(weights, index);
      const [rows, steps, channels] = x.shape as [number, number, number];
      const norm1 = layerNorm(x, w(0), w(1));
      const [q, k, v] = heads3(product(flat(norm1.y), w(2), w(3)), rows, steps, heads);
      const width = channels / heads;
      const scores = mul(matMul(q, k, false, true), 1 / Math.sqrt(width));
      const seen = softmax(causal ? add(scores, causalMask(steps)) : scores);
      const attended = joinHeads(matMul(seen, v), rows, steps);
      const after = add(x, reshape(product(attended, w(4), w(5)), x.shape));
      const norm2 = layerNorm(after, w(6), w(7));
      const hidden = product(flat(norm2.y), w(8), w(9), 'relu');
      const y = add(after, reshape(product(hidden, w(10), w(11)), x.shape));
      return { y, saved: [norm1.y, ...norm1.saved, q, k, v, seen, attended, norm2.y, ...norm2.saved, hidden] };
    },
    backward(dy, saved, weights) {
      const w = (index: number) => entry(weights, index);
      const [normed1, values1, inverse1, q, k, v, seen, attended, normed2, values2, inverse2, hidden] =
        saved as Tuple12;
      const { shape } = dy;
      const [rows, steps, channels] = shape as [number, number, number];

      const [dhidden, dkernel4, dbias4] = throughProduct(flat(dy), hidden as Tensor2D, w(10));
      const dz = throughActivation('relu', dhidden, hidden) as Tensor2D;
      const [dnormed2, dkernel3, dbias3] = throughProduct(dz, flat(normed2), w(8));
      const [dmlp, dscale2, doffset2] = layerNormGradient(reshape(dnormed2, shape), [values2, inverse2], w(6));
      const dafter = add(dy, dmlp);

      const [dattended, dkernel2, dbias2] = throughProduct(flat(dafter), attended as Tensor2D, w(4));
      const dheads = splitHeads(dattended, rows, steps, heads);
      const dseen = matMul(dheads, v, false, true);
      // Softmax: each score's gradient less the row's mean under the softmax itself.
      const dscores = mul(mul(seen, sub(dseen, sum(mul(dseen, seen), -1, true))), 1 / Math.sqrt(channels / heads));
      const dq = matMul(dscores, k);
      const dk = matMul(dscores, q, true, false);
      const dv = matMul(seen, dheads, true, false);
      const dqkv = join3([dq, dk, dv], rows, steps);
      const [dnormed1, dkernel1, dbias1] = throughProduct(dqkv, flat(normed1), w(2));
      const [dattention, dscale1, doffset1] = layerNormGradient(reshape(dnormed1, shape), [values1, inverse1], w(0));
      return {
        dx: add(dafter, dattention),
        gradients: [
          ...[dscale1, doffset1, dkernel1, dbias1, dkernel2, dbias2],
          ...[dscale2, doffset2, dkernel3, dbias3, dkernel4, dbias4],
        ],
      };
    },
  };
}

type Tuple12 = [Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor, Tensor];

function flat(x: Tensor): Tensor2D {
  return reshape(x, [-1, x.shape.at(-1) as number]);
}

function product(x: Tensor2D, kernel: Tensor, bias: Tensor, activation: 'linear' | 'relu' = 'linear'): Tensor2D {
  return fused.matMul({ a: x, b: kernel as Tensor2D, bias: bias as Tensor1D, activation }) as Tensor2D;
}

function throughProduct(dy: Tensor2D, x: Tensor2D, kernel: Tensor): ProductGradients {
  return [matMul(dy, kernel as Tensor2D, false, true), matMul(x, dy, true, false), sum(dy, 0)];
}

/** [rows x steps, channels] to [rows, heads, steps, channels / heads] */
function splitHeads(x: Tensor, rows: number, steps: number, heads: number): Tensor {
  return transpose(reshape(x, [rows, steps, heads, -1]), [0, 2, 1, 3]);
}

function joinHeads(x: Tensor, rows: number, steps: number): Tensor2D {
  return reshape(transpose(x, [0, 2, 1, 3]), [rows * steps, -1]) as Tensor2D;
}

/** Queries, keys and values, side by side in the last axis. */
function heads3(x: Tensor2D, rows: number, steps: number, heads: number): [Tensor, Tensor, Tensor] {
  const channels = x.shape[1] / 3;
  const part = (index: number) => splitHeads(slice(x, [0, index * channels], [-1, channels]), rows, steps, heads);
  return [part(0), part(1), part(2)];
}

function join3(parts: readonly Tensor[], rows: number, steps: number): Tensor2D {
  return concat(
    parts.map((part) => joinHeads(part, rows, steps)),
    1,
  ) as Tensor2D;
}

function causalMask(steps: number): Tensor2D {
  const mask = new Float32Array(steps * steps);
  for (let i = 0; i < steps; i++) mask.fill(UNSEEN, i * steps + i + 1, (i + 1) * steps);
  return tensor2d(mask, [steps, steps]);
}
