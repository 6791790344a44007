// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Bitmaps} from "../src/alliance/Bitmaps.sol";
import {Cohort} from "../src/alliance/Cohort.sol";
import {Rows} from "../src/alliance/Rows.sol";
import {Test} from "./base/Test.sol";

/// @dev The contract's counting against the definitions, word by word, for every roster size.
contract CohortTest is Test {
    mapping(uint256 word => uint256) private matrix;
    uint256[128] private rows;

    function testThresholds() public pure {
        assertEq(Cohort.corrupt(4, 2500), 1);
        assertEq(Cohort.corrupt(3, 0), 1);
        assertEq(Cohort.corrupt(100, 2500), 25);
        assertEq(Cohort.threshold(3, 1), 3);
        assertEq(Cohort.threshold(4, 1), 3);
        assertEq(Cohort.threshold(100, 25), 63);
    }

    function testThresholdOverlaps(uint256 n, uint256 bps) public pure {
        n = bound(n, 3, 128);
        uint256 c = Cohort.corrupt(n, bound(bps, 0, 5000));
        uint256 t = Cohort.threshold(n, c);
        assertTrue(2 * t > n + c, "two disjoint views could both be unmasked");
        assertTrue(t <= n && c + 2 <= n, "nobody could ever finish");
    }

    function testRowsAreWhatWasWritten(uint256 n, uint256 seed, uint256 stale) public {
        n = bound(n, 3, 128);
        fill(n, seed, stale, type(uint256).max);
        for (uint256 v; v < n; ++v) assertEq(Rows.read(matrix, n, v), rows[v]);
    }

    function testRowsOfEverySize() public {
        for (uint256 n = 3; n <= 128; ++n) {
            fill(n, n, ~n, type(uint256).max);
            for (uint256 v; v < n; ++v) assertEq(Rows.read(matrix, n, v), rows[v]);
        }
    }

    function testU2IsTheFixedPoint(uint256 n, uint256 seed, uint256 dealt, uint256 acked, uint256 bps) public {
        n = bound(n, 3, 128);
        uint256 t = Cohort.threshold(n, Cohort.corrupt(n, bound(bps, 0, 5000)));
        dealt = dense(dealt, n);
        acked = dense(acked, n);
        fill(n, seed, ~seed, acked);
        assertEq(Cohort.u2(matrix, n, dealt, acked, t), naiveU2(n, dealt, acked, t));
    }

    /// @dev Removing one member takes the next one below the threshold, and so on to the last.
    function testU2Cascades(uint256 n) public {
        n = bound(n, 6, 128);
        uint256 t = Cohort.threshold(n, 1);
        // Member v is acknowledged by the t members around the ring before it; member 0 by one fewer.
        uint256 everybody = Bitmaps.all(n);
        uint256[128] memory acks;
        for (uint256 v; v < n; ++v) {
            for (uint256 k = v == 0 ? 1 : 0; k < t; ++k) acks[(v + n - k) % n] |= 1 << v;
        }
        write(n, acks, everybody);
        assertEq(Cohort.u2(matrix, n, everybody, everybody, t), 0);
        assertEq(naiveU2(n, everybody, everybody, t), 0);
    }

    function testU3CountsOthersOnly(uint256 n, uint256 seed, uint256 candidates, uint256 attested, uint256 c) public {
        n = bound(n, 3, 128);
        c = bound(c, 1, n / 2);
        attested = dense(attested, n);
        candidates &= Bitmaps.all(n);
        fill(n, seed, ~seed, attested);
        // The coordinator keeps rows without their own bit.
        uint256[128] memory kept;
        for (uint256 v; v < n; ++v) kept[v] = rows[v] & ~(1 << v);
        write(n, kept, attested);
        uint256 wanted;
        for (uint256 u; u < n; ++u) {
            if (!Bitmaps.has(candidates, u)) continue;
            uint256 witnesses;
            for (uint256 v; v < n; ++v) {
                if (v != u && Bitmaps.has(attested, v) && Bitmaps.has(kept[v], u)) ++witnesses;
            }
            if (witnesses >= c + 1) wanted |= 1 << u;
        }
        assertEq(Cohort.u3(matrix, n, candidates, attested, c), wanted);
    }

    function testCount(uint256 bitmap) public pure {
        uint256 ones;
        for (uint256 i; i < 256; ++i) ones += (bitmap >> i) & 1;
        assertEq(Bitmaps.count(bitmap), ones);
    }

    // ------------------------------------------------------------ reference

    function naiveU2(uint256 n, uint256 dealt, uint256 acked, uint256 t) private view returns (uint256 inside) {
        inside = dealt;
        while (true) {
            uint256 next = inside;
            for (uint256 u; u < n; ++u) {
                if (!Bitmaps.has(inside, u)) continue;
                uint256 acks;
                for (uint256 v; v < n; ++v) {
                    if (Bitmaps.has(inside & acked, v) && Bitmaps.has(Rows.read(matrix, n, v), u)) ++acks;
                }
                if (acks < t) next &= ~(1 << u);
            }
            if (next == inside) return inside;
            inside = next;
        }
    }

    /// @dev Most bits set, so that U2 is neither empty nor everybody.
    function dense(uint256 seed, uint256 n) private pure returns (uint256) {
        return (seed | (seed >> 128) | uint256(keccak256(abi.encode(seed)))) & Bitmaps.all(n);
    }

    /// @dev Random rows of n bits over words that hold something else; only the valid ones are written.
    function fill(uint256 n, uint256 seed, uint256 stale, uint256 valid) private {
        uint256[128] memory fresh;
        for (uint256 v; v < n; ++v) fresh[v] = dense(uint256(keccak256(abi.encode(seed, v))), n);
        for (uint256 word; word <= (n * n) >> 8; ++word) matrix[word] = uint256(keccak256(abi.encode(stale, word)));
        write(n, fresh, valid);
    }

    function write(uint256 n, uint256[128] memory fresh, uint256 valid) private {
        Rows.Writer memory writer = Rows.writer(n);
        // Not in order, so that words are left and come back to.
        for (uint256 i; i < n; ++i) {
            uint256 v = (i * 7) % n;
            if (n % 7 == 0) v = i;
            if (!Bitmaps.has(valid, v)) continue;
            Rows.write(matrix, writer, v, fresh[v]);
            rows[v] = fresh[v];
        }
        Rows.flush(matrix, writer);
    }
}
