/**
 * Gated recurrent unit (Cho et al. 2014) and back-propagation through time. The products with the inputs, and all gradients of kernels,
 * are one product over all steps; only what depends on the step before runs step by step. Inside, steps come first.
 */
import {
  type Tensor,
  type Tensor2D,
  add,
  addN,
  concat,
  matMul,
  mul,
  sigmoid,
  slice,
  square,
  stack,
  sub,
  sum,
  tanh,
  transpose,
  zeros,
} from '@tensorflow/tfjs-core';
import { type PlanOf, type TrainingLayer, shaped } from './layer.ts';

/** Tensors that a step leaves for the backward pass: state before it, both gates, candidate. */
const PER_STEP = 4;

export function gru({ layer, input }: PlanOf<'gru'>): TrainingLayer {
  const { units, sequences } = layer;
  const [steps, channels] = input as [number, number];
  const columns = (x: Tensor, from: number, width: number): Tensor2D =>
    slice(x as Tensor2D, [0, from * units], [x.shape[0] as number, width * units]);
  return {
    forward(x, [kernel, recurrent, bias]) {
      const examples = x.shape[0] as number;
      const rows = shaped<Tensor2D>(transpose(x, [1, 0, 2]), [steps * examples, channels]);
      const given = add(matMul(rows, kernel as Tensor2D), bias as Tensor) as Tensor2D;
      const [forGates, forCandidate] = [columns(recurrent as Tensor, 0, 2), columns(recurrent as Tensor, 2, 1)];
      const saved: Tensor[] = [rows];
      const states: Tensor2D[] = [];
      let state: Tensor2D = zeros([examples, units]);
      for (let t = 0; t < steps; t++) {
        const now = slice(given, [t * examples, 0], [examples, 3 * units]);
        const gates = sigmoid(add(columns(now, 0, 2), matMul(state, forGates)));
        const [update, reset] = [columns(gates, 0, 1), columns(gates, 1, 1)];
        const candidate = tanh(add(columns(now, 2, 1), matMul(mul(reset, state), forCandidate))) as Tensor2D;
        saved.push(state, update, reset, candidate);
        state = add(candidate, mul(update, sub(state, candidate)));
        states.push(state);
      }
      return { y: sequences ? stack(states, 1) : state, saved };
    },
    backward(dy, [rows, ...saved], [kernel, recurrent], needsInput, needsWeights) {
      const examples = dy.shape[0] as number;
      const [forGates, forCandidate] = [columns(recurrent as Tensor, 0, 2), columns(recurrent as Tensor, 2, 1)];
      const errors = new Array<Tensor>(steps);
      const outputs = sequences ? transpose(dy, [1, 0, 2]) : undefined;
      let atState: Tensor | undefined = sequences ? undefined : dy;
      for (let t = steps - 1; t >= 0; t--) {
        const [before, update, reset, candidate] = saved.slice(PER_STEP * t, PER_STEP * (t + 1)) as [
          ...[Tensor, Tensor],
          ...[Tensor, Tensor],
        ];
        const own = outputs && shaped(slice(outputs, t, 1), [examples, units]);
        const d = (own !== undefined && atState !== undefined ? add(own, atState) : (own ?? atState)) as Tensor;
        const kept = mul(d, update);
        const atCandidate = mul(sub(d, kept), sub(1, square(candidate)));
        const atUpdate = mul(mul(d, sub(before, candidate)), sub(update, square(update)));
        const atProduct = matMul(atCandidate as Tensor2D, forCandidate, false, true);
        const atReset = mul(mul(atProduct, before), sub(reset, square(reset)));
        const atGates = concat([atUpdate, atReset], 1) as Tensor2D;
        errors[t] = concat([atGates, atCandidate], 1);
        if (t > 0) atState = addN([kept, mul(atProduct, reset), matMul(atGates, forGates, false, true)]);
      }
      const error = concat(errors, 0) as Tensor2D;
      const every = (part: number): Tensor[] => saved.filter((_, i) => i % PER_STEP === part);
      const ofRecurrent = (): Tensor => {
        const before = concat(every(0), 0) as Tensor2D;
        const kept = mul(before, concat(every(2), 0)) as Tensor2D;
        return concat(
          [matMul(before, columns(error, 0, 2), true, false), matMul(kept, columns(error, 2, 1), true, false)],
          1,
        );
      };
      const gradients = needsWeights
        ? [matMul(rows as Tensor2D, error, true, false), ofRecurrent(), sum(error, 0)]
        : [];
      if (!needsInput) return { dx: undefined, gradients };
      const dx = matMul(error, kernel as Tensor2D, false, true);
      return { dx: transpose(shaped(dx, [steps, examples, channels]), [1, 0, 2]), gradients };
    },
  };
}
