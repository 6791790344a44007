/**
 * Gated recurrent unit (Cho et al., EMNLP 2014) in the form that resets after the recurrent product, so that a step is one product:
 * a = x K + b, u = h U; z = σ(a_z + u_z), r = σ(a_r + u_r), n = tanh(a_n + r u_n); h' = z h + (1 − z) n, from h = 0.
 * Gradients go back through all steps.
 */
import {
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  add,
  addN,
  concat,
  fused,
  matMul,
  mul,
  reshape,
  sigmoid,
  slice,
  square,
  stack,
  sub,
  sum,
  tanh,
  transpose,
  unstack,
  zeros,
} from '@tensorflow/tfjs-core';
import { type Layer, entry } from './layer.ts';

/** Saved of each step: h before it, z, r, n, and u_n. */
const SAVED = 5;

export function gru(units: number, sequences: boolean): Layer {
  const block = (x: Tensor, index: number) => slice(x as Tensor2D, [0, index * units], [-1, units]);
  return {
    forward(x, weights) {
      const [kernel, recurrent, bias] = weights as [Tensor2D, Tensor2D, Tensor];
      const [rows, steps, channels] = x.shape as [number, number, number];
      // Steps first, so that each is a view of the one product over all of them.
      const byStep = reshape(transpose(x as Tensor3D, [1, 0, 2]), [steps * rows, channels]) as Tensor2D;
      const inputs = reshape(fused.matMul({ a: byStep, b: kernel, bias }), [steps, rows, 3 * units]);
      let h: Tensor = zeros([rows, units]);
      const saved: Tensor[] = [byStep];
      const states: Tensor[] = [];
      for (const a of unstack(inputs, 0)) {
        const u = matMul(h as Tensor2D, recurrent);
        const z = sigmoid(add(block(a, 0), block(u, 0)));
        const r = sigmoid(add(block(a, 1), block(u, 1)));
        const un = block(u, 2);
        const n = tanh(add(block(a, 2), mul(r, un)));
        saved.push(h, z, r, n, un);
        h = add(n, mul(z, sub(h, n)));
        if (sequences) states.push(h);
      }
      return { y: sequences ? stack(states, 1) : h, saved };
    },
    backward(dy, saved, weights, wantsInput) {
      const [kernel, recurrent] = weights as [Tensor2D, Tensor2D];
      const byStep = entry(saved, 0) as Tensor2D;
      const steps = (saved.length - 1) / SAVED;
      const each = sequences ? unstack(dy, 1) : [];
      const dInputs: Tensor[] = new Array<Tensor>(steps);
      const dRecurrent: Tensor[] = [];
      let dh: Tensor | undefined = sequences ? undefined : dy;
      for (let step = steps - 1; step >= 0; step--) {
        const at = 1 + step * SAVED;
        const [h, z, r, n, un] = saved.slice(at, at + SAVED) as [Tensor, Tensor, Tensor, Tensor, Tensor];
        if (sequences) dh = dh === undefined ? entry(each, step) : add(dh, entry(each, step));
        const error = dh as Tensor;
        const dn = mul(mul(error, sub(1, z)), sub(1, square(n)));
        const dz = mul(mul(error, sub(h, n)), sub(z, square(z)));
        const dr = mul(mul(dn, un), sub(r, square(r)));
        const du = concat([dz, dr, mul(dn, r)], 1) as Tensor2D;
        dInputs[step] = concat([dz, dr, dn], 1);
        dRecurrent.push(matMul(h as Tensor2D, du, true, false));
        dh = add(mul(error, z), matMul(du, recurrent, false, true));
      }
      const da = concat(dInputs, 0) as Tensor2D;
      const [rows] = (dh as Tensor).shape as [number];
      const dx = wantsInput ? reshape(matMul(da, kernel, false, true), [steps, rows, kernel.shape[0]]) : undefined;
      return {
        dx: dx && transpose(dx as Tensor3D, [1, 0, 2]),
        gradients: [matMul(byStep, da, true, false), addN(dRecurrent), sum(da, 0)],
      };
    },
  };
}
