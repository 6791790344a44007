// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

// Numbers and names of docs/protocol.md, sections 1 to 4. Times are Unix seconds, money is FLOCK wei.

/// @dev The numbers are on the wire: they enter the signed record.
enum Phase {
    None,
    Join,
    Beacon,
    Share,
    Ack,
    Mask,
    Have,
    Unmask,
    Sum,
    Vote,
    Settled,
    Void
}

enum TaskStatus {
    None,
    Running,
    Finished,
    Failed
}

/// @notice Why a round was declared void.
enum VoidReason {
    None,
    TooFewJoined,
    BeaconEarly,
    BeaconMissing,
    TooFewShares,
    TooFewAcks,
    TooFewMasked,
    TooFewSurvivors,
    TooFewAnswers,
    SumMissing,
    SumDisputed,
    TooFewVotes
}

/// @notice Why a record was skipped.
/// Late: the round is not in the record's phase. NotMember: its index may not speak in this phase. Inactive: the registration
/// is revoked, replaced, expired or counts only from a later round. BadDigest: a bitmap beyond the roster, a verdict for
/// another candidate, an answer that is missing or has another digest.
enum Skip {
    None,
    Late,
    Duplicate,
    NotMember,
    BadSignature,
    Full,
    Inactive,
    BadDigest
}

struct TaskParameters {
    /// least members of a round, 3..maxCohort
    uint16 minCohort;
    /// most members of a round, up to 128
    uint16 maxCohort;
    /// training steps, 1..10000; the statistics and the evaluation step come on top
    uint16 trainingRounds;
    /// members assumed to collude with the relay, in 1/10000 of the roster, up to 5000
    uint16 corruptBps;
    /// least survivors that members answer for, up to minCohort
    uint16 survivorFloor;
    /// length of the join phase
    uint32 joinSeconds;
    /// length of every later phase but Beacon
    uint32 phaseSeconds;
    /// how long after the join phase the beacon may come; more than the beacon's delay
    uint32 beaconSeconds;
    /// consecutive void rounds that end the task, 1..1000; rounds that too few joined do not count
    uint16 maxVoids;
    /// only wallets that the creator named may register; such a task has no money in it
    bool allowListed;
    /// one amount, the same for every member, so that shares by stake are equal shares
    uint128 stake;
    /// locked from the poster's deposit by a sum, lost when the sum is disputed
    uint128 sumBond;
    /// pulled from the creator; pays the training rounds
    uint128 pool;
}

/// @notice A wallet's authorisation of a session key (EIP-712, docs/protocol.md section 2).
struct Registration {
    uint256 task;
    address wallet;
    /// signs records of this task and nothing else
    address sessionKey;
    /// X25519 public key
    bytes32 channelKey;
    /// the session key may not join a round from here on
    uint64 expiry;
    /// the wallet's nonce in this contract
    uint256 nonce;
    /// last second in which the registration may be sent
    uint256 deadline;
}

/// @notice A registration, for clients.
struct MemberView {
    uint16 id;
    address wallet;
    address sessionKey;
    bytes32 channelKey;
    uint64 expiry;
    /// first round it may join
    uint32 firstRound;
    bool active;
    /// what the wallet has staked in the task
    uint128 stake;
}

/// @dev What moves while a round runs: five slots, loaded, advanced and stored as a whole.
struct Progress {
    Phase phase;
    VoidReason voidReason;
    bool accepted;
    /// 0 statistics, 1..trainingRounds training, then evaluation
    uint16 step;
    /// roster size
    uint8 n;
    uint40 joinEndsAt;
    /// last second of the phase, 0 when the round is over
    uint40 endsAt;
    uint40 beaconRound;
    uint40 openedAtBlock;
    uint8 worse;
    uint8 abstain;
    uint8 better;
    uint8 dispute;
    // bitmaps: bit i is roster index i
    uint128 dealt;
    uint128 acked;
    uint128 u2;
    uint128 masked;
    uint128 attested;
    uint128 u3;
    uint128 answered;
    uint128 voted;
}

/// @notice A round as of a time, with everything that a client needs.
struct RoundView {
    Progress progress;
    /// members assumed corrupt
    uint16 c;
    /// Shamir threshold
    uint16 t;
    bytes32 rosterHash;
    /// running hash over every accepted batch of every phase
    bytes32 recordsHash;
    bytes32 beacon;
    bytes32 baseModel;
    bytes32 sumRoot;
    bytes32 modelHash;
    address sumPoster;
    /// what a survivor of this round is paid
    uint128 memberPay;
    /// what a voter of this round is paid
    uint128 votePay;
    /// members that have claimed
    uint128 claimed;
}

/// @notice A task as stored; a live round may end it as of a time that has passed (sync writes that down).
struct TaskView {
    TaskParameters parameters;
    address creator;
    TaskStatus status;
    /// the step that the live or next round is for
    uint16 step;
    /// consecutive void rounds
    uint16 voids;
    /// rounds opened; the newest round's number
    uint32 rounds;
    /// registrations made, revoked ones included
    uint16 registrations;
    uint128 poolLeft;
    uint40 createdAtBlock;
    bytes32 specHash;
    bytes32 modelHash;
}
