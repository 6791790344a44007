// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Between which values governance may set its own rules
/// @notice The longest way from a proposal to its execution is the sum of the four longest times, LONGEST_LIFE. It is shorter than
/// the shortest lock (30 days), so whoever locks in order to vote is still locked when the proposal may be executed.
/// @dev On a local chain (id 31337) there are no lower bounds: nobody waits for days to try a proposal. The upper ones hold everywhere.
library GovernanceBounds {
    uint256 internal constant MIN_VOTING_DELAY = 1 days;
    uint256 internal constant MAX_VOTING_DELAY = 5 days;
    uint256 internal constant MIN_VOTING_PERIOD = 3 days;
    uint256 internal constant MAX_VOTING_PERIOD = 10 days;
    uint256 internal constant MIN_EXTENSION = 1 days;
    uint256 internal constant MAX_EXTENSION = 4 days;
    uint256 internal constant MIN_TIMELOCK_DELAY = 2 days;
    uint256 internal constant MAX_TIMELOCK_DELAY = 10 days;
    uint256 internal constant LONGEST_LIFE = MAX_VOTING_DELAY + MAX_VOTING_PERIOD + MAX_EXTENSION + MAX_TIMELOCK_DELAY;

    /// gmFLOCK wei that one must have to propose; the upper bound keeps a majority from shutting everybody else out
    uint256 internal constant MIN_THRESHOLD = 100e18;
    uint256 internal constant MAX_THRESHOLD = 1_000_000e18;
    /// quorum, of all units, in 1/10,000
    uint256 internal constant MIN_QUORUM_BPS = 100;
    uint256 internal constant MAX_QUORUM_BPS = 2_000;
    /// quorum at least, in gmFLOCK wei; the upper bound is 1 % of all FLOCK there can ever be
    uint256 internal constant MIN_QUORUM_FLOOR = 10_000e18;
    uint256 internal constant MAX_QUORUM_FLOOR = 10_000_000e18;

    uint256 private constant LOCAL_CHAIN_ID = 31337;

    error OutOfBounds(uint256 value, uint256 low, uint256 high);

    /// @notice Reverts unless low <= value <= high.
    function check(uint256 value, uint256 low, uint256 high) internal view {
        if (value > high || (value < low && block.chainid != LOCAL_CHAIN_ID)) revert OutOfBounds(value, low, high);
    }
}
