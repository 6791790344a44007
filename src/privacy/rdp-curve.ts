/**
 * Rényi differential privacy (Mironov 2017, arXiv 1702.07476) of a mechanism at the orders that this accountant looks at, and its
 * composition: curves add, whatever the earlier answers led the later questions to be.
 */
import { check } from '../core/errors.ts';

/**
 * The orders of TensorFlow Privacy's DP-SGD statements and, from 2 to 11, also the tenths of Opacus: every figure can be checked with
 * those tools. More orders would give a slightly smaller epsilon, none a wrong one; below 1.25 only epsilons past thousands would move.
 */
export const ORDERS: readonly number[] = [
  ...[1.25, 1.5, 1.75, 2.25],
  ...Array.from({ length: 90 }, (_, i) => (20 + i) / 10),
  ...Array.from({ length: 53 }, (_, i) => i + 11),
  ...[128, 256, 512],
].toSorted((a, b) => a - b);

/** RDP in nats, one value for each of {@link ORDERS}; Infinity where the mechanism promises nothing. */
export type RdpCurve = readonly number[];

/** The curve of a mechanism, given its RDP at an order. */
export function curveOf(rdp: (order: number) => number): RdpCurve {
  return ORDERS.map(rdp);
}

/** A curve that was spent `times` times. */
export function repeat(curve: RdpCurve, times: number): RdpCurve {
  check(Number.isSafeInteger(times) && times >= 0, `a mechanism runs a whole number of times, not ${times}`);
  return curve.map((value) => (times === 0 ? 0 : value * times));
}

/** What several mechanisms over the same data cost together; nothing for none. */
export function compose(curves: readonly RdpCurve[]): RdpCurve {
  for (const curve of curves) check(curve.length === ORDERS.length, `an RDP curve has ${ORDERS.length} values`);
  return ORDERS.map((_, i) => curves.reduce((sum, curve) => sum + (curve[i] as number), 0));
}
