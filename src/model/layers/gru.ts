/**
 * Gated recurrent unit (Cho et al. 2014) in the form that resets after the recurrent product, as cuDNN computes it: with a = x W + b and u = h U,
 * z = σ(a_z + u_z), r = σ(a_r + u_r), h' = z h + (1 − z) tanh(a_n + r u_n), h = 0 at first. Kernels lie side by side: z, r, candidate.
 */
import { type ReferenceArgs, product, sigmoid } from './layer.ts';

export function gru({ layer, input, weights, x, examples }: ReferenceArgs<'gru'>): Float64Array {
  const [kernel, recurrent, bias] = weights as [Float64Array, Float64Array, Float64Array];
  const [steps] = input as [number, number];
  const { units, sequences } = layer;
  const width = 3 * units;
  const fromInput = product(x, kernel, width, { bias });
  const all = new Float64Array(examples * steps * units);
  let state = new Float64Array(examples * units);
  for (let step = 0; step < steps; step++) {
    const fromState = product(state, recurrent, width);
    state = state.map((before, i) => {
      const example = Math.floor(i / units);
      const a = (block: number) => fromInput[(example * steps + step) * width + block * units + (i % units)] as number;
      const u = (block: number) => fromState[example * width + block * units + (i % units)] as number;
      const z = sigmoid(a(0) + u(0));
      const r = sigmoid(a(1) + u(1));
      return z * before + (1 - z) * Math.tanh(a(2) + r * u(2));
    });
    for (let example = 0; example < examples; example++)
      all.set(state.subarray(example * units, (example + 1) * units), (example * steps + step) * units);
  }
  return sequences ? all : state;
}
