// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Counting over bitmaps
/// @dev Columns are counted all at once in vertical counters: plane k holds bit k of the count of each of 256 columns, so that
/// adding or taking away a row is a ripple-carry over whole words. 8 planes count to 255, and rosters have at most 128 rows, so
/// no carry leaves the last plane.
library Bitmaps {
    /// @notice Number of ones.
    function count(uint256 bitmap) internal pure returns (uint256 ones) {
        unchecked {
            for (; bitmap != 0; ++ones) bitmap &= bitmap - 1;
        }
    }

    function has(uint256 bitmap, uint256 index) internal pure returns (bool) {
        return (bitmap >> index) & 1 == 1;
    }

    /// @notice The bitmap with ones at 0..size-1, size < 256.
    function all(uint256 size) internal pure returns (uint256) {
        return (1 << size) - 1;
    }

    /// @notice Takes one from the count of every column set in the row; those counts must be positive.
    function subtract(uint256[8] memory planes, uint256 row) internal pure {
        assembly ("memory-safe") {
            for { let at := planes } row { at := add(at, 0x20) } {
                let plane := mload(at)
                mstore(at, xor(plane, row))
                row := and(not(plane), row)
            }
        }
    }

    /// @notice The columns whose count is at least `threshold`, 0..255.
    function atLeast(uint256[8] memory planes, uint256 threshold) internal pure returns (uint256 columns) {
        uint256 equal = type(uint256).max;
        for (uint256 k = 8; k != 0;) {
            --k;
            uint256 plane = planes[k];
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
