/**
 * What a lock of FLOCK is worth: the twin of contracts/src/economy/GmFlock.sol and its GmFlockMath, equal to it to the wei. The rule is
 * FLock's (their documentation, "gmFLOCK"): n FLOCK for d seconds give n (1 + 2.19 (d − 30 days) / 365 days) units, for 30 to 365 days.
 *
 * Money is FLOCK wei, units are gmFLOCK wei, a multiplier is units over FLOCK in 10^18, times are Unix seconds. Everything is a bigint and
 * every division rounds down, against the owner of the lock. Positions are no concern of these functions but for their principal.
 */
import { check } from '../core/errors.ts';

const ONE = 10n ** 18n;
const DAY = 86_400n;
const MIN_DURATION = 30n * DAY;
const MAX_DURATION = 365n * DAY;
/** what a year more adds to the multiplier */
const SLOPE = (219n * ONE) / 100n;
/** the prover's part of a slash: one of so many */
const PROVER_PARTS = 10n;

/** What counts of a lock. */
export interface Lock {
  readonly amount: bigint;
  readonly unlockAt: bigint;
  readonly multiplier: bigint;
}

/**
 * @returns in 10^18, from 1 to 3.01
 * @throws MurmurError bad-input outside 30 to 365 days
 */
export function multiplierOf(durationSeconds: bigint): bigint {
  check(
    durationSeconds >= MIN_DURATION && durationSeconds <= MAX_DURATION,
    `a lock lasts 30 to 365 days, not ${durationSeconds} seconds`,
  );
  return ONE + (SLOPE * (durationSeconds - MIN_DURATION)) / MAX_DURATION;
}

/** Units of an amount: of a lock, or as the weight of a position's principal. */
export function unitsOf(amount: bigint, multiplier: bigint): bigint {
  return (amount * multiplier) / ONE;
}

/** @throws MurmurError bad-input for nothing, or outside 30 to 365 days */
export function newLock(amount: bigint, durationSeconds: bigint, now: bigint): Lock {
  check(amount > 0n, 'a lock of nothing is no lock');
  return { amount, unlockAt: now + durationSeconds, multiplier: multiplierOf(durationSeconds) };
}

/**
 * A lock whose end was moved. It keeps its multiplier where that is higher; one that is over counts as poked.
 * @throws MurmurError bad-input when the new end is not later, or not 30 to 365 days from now
 */
export function extendLock(lock: Lock, unlockAt: bigint, now: bigint): Lock {
  check(unlockAt > lock.unlockAt, 'a lock can only be made longer');
  const asked = multiplierOf(unlockAt - now);
  const multiplier = !isOver(lock, now) && lock.multiplier > asked ? lock.multiplier : asked;
  return { ...lock, unlockAt, multiplier };
}

/** A lock as everybody may make it be: once it is over, each FLOCK counts as one unit. */
export function pokeLock(lock: Lock, now: bigint): Lock {
  return isOver(lock, now) ? { ...lock, multiplier: ONE } : lock;
}

/**
 * What a slash of a lock leaves and where the rest goes.
 * @param principal of the position that is slashed, FLOCK wei
 * @param proved whether there is a prover; without one the treasury gets all
 * @returns the lock that is left; the prover's, with the same end and multiplier (undefined where it would be empty); the treasury's part
 * @throws MurmurError bad-input when the amount is 0 or more than the principal
 */
export function slashLock(
  lock: Lock,
  principal: bigint,
  amount: bigint,
  proved = true,
): { left: Lock; reward: Lock | undefined; toTreasury: bigint } {
  check(amount > 0n && amount <= principal, 'a slash takes something, and no more than the position holds');
  check(principal <= lock.amount, 'a position cannot hold more than its lock');
  const share = proved ? amount / PROVER_PARTS : 0n;
  return {
    left: { ...lock, amount: lock.amount - amount },
    reward: share === 0n ? undefined : { ...lock, amount: share },
    toTreasury: amount - share,
  };
}

function isOver(lock: Lock, now: bigint): boolean {
  return now >= lock.unlockAt;
}
