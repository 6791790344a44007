// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Bitmaps} from "./Bitmaps.sol";
import {Rows} from "./Rows.sol";

/// @title Who is in: thresholds and the two sets that nobody proposes, U2 and U3
/// @dev docs/protocol.md, sections 1 and 4. Row v of a matrix is the bitmap that member v signed.
library Cohort {
    using Bitmaps for uint256;
    using Bitmaps for Bitmaps.Counters;

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
        Rows.Cursor memory cursor = Rows.cursor(Rows.widthFor(n));
        Bitmaps.Counters memory counters;
        for (uint256 rest = dealt & acked; rest != 0; rest &= rest - 1) {
            counters.add(Rows.read(acks, cursor, rest.first()));
        }
        inside = dealt;
        while (true) {
            uint256 removed = inside & ~counters.atLeast(t);
            if (removed == 0) return inside;
            inside ^= removed;
            for (uint256 rest = removed & acked; rest != 0; rest &= rest - 1) {
                counters.subtract(Rows.read(acks, cursor, rest.first()));
            }
        }
    }

    /// @notice U3: those of `candidates` (members of U2 with a mask root) that at least c + 1 other members of U2 attest to have.
    /// @param attested members of U2 whose row is valid
    function u3(mapping(uint256 => uint256) storage haves, uint256 n, uint256 candidates, uint256 attested, uint256 c)
        internal
        view
        returns (uint256)
    {
        Rows.Cursor memory cursor = Rows.cursor(Rows.widthFor(n));
        Bitmaps.Counters memory counters;
        for (uint256 rest = attested; rest != 0; rest &= rest - 1) {
            uint256 witness = rest.first();
            counters.add(Rows.read(haves, cursor, witness) & ~(1 << witness));
        }
        return candidates & counters.atLeast(c + 1);
    }
}
