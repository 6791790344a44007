/**
 * Gated recurrent unit (Cho et al. 2014): with update gate z and reset gate r,
 * h' = z h + (1 − z) tanh(x W + (r h) U + b), h = 0 at first. Kernels lie side by side: z, r, candidate.
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
    const gates = product(state, recurrent, 2 * units, { width });
    const given = (example: number, column: number): number =>
      fromInput[(example * steps + step) * width + column] as number;
    const update = new Float64Array(state.length);
    const kept = new Float64Array(state.length);
    for (let i = 0; i < state.length; i++) {
      const example = Math.floor(i / units);
      const unit = i % units;
      const gate = (column: number): number =>
        sigmoid(given(example, column) + (gates[example * 2 * units + column] as number));
      update[i] = gate(unit);
      kept[i] = gate(units + unit) * (state[i] as number);
    }
    const candidate = product(kept, recurrent, units, { width, from: 2 * units });
    state = state.map((before, i) => {
      const z = update[i] as number;
      const fresh = Math.tanh(given(Math.floor(i / units), 2 * units + (i % units)) + (candidate[i] as number));
      return z * before + (1 - z) * fresh;
    });
    for (let example = 0; example < examples; example++)
      all.set(state.subarray(example * units, (example + 1) * units), (example * steps + step) * units);
  }
  return sequences ? all : state;
}
