// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title New FLOCK, for tasks that governance endorsed
/// @notice What is emitted is a closed function of time (libraries/EmissionSchedule.sol). Each second of it goes to the endorsed
/// tasks of that second by the weight staked on them, so a position counts for exactly the seconds that it was there. A task is a
/// module (the contract in which positions are opened) and a subject in it; the module pulls what its task earned into the task's
/// pool and pays people by its own rules. Nobody is paid here for merely staking, and a task that was not endorsed earns nothing.
/// AI Arena divides among its tasks by their weights, not by stake: it is endorsed as one task, and divides what it pulls.
/// @dev Weights are never told, they are looked up: `sync` reads a position from GmFlock, so a module can misreport nothing. A module
/// calls it whenever a position of its opens, changes or closes, in a try, with gas of its own choosing; anybody else may as well,
/// and competitors of a task whose closed positions still count will.
/// Seconds in which no endorsed task has stake emit nothing, and nobody can have them later. The same holds beyond a task's cap.
/// Money is FLOCK wei, weight is gmFLOCK wei, times are Unix seconds. Every division rounds down.
interface IEmission {
    struct Endorsement {
        /// most that the task earns ever, all its endorsements together
        uint96 cap;
        /// of what it earned, what was minted
        uint96 minted;
        /// when the latest endorsement ends
        uint40 expiry;
        /// it earns at present (as of the last time that anybody called)
        bool live;
        /// of its positions, as far as they were synced; counted also while it is not live
        uint128 weight;
        /// of what was minted, what the module pulled
        uint96 collected;
    }

    event Endorsed(address indexed module, uint256 indexed task, uint256 cap, uint40 expiry);
    /// @param earned in all, rounded down
    event EndorsementEnded(address indexed module, uint256 indexed task, uint256 earned);
    event WeightChanged(address indexed module, uint256 indexed task, uint256 indexed position, uint256 weight);
    event Minted(address indexed module, uint256 indexed task, uint256 amount);
    event Collected(address indexed module, uint256 indexed task, uint256 amount);

    error NotGovernance(address caller);
    error ZeroAddress();
    error StartInThePast(uint256 startsAt);
    error ZeroCap();
    error CapTooLarge(uint256 cap);
    error BadExpiry(uint256 expiry);
    error AlreadyEndorsed(address module, uint256 task);
    error NotEndorsed(address module, uint256 task);
    error TooManyEndorsements();

    /// @notice Lets a task earn from now on. Governance only. A task whose endorsement is over may be endorsed anew.
    /// @param cap most that it earns under this endorsement
    /// @param expiry from when on it earns nothing, at most MAX_TERM ahead
    function endorse(address module, uint256 task, uint96 cap, uint40 expiry) external;

    /// @notice Ends an endorsement now. Governance only. What the task earned stays its own.
    function revoke(address module, uint256 task) external;

    /// @notice Brings what counts of a position up to what GmFlock says of it. Anybody may.
    function sync(uint256 position) external;

    /// @notice Mints what a task earned, for its module to collect. Anybody may: before the token gets another minter, say.
    function mintEarned(address module, uint256 task) external;

    /// @notice Pays what the caller's task earned and did not collect yet to the caller, its module.
    function collect(uint256 task) external returns (uint256 amount);

    /// @return what `collect` would pay now
    function collectable(address module, uint256 task) external view returns (uint256);

    /// @return wei that the schedule let out by a time
    function emittedAt(uint256 time) external view returns (uint256);

    function endorsement(address module, uint256 task) external view returns (Endorsement memory);
    /// @return tasks that are live, at most MAX_ENDORSEMENTS, as of the last time that anybody called
    function liveEndorsements() external view returns (uint256);
    /// @return weight with which a position counts
    function countedWeight(uint256 position) external view returns (uint256);
}
