// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {
    MemberView, Phase, Registration, RoundView, Skip, TaskParameters, TaskStatus, TaskView, VoidReason
} from "./AllianceTypes.sol";

/// @title The order of events of federated learning rounds
/// @notice Keeps rosters, phases, deadlines, stakes and bitmaps, and never sees a weight. Phase is a function of time and
/// bitmaps (docs/protocol.md section 4): a phase that completes advances at once; one whose deadline is over ends as of its
/// deadline, whoever touches the contract first, at whatever later time. Nothing waits for anybody. What comes in the second of the
/// deadline still counts.
/// @dev Times are Unix seconds, money is FLOCK wei. Division of money rounds down; the rest stays in the task's pool.
/// Two extensions have their place already. Groups: the `group` of a record is signed and passed along, and only group 0 exists
/// in tasks of this version (others revert with UnknownGroup). Commit and reveal of votes: phase numbers after Void are free,
/// and a verdict is the last byte of a digest, so that a commitment takes a record of its own.
interface IAlliance {
    // ---------------------------------------------------------------- events

    event TaskCreated(uint256 indexed task, address indexed creator, bytes32 specHash, TaskParameters parameters);
    event Allowed(uint256 indexed task, address wallet);
    event Registered(
        uint256 indexed task,
        uint16 indexed id,
        address indexed wallet,
        address sessionKey,
        bytes32 channelKey,
        uint64 expiry
    );
    event Revoked(uint256 indexed task, uint16 indexed id);
    /// @param since when the phase began, which may lie before the block
    event PhaseChanged(uint256 indexed task, uint32 indexed round, Phase phase, uint64 since);
    /// @param packed accepted entries, 34 bytes each: index (registration id in Join) as uint16, digest
    event Records(uint256 indexed task, uint32 indexed round, uint8 phase, bytes packed);
    event RecordSkipped(uint256 indexed task, uint32 indexed round, uint8 phase, uint16 index, Skip reason);
    event UnmaskAnswer(uint256 indexed task, uint32 indexed round, uint16 index, bytes answer);
    event SumPosted(uint256 indexed task, uint32 indexed round, address poster, bytes32 sumRoot, bytes32 modelHash);
    /// @param modelHash the task's model after the round
    event RoundSettled(uint256 indexed task, uint32 indexed round, uint16 step, bool accepted, bytes32 modelHash);
    event RoundVoid(uint256 indexed task, uint32 indexed round, VoidReason reason);
    event TaskEnded(uint256 indexed task, TaskStatus status);
    event Deposited(address indexed account, uint256 amount);
    event DepositWithdrawn(address indexed account, uint256 amount);
    event Claimed(uint256 indexed task, uint32 indexed round, uint16 index, address wallet, uint256 amount);
    event Withdrawn(uint256 indexed task, address indexed wallet, uint256 amount);
    event Refunded(uint256 indexed task, address indexed creator, uint256 amount);

    // ---------------------------------------------------------------- errors

    error UnknownTask(uint256 task);
    error UnknownRound(uint256 task, uint32 round);
    error NotNewestRound(uint256 task, uint32 newest);
    error UnknownGroup(uint16 group);
    error UnknownRegistration(uint256 task, uint16 id);
    error TaskNotRunning(uint256 task);
    error TaskStillRunning(uint256 task);
    error NotCreator(address caller);
    error NotAllowed(address wallet);
    /// @param parameter ASCII name of the first parameter out of bounds
    error BadParameter(bytes32 parameter);
    error RoundStillLive(uint256 task, uint32 round);
    error WrongPhase(Phase expected, Phase actual);
    error NotARecordPhase(uint8 phase);
    error BadLength(uint256 lengthBytes);
    error DeadlineOver(uint256 deadline);
    error BadExpiry(uint64 expiry);
    error ZeroKey();
    error BadWalletSignature(address wallet);
    error TooManyRegistrations();
    error NotRegistered(address wallet);
    error InUnfinishedRound(uint256 task, uint32 round);
    error InsufficientDeposit(uint256 deposited, uint256 needed);
    error NothingToClaim();

    // ---------------------------------------------------------------- tasks

    /// @notice Creates a task and pulls its pool from the caller, who must have approved it.
    /// @param specHash Q: SHA-256 of the canonical task specification
    /// @return task ids start at 1 and are never reused
    function createTask(TaskParameters calldata parameters, bytes32 specHash) external returns (uint256 task);

    /// @notice Lets wallets register in the caller's allow-listed task.
    function allow(uint256 task, address[] calldata wallets) external;

    /// @notice Ends the caller's own running task between two rounds. What was earned stays claimable.
    function abandon(uint256 task) external;

    /// @notice Pays the rest of the pool to the creator of a task that has ended. Anyone may send it.
    function refund(uint256 task) external;

    // ---------------------------------------------------------------- registration

    /// @notice Registers a session key, or rotates it: the newer one counts from the next round and the stake is carried over.
    /// Pulls the task's stake from the wallet unless it lies here already. Anyone may send it.
    /// @param signature by the wallet over the EIP-712 Registration (ECDSA, or ERC-1271)
    /// @return id registration id, from 0 in each task
    function register(Registration calldata registration, bytes calldata signature) external returns (uint16 id);

    /// @notice The same with an ERC-2612 permit of the wallet for the task's stake. A permit that was already used by somebody
    /// else is passed over: the allowance decides.
    function registerWithPermit(
        Registration calldata registration,
        bytes calldata signature,
        uint256 permitDeadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external returns (uint16 id);

    /// @notice Ends the caller's registration from the next round on.
    function revoke(uint256 task) external;

    /// @notice Ends the caller's registration and pays its stake back. Refused only while the caller is in the roster of a
    /// round that is not over.
    function withdraw(uint256 task) external;

    // ---------------------------------------------------------------- rounds

    /// @notice Opens the next round of a running task without a live one. Fixes the beacon round: the first that comes
    /// strictly after the end of joining plus the beacon's delay.
    function open(uint256 task) external returns (uint32 round);

    /// @notice Posts signed records of one phase. Records that do not hold are skipped with an event; the batch goes on.
    /// @param records 98 bytes each: index uint16, digest, r, yParityAndS (EIP-2098); the signer is the session key.
    /// The index is the registration id in Join, the roster index later.
    function postRecords(uint256 task, uint32 round, uint16 group, uint8 phase, bytes calldata records) external;

    /// @notice Posts Unmask records together with the answers they are digests of, in rosters of at most 16, where no Unmask
    /// record counts without its answer. In larger rosters answers are not looked at, and not published.
    /// @param answers answers[i] belongs to the i-th record
    function postUnmask(uint256 task, uint32 round, uint16 group, bytes calldata records, bytes[] calldata answers) external;

    /// @notice Posts the signature of the beacon round that was fixed at opening.
    function postBeacon(uint256 task, uint32 round, bytes calldata signature) external;

    /// @notice Voids a round whose beacon was known while it could still be joined.
    function reportEarlyBeacon(uint256 task, uint32 round, bytes calldata signature) external;

    /// @notice Posts the sum and the candidate model, and locks the task's bond from the caller's deposit. The vote begins.
    /// The bond goes back to the deposit when the round ends, or to the treasury's when more than C voters dispute.
    function postSum(uint256 task, uint32 round, bytes32 sumRoot, bytes32 modelHash) external;

    /// @notice Writes down what time has done to the live round.
    function sync(uint256 task) external;

    // ---------------------------------------------------------------- money

    /// @notice Adds to the caller's deposit, from which bonds are locked.
    function deposit(uint256 amount) external;

    /// @notice Pays out of the caller's deposit.
    function withdrawDeposit(uint256 amount) external;

    /// @notice Pays what a member earned in a settled round to its wallet. Anyone may send it.
    function claim(uint256 task, uint32 round, uint16 index) external;

    // ---------------------------------------------------------------- views

    /// @notice Number of tasks; the newest one's id.
    function taskCount() external view returns (uint256);

    function getTask(uint256 task) external view returns (TaskView memory);

    /// @notice A round as of block.timestamp, which in an eth_call on `latest` is the newest block's.
    function getRound(uint256 task, uint32 round) external view returns (RoundView memory);

    /// @notice A round as it will be at `timestamp` (not before the newest block's) if nobody posts anything until then.
    function getRoundAt(uint256 task, uint32 round, uint64 timestamp) external view returns (RoundView memory);

    /// @notice Registration ids in order of roster index.
    function getRoster(uint256 task, uint32 round) external view returns (uint16[] memory);

    /// @notice The members of a round in order of roster index.
    function getMembers(uint256 task, uint32 round) external view returns (MemberView[] memory);

    function getRegistration(uint256 task, uint16 id) external view returns (MemberView memory);

    /// @notice The wallet's registration; `active` is false when it has none or has revoked it.
    function activeRegistration(uint256 task, address wallet) external view returns (bool active, uint16 id);

    function isAllowed(uint256 task, address wallet) external view returns (bool);

    /// @notice What `claim` would pay. 0 until the end of the round is written down (sync).
    function claimable(uint256 task, uint32 round, uint16 index) external view returns (uint256);

    function deposits(address account) external view returns (uint256);

    /// @notice The EIP-712 digest that a session key signs.
    function hashRecord(uint256 task, uint32 round, uint16 group, uint8 phase, uint16 index, bytes32 digest)
        external
        view
        returns (bytes32);
}
