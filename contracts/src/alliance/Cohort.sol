// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Bitmaps} from "./Bitmaps.sol";
import {Rows} from "./Rows.sol";

/// @title Who is in: thresholds and the two sets that nobody proposes, U2 and U3
/// @dev docs/protocol.md, sections 1 and 4. Row v of a matrix is the bitmap that member v signed.
library Cohort {
    using Bitmaps for uint256;
    using Bitmaps for uint256[8];

    /// @notice C: members assumed to collude with the relay, at least 1. Rounds down.
    function corrupt(uint256 n, uint256 corruptBps) internal pure returns (uint256) {
        uint256 c = (n * corruptBps) / 10_000;
        return c == 0 ? 1 : c;
    }

    /// @notice t: shares that rebuild a secret. 2t > n + C, so two disjoint views of the survivors cannot both be unmasked.
    function threshold(uint256 n, uint256 c) internal pure returns (uint256) {
        return (n + c) / 2 + 1;
    }

    /// @notice U2: dealers; whoever has fewer than t acks from inside U2 is removed, until nobody is.
    /// @dev Every row is added once and taken away at most once, so the work is linear in n however the removals cascade.
    function u2(mapping(uint256 => uint256) storage acks, uint256 n, uint256 dealt, uint256 acked, uint256 t)
        internal
        view
        returns (uint256 inside)
    {
        uint256[8] memory counters = _countColumns(acks, n, dealt & acked);
        inside = dealt;
        uint256 removed = inside & ~counters.atLeast(t);
        while (removed != 0) {
            inside ^= removed;
            for (uint256 v; v < n; ++v) {
                if ((removed & acked).has(v)) counters.subtract(Rows.read(acks, n, v));
            }
            removed = inside & ~counters.atLeast(t);
        }
    }

    /// @notice U3: those of `candidates` (members of U2 with a mask root) that at least c + 1 other members of U2 attest to have.
    /// @param haves rows without their own bit
    /// @param attested members of U2 whose row is valid
    function u3(mapping(uint256 => uint256) storage haves, uint256 n, uint256 candidates, uint256 attested, uint256 c)
        internal
        view
        returns (uint256)
    {
        return candidates & _countColumns(haves, n, attested).atLeast(c + 1);
    }

    /// @dev For every column, in how many of the valid rows it is set. In assembly because the last record of a batch pays for n
    /// rows: takes rows of n bits off the words of the matrix, and adds each to the vertical counters (see Bitmaps).
    function _countColumns(mapping(uint256 => uint256) storage rows, uint256 n, uint256 valid)
        private
        view
        returns (uint256[8] memory counters)
    {
        uint256 mask = Bitmaps.all(n);
        assembly ("memory-safe") {
            mstore(0x20, rows.slot)
            let word
            // Bits of the word that are not taken yet, and the number of the next word.
            let left := 0
            let next := 0
            for { let v := 0 } lt(v, n) { v := add(v, 1) } {
                let row := word
                word := shr(n, word)
                switch lt(left, n)
                case 0 { left := sub(left, n) }
                default {
                    mstore(0, next)
                    word := sload(keccak256(0, 0x40))
                    next := add(next, 1)
                    row := or(row, shl(left, word))
                    word := shr(sub(n, left), word)
                    left := sub(256, sub(n, left))
                }
                let carry := mul(and(row, mask), and(shr(v, valid), 1))
                for { let at := counters } carry { at := add(at, 0x20) } {
                    let plane := mload(at)
                    mstore(at, xor(plane, carry))
                    carry := and(plane, carry)
                }
            }
        }
    }
}
