// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title How much may have been emitted by a time
/// @notice A supply S is emitted over periods of 30 days, each with 1 % less than the one before: 1 % of what is left. After k whole
/// periods S (1 - 0.99^k) is out; within a period emission is even, so a part f of it counts as f:
/// emitted = S (1 - [(1 - f) 0.99^k + f 0.99^(k+1)]). It is a function of time alone, so nothing is lost or won by calling late,
/// often or never.
/// @dev Never more than S: what is left is a product of numbers that are not negative, rounded up, and emitted = S - left. It never
/// falls: what is left is interpolated between neighbours 0.99^k and 0.99^(k+1), which differ by 1 % of themselves, and powers are
/// exact to 2^-118 (see _power) while the smallest one used, 0.99^4096, is 2^-59. After 4096 periods (336 years) emission ends; 1.3
/// parts of 10^18 of S are left and stay so.
library EmissionSchedule {
    uint256 internal constant PERIOD = 30 days;
    uint256 internal constant LAST_PERIOD = 4096;
    uint256 private constant ONE = 1 << 128;
    /// @dev 0.99 with 128 fractional bits, rounded down.
    uint256 private constant KEPT = (ONE * 99) / 100;

    /// @param supply wei, below 2^96
    /// @param elapsed seconds since the start
    /// @return wei that are out by then
    function emitted(uint96 supply, uint256 elapsed) internal pure returns (uint256) {
        uint256 period = elapsed / PERIOD;
        uint256 part = elapsed % PERIOD;
        if (period >= LAST_PERIOD) (period, part) = (LAST_PERIOD, 0);
        // 96 + 128 + 22 bits: no overflow.
        uint256 left = _power(period) * (PERIOD - part) + _power(period + 1) * part;
        uint256 whole = ONE * PERIOD;
        return supply - (supply * left + whole - 1) / whole;
    }

    /// @dev 0.99^k by squaring. Each product is short by less than a unit of 2^-128 more than its factors make it; with 13 squarings
    /// of numbers below 1, all is short by less than 2^10 units.
    function _power(uint256 k) private pure returns (uint256 result) {
        result = ONE;
        unchecked {
            // One of the factors is below ONE, so products stay below 2^256.
            for (uint256 square = KEPT; k != 0; k >>= 1) {
                if (k & 1 == 1) result = (result * square) >> 128;
                square = (square * square) >> 128;
            }
        }
    }
}
