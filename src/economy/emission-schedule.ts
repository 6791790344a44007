/**
 * Twin of contracts/src/economy/libraries/EmissionSchedule.sol, equal to it to the wei. Periods of 30 days, each with 1 % of what
 * is left; a part f of a period counts as f: emitted = S (1 - [(1 - f) 0.99^k + f 0.99^(k+1)]), never more than S.
 */
const PERIOD_SECONDS = 30n * 86_400n;
const LAST_PERIOD = 4096n;
const ONE = 1n << 128n;
const KEPT = (ONE * 99n) / 100n;

/** @param supply wei @param elapsedSeconds since the start @returns wei that are out by then */
export function emitted(supply: bigint, elapsedSeconds: bigint): bigint {
  const over = elapsedSeconds / PERIOD_SECONDS >= LAST_PERIOD;
  const period = over ? LAST_PERIOD : elapsedSeconds / PERIOD_SECONDS;
  const part = over ? 0n : elapsedSeconds % PERIOD_SECONDS;
  const left = power(period) * (PERIOD_SECONDS - part) + power(period + 1n) * part;
  const whole = ONE * PERIOD_SECONDS;
  return supply - (supply * left + whole - 1n) / whole;
}

/** 0.99^k with 128 fractional bits. */
function power(exponent: bigint): bigint {
  let result = ONE;
  let square = KEPT;
  for (let k = exponent; k !== 0n; k >>= 1n) {
    if (k & 1n) result = (result * square) >> 128n;
    square = (square * square) >> 128n;
  }
  return result;
}
