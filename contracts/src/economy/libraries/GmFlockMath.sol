// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {IGmFlock} from "../IGmFlock.sol";

/// @title What a lock is worth
/// @notice FLock's rule: a lock of n FLOCK for d seconds has n (1 + 2.19 (d - 30 days) / 365 days) units, up to 3.01 n.
/// @dev Every division rounds down, against the owner of the lock. src/economy/gmflock.ts is the same in TypeScript.
library GmFlockMath {
    uint256 internal constant ONE = 1e18;
    uint256 internal constant MIN_DURATION = 30 days;
    uint256 internal constant MAX_DURATION = 365 days;
    /// @dev Multiplier that a year more adds, in 1e18.
    uint256 private constant SLOPE = 2.19e18;
    /// @dev The prover's part of a slash: one of so many.
    uint256 private constant PROVER_PARTS = 10;

    /// @return in 1e18, at least 1e18 and at most 3.01e18
    function multiplierOf(uint256 durationSeconds) internal pure returns (uint256) {
        if (durationSeconds < MIN_DURATION || durationSeconds > MAX_DURATION) {
            revert IGmFlock.BadDuration(durationSeconds);
        }
        return ONE + SLOPE * (durationSeconds - MIN_DURATION) / 365 days;
    }

    /// @param amount FLOCK wei
    /// @return gmFLOCK wei
    function unitsOf(uint256 amount, uint256 multiplier) internal pure returns (uint256) {
        return amount * multiplier / ONE;
    }

    /// @notice What the prover gets of a slash, rounded down; the treasury gets the rest.
    function proverShare(uint256 amount) internal pure returns (uint256) {
        return amount / PROVER_PARTS;
    }
}
