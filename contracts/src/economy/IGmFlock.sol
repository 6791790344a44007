// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title gmFLOCK: locked FLOCK, the votes it gives, and the positions it backs
/// @notice Units cannot be transferred. A lock of n FLOCK for d seconds (30 to 365 days) has n (1 + 2.19 (d - 30 days) / 365 days)
/// units, rounded down. Units are votes, of their owner or whom the owner delegates them to, also while they back positions.
/// After the end of a lock anybody may `poke` it: its multiplier becomes 1. Nothing shortens a lock; a slash takes from it.
/// @dev Money is FLOCK wei, units are gmFLOCK wei, times are Unix seconds. Every division rounds against the caller.
interface IGmFlock {
    struct Lock {
        address owner;
        /// when it may be redeemed
        uint40 unlockAt;
        /// positions that it backs, at most 8
        uint8 positions;
        /// FLOCK wei that are locked
        uint128 amount;
        /// of them, those that back positions
        uint128 committed;
        /// units over amount, in 1e18
        uint64 multiplier;
    }

    struct Position {
        uint256 lock;
        /// the contract that may close and slash it
        address module;
        /// FLOCK wei
        uint128 principal;
        uint256 subject;
    }

    event Locked(uint256 indexed lock, address indexed owner, uint256 amount, uint40 unlockAt, uint256 multiplier);
    event Extended(uint256 indexed lock, uint40 unlockAt, uint256 multiplier);
    event Poked(uint256 indexed lock);
    event Redeemed(uint256 indexed lock, address indexed owner, uint256 amount);
    event PositionOpened(
        uint256 indexed position, uint256 indexed lock, address indexed module, uint256 principal, uint256 subject
    );
    event PositionClosed(uint256 indexed position);
    /// @param rewardLock the prover's share, locked until the same time; 0 where it was less than one wei or nobody proved
    event Slashed(uint256 indexed position, uint256 amount, address indexed prover, uint256 rewardLock);
    /// @notice A module did not take the news of a changed weight; it can read it from `weightOf`.
    event ModuleDidNotListen(uint256 indexed position, address indexed module);

    error ZeroAmount();
    error BadDuration(uint256 seconds_);
    error NotShorter(uint256 unlockAt, uint256 asked);
    error UnknownLock(uint256 lock);
    error UnknownPosition(uint256 position);
    error NotOwner(address caller);
    error NotModule(address caller);
    error StillLocked(uint256 unlockAt);
    error NothingToPoke(uint256 lock);
    error PositionsOpen(uint256 lock, uint256 positions);
    error TooManyPositions(uint256 lock);
    error NotEnoughFree(uint256 free, uint256 asked);
    error TooLargeASlash(uint256 principal, uint256 asked);
    error NotTransferable();

    /// @notice Locks FLOCK that the caller has approved. The first lock makes the caller its own delegate.
    function lock(uint256 amount, uint256 durationSeconds) external returns (uint256 lockId);

    /// @notice Moves the end of the caller's lock to 30 to 365 days from now. The multiplier never falls by it, but for a lock that is
    /// over: that one is poked first.
    function extend(uint256 lockId, uint40 unlockAt) external;

    /// @notice Brings a lock that is over to a multiplier of 1. Anybody may.
    function poke(uint256 lockId) external;

    /// @notice Pays a lock that is over and backs nothing to its owner, who calls.
    function redeem(uint256 lockId) external;

    /// @notice Backs a module's subject with a part of the caller's lock, which is poked first where it is over.
    function openPosition(uint256 lockId, address module, uint256 subject, uint256 principal, bytes calldata data)
        external
        returns (uint256 position);

    /// @notice Frees what a position holds. Only its module may: the owner asks there.
    function closePosition(uint256 position) external;

    /// @notice Takes FLOCK from a position and its lock: nine tenths to the treasury, the rest to the prover as a lock with the same
    /// end. Only the position's module may. Without a prover (0) the treasury gets all.
    function slash(uint256 position, uint256 amount, address prover) external;

    function locks(uint256 lockId) external view returns (Lock memory);
    function positions(uint256 position) external view returns (Position memory);
    function ownerOf(uint256 position) external view returns (address);
    /// @return gmFLOCK wei: principal times the lock's multiplier, rounded down
    function weightOf(uint256 position) external view returns (uint256);
    /// @return what `lock` would give, in 1e18; reverts with BadDuration outside the bounds
    function multiplierOf(uint256 durationSeconds) external pure returns (uint256);
}
