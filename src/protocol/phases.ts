/** Phases of a round and kinds of its steps (docs/protocol.md, sections 1, 3 and 4). Numbers are those of the contract. */
export const Phase = {
  None: 0,
  Join: 1,
  Beacon: 2,
  Share: 3,
  Ack: 4,
  Mask: 5,
  Have: 6,
  Unmask: 7,
  Sum: 8,
  Vote: 9,
  Settled: 10,
  Void: 11,
} as const;
export type Phase = (typeof Phase)[keyof typeof Phase];

/** Phases in which a participant posts a signed record. */
export const RECORD_PHASES = [
  Phase.Join,
  Phase.Share,
  Phase.Ack,
  Phase.Mask,
  Phase.Have,
  Phase.Unmask,
  Phase.Vote,
] as const;
export type RecordPhase = (typeof RECORD_PHASES)[number];

const NAMES = [
  'none',
  'join',
  'beacon',
  'share',
  'ack',
  'mask',
  'have',
  'unmask',
  'sum',
  'vote',
  'settled',
  'void',
] as const;
export type PhaseName = (typeof NAMES)[number];

export function phaseName(phase: Phase): PhaseName {
  return NAMES[phase];
}

/** Whether nothing more can happen in the round. */
export function isOver(phase: Phase): boolean {
  return phase === Phase.Settled || phase === Phase.Void;
}

export type StepKind = 'statistics' | 'training' | 'evaluation';

/** Kind of a step of a task with R training rounds: 0 statistics, 1..R training, R+1 evaluation. */
export function stepKind(step: number, trainingRounds: number): StepKind {
  if (step === 0) return 'statistics';
  return step <= trainingRounds ? 'training' : 'evaluation';
}

/** Verdicts of the vote phase; the last byte of a vote's digest. */
export const Verdict = { Worse: 1, Abstain: 2, Better: 3, Dispute: 4 } as const;
export type Verdict = (typeof Verdict)[keyof typeof Verdict];

/** Why a record was not accepted; the contract emits the number in RecordSkipped. */
export const SkipReason = {
  Late: 1, // the round is not in this phase (any more)
  Duplicate: 2, // the slot holds a record already
  NotMember: 3, // the index is not allowed to speak in this phase
  BadSignature: 4,
  Full: 5, // the cohort is full
  Inactive: 6, // the registration is revoked, rotated away or expired
  BadDigest: 7, // a verdict for another candidate, an answer that does not match, a bitmap beyond the roster
} as const;
export type SkipReason = (typeof SkipReason)[keyof typeof SkipReason];

/** Why a round was declared void; the contract emits the number in RoundVoid. */
export const VoidReason = {
  TooFewJoined: 1,
  BeaconEarly: 2,
  BeaconMissing: 3,
  TooFewShares: 4,
  TooFewAcks: 5,
  TooFewMasked: 6,
  TooFewSurvivors: 7,
  TooFewAnswers: 8,
  SumMissing: 9,
  SumDisputed: 10,
  TooFewVotes: 11,
} as const;
export type VoidReason = (typeof VoidReason)[keyof typeof VoidReason];

const VOID_WORDS: Readonly<Record<VoidReason, string>> = {
  1: 'too few sites joined',
  2: 'the beacon was shown too early',
  3: 'the beacon did not come',
  4: 'too few sites shared their keys',
  5: 'too few shares arrived',
  6: 'too few sites sent their masked vector',
  7: 'too few vectors arrived',
  8: 'too few sites answered',
  9: 'nobody posted the sum',
  10: 'members found the posted sum wrong',
  11: 'too few sites checked the sum',
};

/** Why a round was void, in words. */
export function voidWords(reason: VoidReason | 0): string {
  return reason === 0 ? '' : VOID_WORDS[reason];
}
