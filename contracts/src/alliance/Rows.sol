// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

/// @title Rows of up to 128 bits, packed into storage words without a gap
/// @dev Row i lies at bits i * width and up; bit b of the whole is bit b mod 256 of word b / 256, so a row may begin in one word
/// and end in the next. Indices are below 2^16, so nothing here can overflow.
library Rows {
    /// @dev Writes neighbours with one storage access a word: holds one word in memory.
    struct Writer {
        uint256 width;
        /// number of the held word, plus one; 0 when none is held
        uint256 held;
        uint256 word;
    }

    function writer(uint256 width) internal pure returns (Writer memory w) {
        w.width = width;
    }

    /// @notice One row; 0 or what was written last, in whatever width that was.
    function read(mapping(uint256 => uint256) storage rows, uint256 width, uint256 index)
        internal
        view
        returns (uint256 row)
    {
        unchecked {
            uint256 bit = index * width;
            uint256 shift = bit & 255;
            row = rows[bit >> 8] >> shift;
            if (shift + width > 256) row |= rows[(bit >> 8) + 1] << (256 - shift);
            row &= (1 << width) - 1;
        }
    }

    /// @notice Writes a row, value < 2^width. It is in storage after `flush`.
    function write(mapping(uint256 => uint256) storage rows, Writer memory w, uint256 index, uint256 value) internal {
        unchecked {
            uint256 bit = index * w.width;
            uint256 shift = bit & 255;
            uint256 mask = (1 << w.width) - 1;
            bit >>= 8;
            if (w.held != bit + 1) _hold(rows, w, bit);
            w.word = (w.word & ~(mask << shift)) | (value << shift);
            if (shift + w.width > 256) {
                _hold(rows, w, bit + 1);
                w.word = (w.word & ~(mask >> (256 - shift))) | (value >> (256 - shift));
            }
        }
    }

    function flush(mapping(uint256 => uint256) storage rows, Writer memory w) internal {
        if (w.held != 0) rows[w.held - 1] = w.word;
    }

    function _hold(mapping(uint256 => uint256) storage rows, Writer memory w, uint256 number) private {
        unchecked {
            flush(rows, w);
            (w.held, w.word) = (number + 1, rows[number]);
        }
    }
}
