// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Rows of 16, 32, 64 or 128 bits packed into storage words, several a word
/// @dev Rows are reached through a cursor that holds one word in memory, so that neighbours cost one storage access together.
/// What a word held before stays in the rows that are not written: the caller knows which rows are valid.
library Rows {
    struct Cursor {
        /// bits a row
        uint256 width;
        /// number of the held word, plus one; 0 when none is held
        uint256 held;
        uint256 word;
    }

    /// @notice The smallest row width that holds a bitmap over `size` members, 1..128.
    function widthFor(uint256 size) internal pure returns (uint256) {
        if (size <= 16) return 16;
        if (size <= 32) return 32;
        return size <= 64 ? 64 : 128;
    }

    /// @notice A cursor that only reads, or only writes, rows of one width.
    function cursor(uint256 width) internal pure returns (Cursor memory c) {
        c.width = width;
    }

    function read(mapping(uint256 => uint256) storage rows, Cursor memory c, uint256 index)
        internal
        view
        returns (uint256)
    {
        uint256 bit = index * c.width;
        uint256 wanted = (bit >> 8) + 1;
        if (c.held != wanted) (c.held, c.word) = (wanted, rows[wanted - 1]);
        return (c.word >> (bit & 255)) & ((1 << c.width) - 1);
    }

    /// @notice Writes a row, value < 2^width. It reaches storage when the cursor leaves its word, or by `flush`.
    function write(mapping(uint256 => uint256) storage rows, Cursor memory c, uint256 index, uint256 value) internal {
        uint256 bit = index * c.width;
        uint256 wanted = (bit >> 8) + 1;
        if (c.held != wanted) {
            flush(rows, c);
            (c.held, c.word) = (wanted, rows[wanted - 1]);
        }
        uint256 shift = bit & 255;
        c.word = (c.word & ~(((1 << c.width) - 1) << shift)) | (value << shift);
    }

    function flush(mapping(uint256 => uint256) storage rows, Cursor memory c) internal {
        if (c.held != 0) rows[c.held - 1] = c.word;
    }
}
