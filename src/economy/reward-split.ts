/**
 * Twin of contracts/src/economy/libraries/RewardMath.sol, equal to it to the wei: how a pool is divided between nodes and
 * validators, among nodes by their intervals of cumulative stake, and what a claim fee leaves. The contract's comments say why
 * the formulas are what they are and bound their errors. Every division rounds against who claims.
 *
 * Money is FLOCK wei. Parameters (lambda, gamma, sigma) are in 1e18.
 */
import { MurmurError } from '../core/errors.ts';

/** 1 of the parameters. */
export const WAD = 10n ** 18n;
/** 1 of the exponential: 128 fractional bits. */
const ONE = 1n << 128n;
/** ln 2, rounded down, with 128 fractional bits. */
const LN2 = 0xb17217f7d1cf79abc9e3b39803f2f6afn;
const TERMS = 32n;
const MIN_LAMBDA = WAD / 1000n;
const MAX_LAMBDA = 20n * WAD;
const MAX_BPS = 10_000n;

/** e^-x for x >= 0, both with 128 fractional bits, to within 4 units of the last place. */
export function expNeg(x: bigint): bigint {
  const halvings = x / LN2;
  if (halvings > 128n) return 0n;
  const r = x - halvings * LN2;
  let y = ONE;
  for (let n = TERMS; n !== 0n; n--) y = ONE - ((r * y) >> 128n) / n;
  return y >> halvings;
}

/** An interval of cumulative effective stake, in wei. */
export interface Interval {
  /** Effective stake of all who did better. */
  readonly before: bigint;
  readonly stake: bigint;
  /** Of all. */
  readonly total: bigint;
}

/** pool (G(B) - G(A)) for A = before / total and B = (before + stake) / total, rounded down. */
export function intervalShare(pool: bigint, lambda: bigint, { before, stake, total }: Interval): bigint {
  if (lambda < MIN_LAMBDA || lambda > MAX_LAMBDA) {
    throw new MurmurError('bad-input', `lambda must lie between 0.001 and 20, in 1e18; it is ${lambda}`);
  }
  if (before + stake > total) {
    throw new MurmurError('bad-input', `an interval of stake ends at ${before + stake}, beyond the whole of ${total}`);
  }
  if (stake === 0n) return 0n;
  const fall = (part: bigint) => expNeg(((lambda * ((part << 64n) / total)) << 64n) / WAD);
  return (pool * (fall(before) - fall(before + stake))) / (ONE - expNeg((lambda << 128n) / WAD));
}

/** The pools of nodes and of validators: pool [gamma + (1 - 2 gamma) T / (T + S)] and its mirror, each rounded down. */
export function splitPool(
  pool: bigint,
  gamma: bigint,
  nodeStake: bigint,
  validatorStake: bigint,
): { nodes: bigint; validators: bigint } {
  if (gamma > WAD / 2n) throw new MurmurError('bad-input', `gamma must be at most a half, in 1e18; it is ${gamma}`);
  const both = nodeStake + validatorStake;
  if (both === 0n) return { nodes: 0n, validators: 0n };
  const part = (stake: bigint) => (pool * (gamma * both + (WAD - 2n * gamma) * stake)) / (WAD * both);
  return { nodes: part(nodeStake), validators: part(validatorStake) };
}

/** What a claim fee leaves; the fee is rounded up. @param bps hundredths of a percent */
export function afterFee(amount: bigint, bps: bigint): { net: bigint; fee: bigint } {
  if (bps > MAX_BPS) throw new MurmurError('bad-input', `a fee is at most ${MAX_BPS} hundredths of a percent`);
  const fee = (amount * bps + MAX_BPS - 1n) / MAX_BPS;
  return { net: amount - fee, fee };
}
