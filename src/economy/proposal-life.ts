/**
 * A proposal's life as MurmurGovernor sees it: which state it is in at a given second, and how many votes it needs. Twin of `state` and
 * `quorum` in contracts/src/economy/MurmurGovernor.sol (OpenZeppelin 5 Governor, its counting `for + abstain`), so that a page can
 * show without a call per proposal and second what the contract would answer.
 *
 * It does not know what only the chain knows: whether the execution of a queued proposal would succeed.
 */
import { check } from '../core/errors.ts';

/** In the order of OpenZeppelin's IGovernor.ProposalState, whose numbers the contract returns. */
export const PROPOSAL_STATES = [
  'pending',
  'active',
  'canceled',
  'defeated',
  'succeeded',
  'queued',
  'expired',
  'executed',
] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** Seconds in which a decision may be queued, and then executed: MurmurGovernor.GRACE. */
export const PROPOSAL_GRACE_SECONDS = 14 * 24 * 3600;
const BPS = 10_000n;

/** Votes in gmFLOCK wei. */
export interface Tally {
  readonly against: bigint;
  readonly for: bigint;
  readonly abstain: bigint;
}

/** Times in Unix seconds. */
export interface ProposalFacts {
  /** whose units at the end of this second count; voting begins after it */
  readonly snapshot: number;
  /** last second of voting, late extension included */
  readonly deadline: number;
  /** when a queued proposal may be executed; 0 while it is not queued */
  readonly eta: number;
  readonly canceled: boolean;
  readonly executed: boolean;
  readonly tally: Tally;
  /** {@link quorumOf} at the snapshot; not needed while voting is on */
  readonly quorum: bigint;
}

/**
 * Votes for and abstentions that a proposal needs, in gmFLOCK wei: the greater of a fraction of all units, rounded up, and a floor.
 * @param units gmFLOCK wei that there were at the snapshot
 * @param bps the fraction in 1/10,000
 * @param floor gmFLOCK wei
 * @throws MurmurError bad-input when an argument is negative
 */
export function quorumOf(units: bigint, bps: bigint, floor: bigint): bigint {
  check(units >= 0n && bps >= 0n && floor >= 0n, 'units, fraction and floor of a quorum are not negative');
  const part = (units * bps + BPS - 1n) / BPS;
  return part > floor ? part : floor;
}

/** Which state the contract would report in a block of that second. */
export function proposalState(facts: ProposalFacts, nowSeconds: number): ProposalState {
  const { snapshot, deadline, eta, tally, quorum } = facts;
  if (facts.executed) return 'executed';
  if (facts.canceled) return 'canceled';
  if (nowSeconds <= snapshot) return 'pending';
  if (nowSeconds <= deadline) return 'active';
  if (tally.for + tally.abstain < quorum || tally.for <= tally.against) return 'defeated';
  if (nowSeconds > (eta === 0 ? deadline : eta) + PROPOSAL_GRACE_SECONDS) return 'expired';
  return eta === 0 ? 'succeeded' : 'queued';
}
