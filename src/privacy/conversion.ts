/**
 * From Rényi differential privacy to (epsilon, delta): Canonne, Kamath, Steinke 2020, "The Discrete Gaussian for Differential Privacy"
 * (arXiv 2004.00010), Proposition 12: RDP ρ at order a gives epsilon = ρ + log((a − 1)/a) − (log δ + log a)/(a − 1). It is never worse
 * than Mironov's older ρ − log δ/(a − 1), by up to (log a)/(a − 1) + log(a/(a − 1)).
 */
import { check } from '../core/errors.ts';
import { ORDERS, type RdpCurve } from './rdp-curve.ts';

export interface Epsilon {
  /** Infinity when no order bounds it */
  readonly epsilon: number;
  /** the order that gives it; undefined when no order does */
  readonly order: number | undefined;
}

/**
 * The smallest epsilon that the curve proves at delta.
 * @param delta chance that the promise does not hold, in (0, 1)
 */
export function epsilonOf(curve: RdpCurve, delta: number): Epsilon {
  checkDelta(delta);
  check(curve.length === ORDERS.length, `an RDP curve has ${ORDERS.length} values`);
  let best: Epsilon = { epsilon: Infinity, order: undefined };
  for (const [i, order] of ORDERS.entries()) {
    const epsilon = epsilonAt(curve[i] as number, order, delta);
    if (epsilon < best.epsilon) best = { epsilon, order };
  }
  return best;
}

export function checkDelta(delta: number): void {
  check(delta > 0 && delta < 1, `delta must be between 0 and 1, not ${delta}`);
}

function epsilonAt(rdp: number, order: number, delta: number): number {
  // No divergence at all: what was released does not depend on the data.
  if (rdp === 0) return 0;
  return Math.max(0, rdp + Math.log1p(-1 / order) - Math.log(delta * order) / (order - 1));
}
