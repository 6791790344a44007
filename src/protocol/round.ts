/**
 * The one round state machine (docs/protocol.md, section 4), pure: the contract implements the same rules, tab, relay and
 * simulation read it here, and a test drives both with the same random actions.
 *
 * Phase is a function of time and bitmaps: a complete phase ends at once, any other ends as of its deadline, and the next one
 * begins then. Nothing waits for anybody, so the phase at a time t is known without a transaction.
 */
import { type Bitmap, firstOf, has, members, popcount, withIndex, without } from '../core/bitmap.ts';
import type { Hex } from '../core/bytes.ts';
import { isDecisivelyWorse } from './ballots.ts';
import { corruptBound, shareThreshold } from './threshold.ts';
import { isOver, Phase, type RecordPhase, SkipReason, stepKind, Verdict, VoidReason } from './phases.ts';
import { type TaskParameters, ZERO_HASH } from './views.ts';

export interface RoundState {
  readonly step: number;
  readonly phase: Phase;
  /** Unix seconds; meaningless when over */
  readonly phaseEndsAt: number;
  readonly beaconRound: bigint;
  readonly beacon: Hex;
  readonly baseModel: Hex;
  /** registration ids in order of joining */
  readonly roster: readonly number[];
  readonly dealt: Bitmap;
  readonly acked: Bitmap;
  readonly u2: Bitmap;
  readonly masked: Bitmap;
  readonly attested: Bitmap;
  readonly u3: Bitmap;
  readonly answered: Bitmap;
  readonly voted: Bitmap;
  /** ack and have bitmaps by roster index */
  readonly acks: readonly Bitmap[];
  readonly haves: readonly Bitmap[];
  readonly verdicts: readonly (Verdict | 0)[];
  readonly sumRoot: Hex;
  readonly modelHash: Hex;
  readonly accepted: boolean;
  readonly voidReason: VoidReason | 0;
}

/** A round as `open` leaves it. */
export function openRound(args: {
  step: number;
  baseModel: Hex;
  beaconRound: bigint;
  parameters: TaskParameters;
  nowSeconds: number;
}): RoundState {
  return {
    step: args.step,
    phase: Phase.Join,
    phaseEndsAt: args.nowSeconds + args.parameters.joinSeconds,
    beaconRound: args.beaconRound,
    beacon: ZERO_HASH,
    baseModel: args.baseModel,
    roster: [],
    dealt: 0n,
    acked: 0n,
    u2: 0n,
    masked: 0n,
    attested: 0n,
    u3: 0n,
    answered: 0n,
    voted: 0n,
    acks: [],
    haves: [],
    verdicts: [],
    sumRoot: ZERO_HASH,
    modelHash: ZERO_HASH,
    accepted: false,
    voidReason: 0,
  };
}

/** U2: dealers; whoever has fewer than t acks from inside U2 is removed, until nobody is. */
export function computeU2(dealt: Bitmap, acked: Bitmap, acks: readonly Bitmap[], threshold: number): Bitmap {
  let inside = dealt;
  for (;;) {
    let next = inside;
    for (const dealer of members(inside)) {
      const count = members(inside & acked).filter((holder) => has(acks[holder] ?? 0n, dealer)).length;
      if (count < threshold) next = without(next, dealer);
    }
    if (next === inside) return inside;
    inside = next;
  }
}

/** U3: members of U2 with a mask root that at least C + 1 other members of U2 attest to have. */
export function computeU3(
  u2: Bitmap,
  masked: Bitmap,
  attested: Bitmap,
  haves: readonly Bitmap[],
  corrupt: number,
): Bitmap {
  let survivors = 0n;
  for (const member of members(u2 & masked)) {
    const witnesses = members(without(attested & u2, member)).filter((witness) => has(haves[witness] ?? 0n, member));
    if (witnesses.length >= corrupt + 1) survivors = withIndex(survivors, member);
  }
  return survivors;
}

/** Whose record the phase waits for: it is complete when all of them spoke. Join, Beacon and Sum wait for no bitmap. */
export function expected(state: RoundState): Bitmap {
  switch (state.phase) {
    case Phase.Share:
      return firstOf(state.roster.length);
    case Phase.Ack:
      return state.dealt;
    case Phase.Mask:
      return state.u2;
    case Phase.Have:
      return state.u2 & state.masked;
    case Phase.Unmask:
    case Phase.Vote:
      return state.u3;
    default:
      return 0n;
  }
}

/** Who may post a record in the phase (more may speak than are waited for). */
function allowed(state: RoundState): Bitmap {
  if (state.phase === Phase.Ack) return firstOf(state.roster.length);
  if (state.phase === Phase.Have) return state.u2;
  return expected(state);
}

function spoken(state: RoundState): Bitmap {
  switch (state.phase) {
    case Phase.Share:
      return state.dealt;
    case Phase.Ack:
      return state.acked;
    case Phase.Mask:
      return state.masked;
    case Phase.Have:
      return state.attested;
    case Phase.Unmask:
      return state.answered;
    case Phase.Vote:
      return state.voted;
    default:
      return 0n;
  }
}

function isComplete(state: RoundState): boolean {
  const waitedFor = expected(state);
  return waitedFor !== 0n && (spoken(state) & waitedFor) === waitedFor;
}

function end(state: RoundState, reason: VoidReason): RoundState {
  return { ...state, phase: Phase.Void, voidReason: reason };
}

/** The state after its phase ended at `atSeconds`, complete or by deadline. */
function leavePhase(state: RoundState, parameters: TaskParameters, atSeconds: number): RoundState {
  const n = state.roster.length;
  const corrupt = corruptBound(n, parameters.corruptBps);
  const threshold = shareThreshold(n, parameters.corruptBps);
  const enter = (phase: Phase, seconds = parameters.phaseSeconds): RoundState => ({
    ...state,
    phase,
    phaseEndsAt: atSeconds + seconds,
  });
  switch (state.phase) {
    case Phase.Join:
      return n < parameters.minCohort
        ? end(state, VoidReason.TooFewJoined)
        : enter(Phase.Beacon, parameters.beaconSeconds);
    case Phase.Beacon:
      return end(state, VoidReason.BeaconMissing);
    case Phase.Share:
      return popcount(state.dealt) < threshold ? end(state, VoidReason.TooFewShares) : enter(Phase.Ack);
    case Phase.Ack: {
      const u2 = computeU2(state.dealt, state.acked, state.acks, threshold);
      return popcount(u2) < threshold ? end(state, VoidReason.TooFewAcks) : { ...enter(Phase.Mask), u2 };
    }
    case Phase.Mask:
      return popcount(state.masked) < threshold ? end(state, VoidReason.TooFewMasked) : enter(Phase.Have);
    case Phase.Have: {
      const u3 = computeU3(state.u2, state.masked, state.attested, state.haves, corrupt);
      const floor = Math.max(threshold, corrupt + 2, parameters.survivorFloor);
      return popcount(u3) < floor ? { ...end(state, VoidReason.TooFewSurvivors), u3 } : { ...enter(Phase.Unmask), u3 };
    }
    case Phase.Unmask:
      return popcount(state.answered) < threshold ? end(state, VoidReason.TooFewAnswers) : enter(Phase.Sum);
    case Phase.Sum:
      return end(state, VoidReason.SumMissing);
    case Phase.Vote:
      return countVotes(state, parameters, corrupt);
    default:
      return state;
  }
}

/** By head: every member of a task has the same stake. */
function countVotes(state: RoundState, parameters: TaskParameters, corrupt: number): RoundState {
  const count = (verdict: Verdict) => state.verdicts.filter((said) => said === verdict).length;
  const [worse, better, disputes] = [count(Verdict.Worse), count(Verdict.Better), count(Verdict.Dispute)];
  const confirmations = worse + better + count(Verdict.Abstain);
  if (disputes > corrupt) return end(state, VoidReason.SumDisputed);
  if (confirmations <= corrupt) return end(state, VoidReason.TooFewVotes);
  const training = stepKind(state.step, parameters.trainingRounds) === 'training';
  const heads = { worse: BigInt(worse), better: BigInt(better), drawn: BigInt(popcount(state.u3)) };
  const rejected = training && isDecisivelyWorse(heads);
  return { ...state, phase: Phase.Settled, accepted: !rejected };
}

/** The state as of a time: every phase that time or completeness ended has been left. Bounded by the number of phases. */
export function advance(state: RoundState, parameters: TaskParameters, nowSeconds: number): RoundState {
  let current = state;
  while (!isOver(current.phase)) {
    // What was posted by the deadline counts even if nobody touched the round until later.
    const complete = isComplete(current);
    if (!complete && nowSeconds <= current.phaseEndsAt) return current;
    current = leavePhase(current, parameters, Math.min(nowSeconds, current.phaseEndsAt));
  }
  return current;
}

/** A valid beacon signature: ends the Beacon phase, or voids the round when it is shown while joins are open. */
export function acceptBeacon(
  state: RoundState,
  parameters: TaskParameters,
  randomness: Hex,
  nowSeconds: number,
): RoundState {
  if (state.phase === Phase.Join) return end(state, VoidReason.BeaconEarly);
  if (state.phase !== Phase.Beacon) return state;
  return { ...state, beacon: randomness, phase: Phase.Share, phaseEndsAt: nowSeconds + parameters.phaseSeconds };
}

/** A candidate: the first one posted in the Sum phase is voted on. */
export function acceptSum(
  state: RoundState,
  parameters: TaskParameters,
  sumRoot: Hex,
  modelHash: Hex,
  nowSeconds: number,
): RoundState {
  if (state.phase !== Phase.Sum) return state;
  return { ...state, sumRoot, modelHash, phase: Phase.Vote, phaseEndsAt: nowSeconds + parameters.phaseSeconds };
}

/** A join of a registration whose key and signature were checked: the new state, or why not. */
export function acceptJoin(
  state: RoundState,
  parameters: TaskParameters,
  registrationId: number,
): RoundState | SkipReason {
  if (state.phase !== Phase.Join) return SkipReason.Late;
  if (state.roster.includes(registrationId)) return SkipReason.Duplicate;
  if (state.roster.length >= parameters.maxCohort) return SkipReason.Full;
  return { ...state, roster: [...state.roster, registrationId] };
}

function withEntry<T>(list: readonly T[], index: number, value: T, empty: T): readonly T[] {
  const next = [...list];
  while (next.length < index) next.push(empty);
  next[index] = value;
  return next;
}

/**
 * A record of a member whose signature was checked: the new state (not yet advanced), or why not.
 * @param value the ack or have bitmap, or the verdict; ignored in the other phases
 */
export function acceptRecord(
  state: RoundState,
  phase: Exclude<RecordPhase, 1>,
  index: number,
  value: bigint,
): RoundState | SkipReason {
  if (state.phase !== phase) return SkipReason.Late;
  if (index >= state.roster.length || !has(allowed(state), index)) return SkipReason.NotMember;
  if (has(spoken(state), index)) return SkipReason.Duplicate;
  switch (phase) {
    case Phase.Share:
      return { ...state, dealt: withIndex(state.dealt, index) };
    case Phase.Ack:
    case Phase.Have: {
      if (value >> BigInt(state.roster.length) !== 0n) return SkipReason.BadDigest;
      return phase === Phase.Ack
        ? { ...state, acked: withIndex(state.acked, index), acks: withEntry(state.acks, index, value, 0n) }
        : { ...state, attested: withIndex(state.attested, index), haves: withEntry(state.haves, index, value, 0n) };
    }
    case Phase.Mask:
      return { ...state, masked: withIndex(state.masked, index) };
    case Phase.Unmask:
      return { ...state, answered: withIndex(state.answered, index) };
    case Phase.Vote: {
      if (value < 1n || value > 4n) return SkipReason.BadDigest;
      const verdicts = withEntry(state.verdicts, index, Number(value) as Verdict, 0);
      return { ...state, voted: withIndex(state.voted, index), verdicts };
    }
  }
}
