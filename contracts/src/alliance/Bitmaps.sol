// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @title Counting over bitmaps
/// @dev Columns are counted all at once in vertical counters: plane k holds bit k of the count of each of 256 columns, so that
/// adding a row is a ripple-carry addition over whole words. 8 planes count to 255; rosters have at most 128 rows.
library Bitmaps {
    struct Counters {
        uint256[8] planes;
    }

    /// @notice Number of ones.
    function count(uint256 bitmap) internal pure returns (uint256 ones) {
        for (; bitmap != 0; ++ones) bitmap &= bitmap - 1;
    }

    /// @notice Index of the lowest one; the bitmap must not be empty.
    function first(uint256 bitmap) internal pure returns (uint256) {
        return Math.log2(bitmap & (~bitmap + 1));
    }

    function has(uint256 bitmap, uint256 index) internal pure returns (bool) {
        return (bitmap >> index) & 1 == 1;
    }

    /// @notice The bitmap with ones at 0..size-1, size < 256.
    function all(uint256 size) internal pure returns (uint256) {
        return (1 << size) - 1;
    }

    /// @notice Adds one to the count of every column set in the row.
    function add(Counters memory counters, uint256 row) internal pure {
        for (uint256 k; row != 0; ++k) {
            uint256 plane = counters.planes[k];
            counters.planes[k] = plane ^ row;
            row &= plane;
        }
    }

    /// @notice Takes one from the count of every column set in the row; those counts must be positive.
    function subtract(Counters memory counters, uint256 row) internal pure {
        for (uint256 k; row != 0; ++k) {
            uint256 plane = counters.planes[k];
            counters.planes[k] = plane ^ row;
            row &= ~plane;
        }
    }

    /// @notice The columns whose count is at least `threshold`.
    function atLeast(Counters memory counters, uint256 threshold) internal pure returns (uint256 columns) {
        uint256 equal = type(uint256).max;
        for (uint256 k = 8; k-- != 0;) {
            uint256 plane = counters.planes[k];
            if (has(threshold, k)) {
                equal &= plane;
            } else {
                columns |= equal & plane;
                equal &= ~plane;
            }
        }
        columns |= equal;
    }
}
