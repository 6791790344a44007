/**
 * A dense layer with a low-rank adapter (Hu et al. 2021): activation(x · W + bias + s · x · A · B), where W and bias stay as they are.
 * The product goes by way of the rank, x · A first: a batch has fewer rows than W has, so W + s · A · B is never formed, and neither is
 * the gradient of W.
 *
 * With h = s · x · A and dz the gradient before the activation: dB = hᵀ · dz, dA = xᵀ · (s · dz · Bᵀ), dx = dz · Wᵀ + (s · dz · Bᵀ) · Aᵀ.
 * Both are products of one layer each, so the norms of an example's gradients follow as those of a dense layer do (dense.ts).
 */
import { type Tensor, type Tensor2D, add, fused, matMul, mul, square, sum } from '@tensorflow/tfjs-core';
import type { AdapterPlan } from '../../protocol/model-parts.ts';
import { sizeOf } from '../../protocol/model-shapes.ts';
import { gram } from './gram.ts';
import { type PlanOf, type TrainingLayer, shaped, throughActivation } from './layer.ts';
import { activated } from './norm.ts';

export function adaptedDense({ layer, input, output }: PlanOf<'dense'>, { scale }: AdapterPlan): TrainingLayer {
  const { activation, units } = layer;
  const inputs = input.at(-1) as number;
  const steps = sizeOf(input) / inputs;
  const scaled = (x: Tensor2D): Tensor2D => (scale === 1 ? x : mul<Tensor2D>(x, scale));
  /** Gradients before the activation and, through B, at x · A. */
  const errorsOf = (dy: Tensor, y: Tensor, b: Tensor): { dz: Tensor2D; dh: Tensor2D } => {
    const dz = throughActivation(
      activation,
      shaped<Tensor2D>(dy, [(dy.shape[0] as number) * steps, units]),
      y as Tensor2D,
    );
    return { dz, dh: scaled(matMul(dz, b as Tensor2D, false, true)) };
  };
  const inputGradient = (dz: Tensor2D, dh: Tensor2D, kernel: Tensor, a: Tensor, examples: number): Tensor => {
    const throughKernel = matMul(dz, kernel as Tensor2D, false, true);
    return shaped(add(throughKernel, matMul(dh, a as Tensor2D, false, true)), [examples, ...input]);
  };
  return {
    forward(x, weights) {
      const [kernel, bias, a, b] = weights as Four;
      const examples = x.shape[0] as number;
      const rows = shaped<Tensor2D>(x, [examples * steps, inputs]);
      const h = scaled(matMul(rows, a));
      const product = fused.matMul({ a: rows, b: kernel, bias: bias as Tensor, activation: 'linear' });
      const y = activated(activation, add(product, matMul(h, b)));
      return { y: shaped(y, [examples, ...output]), saved: [rows, h, y] };
    },
    backward(dy, [rows, h, y], weights, needsInput) {
      const [kernel, , a, b] = weights as Four;
      const { dz, dh } = errorsOf(dy, y as Tensor, b);
      return {
        gradients: [matMul(rows as Tensor2D, dh, true, false), matMul(h as Tensor2D, dz, true, false)],
        dx: needsInput ? inputGradient(dz, dh, kernel, a, dy.shape[0] as number) : undefined,
      };
    },
    exampleNorms(dy, [rows, h, y], weights, needsInput) {
      const [kernel, , a, b] = weights as Four;
      const examples = dy.shape[0] as number;
      const { dz, dh } = errorsOf(dy, y as Tensor, b);
      const norms = (left: Tensor, right: Tensor): Tensor =>
        steps === 1
          ? mul(sum(square(left), 1), sum(square(right), 1))
          : sum(mul(gram(left, examples, steps), gram(right, examples, steps)), [1, 2]);
      return {
        norms: add(norms(rows as Tensor, dh), norms(h as Tensor, dz)),
        dx: needsInput ? inputGradient(dz, dh, kernel, a, examples) : undefined,
      };
    },
  };
}

type Four = [kernel: Tensor2D, bias: Tensor, a: Tensor2D, b: Tensor2D];
