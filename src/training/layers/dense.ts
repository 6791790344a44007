/**
 * [..., inputs] to [..., units]: activation(x · kernel + bias), with Rumelhart, Hinton and Williams's (1986) backward pass.
 *
 * The norm of an example's own gradient needs no gradient (Goodfellow 2015, "Efficient per-example gradient computations"): of an outer
 * product it is the product of norms; over steps, the sum of the products of both Gram matrices (Li et al. 2022, "Large language models
 * can be strong differentially private learners", section 4).
 */
import { type Tensor, type Tensor2D, add, fused, matMul, mul, square, sum, tanh } from '@tensorflow/tfjs-core';
import { sizeOf } from '../../protocol/model-shapes.ts';
import { adaptedDense } from './adapted-dense.ts';
import { gram } from './gram.ts';
import { type PlanOf, type TrainingLayer, shaped, throughActivation } from './layer.ts';

export function dense(plan: PlanOf<'dense'>): TrainingLayer {
  const { layer, input, output, adapter } = plan;
  if (adapter !== undefined) return adaptedDense(plan, adapter);
  const { activation, units } = layer;
  const inputs = input.at(-1) as number;
  const steps = sizeOf(input) / inputs;
  const rows = (x: Tensor): number => (x.shape[0] as number) * steps;
  const errorOf = (dy: Tensor, y: Tensor): Tensor2D =>
    throughActivation(activation, shaped<Tensor2D>(dy, [rows(dy), units]), y as Tensor2D);
  const inputGradient = (dz: Tensor2D, kernel: Tensor, examples: number): Tensor =>
    shaped(matMul(dz, kernel as Tensor2D, false, true), [examples, ...input]);
  return {
    forward(x, [kernel, bias]) {
      const a = shaped<Tensor2D>(x, [rows(x), inputs]);
      // wasm and webgpu fuse relu and sigmoid into the product, not tanh.
      const fusedActivation = activation === 'tanh' ? 'linear' : activation;
      const product = fused.matMul({ a, b: kernel as Tensor2D, bias: bias as Tensor, activation: fusedActivation });
      const y = (activation === 'tanh' ? tanh(product) : product) as Tensor2D;
      return { y: shaped(y, [x.shape[0] as number, ...output]), saved: [a, y] };
    },
    backward(dy, [a, y], [kernel], needsInput, needsWeights) {
      const dz = errorOf(dy, y as Tensor);
      return {
        gradients: needsWeights ? [matMul(a as Tensor2D, dz, true, false), sum(dz, 0)] : [],
        dx: needsInput ? inputGradient(dz, kernel as Tensor, dy.shape[0] as number) : undefined,
      };
    },
    exampleNorms(dy, [a, y], [kernel], needsInput) {
      const examples = dy.shape[0] as number;
      const dz = errorOf(dy, y as Tensor);
      const norms = steps === 1 ? oneStep(a as Tensor2D, dz) : manySteps(a as Tensor, dz, examples, steps);
      return { norms, dx: needsInput ? inputGradient(dz, kernel as Tensor, examples) : undefined };
    },
  };
}

/** |x|²·|d|² of the kernel and |d|² of the bias. */
function oneStep(a: Tensor2D, dz: Tensor2D): Tensor {
  return mul(sum(square(dz), 1), add(sum(square(a), 1), 1));
}

/** Sum over pairs of steps of (x_s · x_t + 1)(d_s · d_t), where 1 is the bias's part. */
function manySteps(a: Tensor, dz: Tensor, examples: number, steps: number): Tensor {
  return sum(mul(add(gram(a, examples, steps), 1), gram(dz, examples, steps)), [1, 2]);
}
