/**
 * SCAFFOLD: Karimireddy, Kale, Mohri, Reddi, Stich, Suresh, "SCAFFOLD: Stochastic Controlled Averaging for Federated Learning",
 * ICML 2020, algorithm 1 with option II. Every site keeps a control variate c_i, an estimate of its own gradient, and the server their
 * mean c; both start at 0. A local step goes along g(y) − c_i + c, which takes out what pulls sites apart. After K steps of rate η
 *   c_i⁺ = c_i − c + (x − y) / (K η),   c ← c + (|S| / N) · mean over S of (c_i⁺ − c_i).
 *
 * Means are weighted like the update, so that at the optimum of the weighted objective the corrections cancel; the paper has equal
 * weights. A site sends w_i (c_i⁺ − c_i) K η, with K and η of a site at the row cap and without a schedule: about as long as its update,
 * so clip norm and encoding of the update serve for both. What is clipped off is left out of c_i⁺ too, so that c stays the mean.
 *
 * What it does not mend: a site that loses its c_i begins again at 0, and 1/N of the old one stays in c.
 */
import type { ScaffoldSpec } from '../../protocol/training-spec.ts';

export interface ControlStep {
  /** y − x, flat */
  readonly delta: Float32Array;
  /** K: steps made */
  readonly steps: number;
  /** η of this round */
  readonly learningRate: number;
  /** c_i; undefined before the site's first settled round */
  readonly own: Float32Array | undefined;
  /** c */
  readonly server: Float64Array;
}

/** c − c_i: what is added to the gradient at every local step. */
export function controlCorrection(server: Float64Array, own: Float32Array | undefined): Float32Array {
  return Float32Array.from(server, (value, i) => value - (own?.[i] ?? 0));
}

/** c_i⁺ − c_i = −c − Δ / (K η). */
export function controlChange({ delta, steps, learningRate, server }: ControlStep): Float64Array {
  const reach = steps * learningRate;
  return server.map((value, i) => -value - (delta[i] as number) / reach);
}

/** c_i after a change. */
export function changedControl(own: Float32Array | undefined, change: Float64Array): Float32Array {
  return Float32Array.from(change, (value, i) => (own?.[i] ?? 0) + value);
}

/**
 * c of the next round; deterministic as all of the fold.
 * @param sum Σ w_i (c_i⁺ − c_i) · scale
 * @param weights Σ w_i
 * @param members |S|
 */
export function foldControl(
  server: Float64Array,
  sum: Float64Array,
  { weights, scale, members, sites }: { weights: number; scale: number; members: number; sites: ScaffoldSpec['sites'] },
): Float64Array {
  const share = members < sites ? members / sites : 1;
  return server.map((value, i) => value + share * ((sum[i] as number) / weights / scale) + 0);
}
