/**
 * The exact epsilon of the Gaussian mechanism without sampling: Balle and Wang 2018, "Improving the Gaussian Mechanism for Differential
 * Privacy" (arXiv 1805.06530), Theorem 8: delta = Φ(1/(2s) − εs) − e^ε Φ(−1/(2s) − εs) for noise of s sensitivities. Releases add up
 * exactly: k of them with noise multiplier z are one with z/√k, so no Rényi order is lost on the way.
 */
import { check } from '../core/errors.ts';
import { checkDelta } from './conversion.ts';
import { logNormalCdf } from './special.ts';

const BISECTIONS = 200;

/**
 * @param z noise multiplier of each release
 * @param releases how many of them
 * @returns the smallest epsilon at delta; Infinity without noise
 */
export function exactGaussianEpsilon(z: number, releases: number, delta: number): number {
  checkDelta(delta);
  check(z >= 0 && Number.isFinite(z), `a noise multiplier is not negative, not ${z}`);
  check(Number.isSafeInteger(releases) && releases >= 0, `releases are a whole number, not ${releases}`);
  if (releases === 0) return 0;
  if (z === 0) return Infinity;
  const s = z / Math.sqrt(releases);
  if (exactGaussianDelta(s, 0) <= delta) return 0;
  let high = 1;
  while (exactGaussianDelta(s, high) > delta) high *= 2;
  let low = 0;
  for (let i = 0; i < BISECTIONS && low < high; i++) {
    const middle = (low + high) / 2;
    if (middle === low || middle === high) break;
    if (exactGaussianDelta(s, middle) > delta) low = middle;
    else high = middle;
  }
  return high;
}

/** delta of one release with noise of `s` sensitivities at epsilon. */
export function exactGaussianDelta(s: number, epsilon: number): number {
  const a = logNormalCdf(1 / (2 * s) - epsilon * s);
  const b = epsilon + logNormalCdf(-1 / (2 * s) - epsilon * s);
  return b < a ? -Math.exp(a) * Math.expm1(b - a) : 0;
}
