// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Progress, Skip, TaskParameters, VoidReason} from "../src/alliance/AllianceTypes.sol";
import {BatchTest} from "./base/BatchTest.sol";

/// @dev Random rounds against docs/protocol.md, section 4, said again with lists instead of bitmaps: who is in, how the round
/// ends and why. A round of another size went before, so that its rows lie under this one's.
contract ModelTest is BatchTest {
    uint256 private seed;
    uint256 private rolls;
    /// percent of members that speak, and of bits that are set
    uint256 private density;
    /// one vote in so many is a dispute
    uint256 private quarrel;

    TaskParameters private q;
    uint256 private task;
    uint32 private round;
    bool private training;
    uint256 private n;
    uint256 private c;
    uint256 private t;
    /// member by roster index
    uint256[] private roster;
    bool[128] private members;
    bool[128] private dealt;
    bool[128] private acked;
    bool[128] private inU2;
    bool[128] private masked;
    bool[128] private attested;
    bool[128] private inU3;
    bool[128] private answered;
    bool[128] private voted;
    bool[128][128] private acks;
    bool[128][128] private haves;
    uint8[128] private verdicts;

    /// forge-config: default.fuzz.runs = 96
    function testARoundIsWhatTheProtocolSays(uint256 seed_) public {
        play(seed_, 3 + uint256(keccak256(abi.encode(seed_))) % 10);
    }

    /// @dev From 17 on answers stay off the chain.
    function testALargeRound() public {
        for (uint256 i = 1; i <= 3; ++i) {
            uint256 state = vm.snapshotState();
            play(i, 17 + 5 * i);
            vm.revertToState(state);
            vm.warp(clock);
        }
    }

    function play(uint256 seed_, uint256 size) private {
        (seed, n) = (seed_, size);
        (density, quarrel) = (60 + dice(41), 2 + dice(20));
        begin();
        if (!share() || !ack() || !mask() || !have() || !unmask()) return;
        bondAndSum(task, round);
        vote();
    }

    function dice(uint256 sides) private returns (uint256) {
        return uint256(keccak256(abi.encode(seed, ++rolls))) % sides;
    }

    function luck() private returns (bool) {
        return dice(100) < density;
    }

    // ------------------------------------------------------------ the round

    function begin() private {
        TaskParameters memory p = parameters();
        (p.stake, p.sumBond, p.pool) = (0, 0, 0);
        (p.corruptBps, p.survivorFloor) = (uint16(dice(5001)), uint16(dice(4)));
        q = p;
        c = n * p.corruptBps / 10_000;
        if (c == 0) c = 1;
        t = (n + c) / 2 + 1;
        task = taskWith(p, n);
        training = dice(2) == 0;
        if (training) settle(task, 3 + dice(n - 2), 2);
        round = alliance.open(task);
        for (uint256 i; i < n; ++i) {
            roster.push(i);
            members[i] = true;
        }
        for (uint256 i = n - 1; i != 0; --i) {
            uint256 k = dice(i + 1);
            (roster[i], roster[k]) = (roster[k], roster[i]);
        }
        bytes memory records;
        for (uint256 i; i < n; ++i) {
            records = bytes.concat(records, record(task, round, Phase.Join, roster[i], "join", SESSION + roster[i]));
        }
        assertAccepted(task, round, Phase.Join, records);
        pass(80);
        alliance.postBeacon(task, round, beaconOf(task, round));
    }

    /// @dev Records of some of the allowed. Whoever may not speak tries, and is told so.
    function say(Phase phase, bool[128] storage allowed, bool[128] storage spoken) private returns (uint256 count) {
        bytes memory records;
        uint256 outsiders;
        for (uint256 i; i < n; ++i) {
            if (allowed[i] && !luck()) continue;
            if (allowed[i]) (spoken[i], count) = (true, count + 1);
            else ++outsiders;
            records = bytes.concat(records, record(task, round, phase, i, digestOf(phase, i), SESSION + roster[i]));
        }
        Outcome memory o;
        if (phase == Phase.Unmask && n <= 16) {
            bytes[] memory answers = new bytes[](records.length / 98);
            for (uint256 i; i < answers.length; ++i) answers[i] = "answer";
            o = postUnmask(task, round, records, answers);
        } else {
            o = postBatch(task, round, phase, records);
        }
        assertEq(o.packed.length, 34 * count);
        assertEq(o.skipped.length, outsiders);
        for (uint256 i; i < outsiders; ++i) assertEq(uint256(o.reasons[i]), uint256(Skip.NotMember));
    }

    function digestOf(Phase phase, uint256 i) private returns (bytes32) {
        if (phase == Phase.Ack) return row(acks[i]);
        if (phase == Phase.Have) return row(haves[i]);
        if (phase == Phase.Unmask) return sha256("answer");
        if (phase != Phase.Vote) return bytes32(dice(1000));
        verdicts[i] = uint8(dice(quarrel) == 0 ? 4 : 1 + dice(3));
        return voteDigest(verdicts[i]);
    }

    function row(bool[128] storage bits) private returns (bytes32) {
        uint256 bitmap;
        for (uint256 u; u < n; ++u) {
            bits[u] = luck() || luck();
            if (bits[u]) bitmap |= 1 << u;
        }
        return bytes32(bitmap);
    }

    /// @dev Unless everybody that the phase waits for spoke, its time has to run out.
    function close(bool complete, bool enough, Phase next, VoidReason reason) private returns (bool) {
        if (!complete) pass(31);
        if (enough) assertPhase(task, round, next);
        else assertVoid(task, round, reason);
        return enough;
    }

    function share() private returns (bool) {
        uint256 count = say(Phase.Share, members, dealt);
        return close(count == n, count >= t, Phase.Ack, VoidReason.TooFewShares);
    }

    function ack() private returns (bool) {
        say(Phase.Ack, members, acked);
        for (uint256 i; i < n; ++i) inU2[i] = dealt[i];
        bool stable;
        while (!stable) {
            stable = true;
            for (uint256 u; u < n; ++u) {
                if (!inU2[u] || acksOf(u) >= t) continue;
                (inU2[u], stable) = (false, false);
            }
        }
        bool enough = size(inU2) >= t;
        if (!close(within(dealt, acked), enough, Phase.Mask, VoidReason.TooFewAcks)) return false;
        assertEq(progress(task, round).u2, bitmapOf(inU2));
        return true;
    }

    function acksOf(uint256 u) private view returns (uint256 count) {
        for (uint256 v; v < n; ++v) if (inU2[v] && acked[v] && acks[v][u]) ++count;
    }

    function mask() private returns (bool) {
        uint256 count = say(Phase.Mask, inU2, masked);
        return close(within(inU2, masked), count >= t, Phase.Have, VoidReason.TooFewMasked);
    }

    function have() private returns (bool) {
        say(Phase.Have, inU2, attested);
        for (uint256 u; u < n; ++u) {
            uint256 witnesses;
            for (uint256 v; v < n; ++v) if (v != u && attested[v] && haves[v][u]) ++witnesses;
            inU3[u] = masked[u] && witnesses > c;
        }
        uint256 survivors = size(inU3);
        bool enough = survivors >= t && survivors >= c + 2 && survivors >= q.survivorFloor;
        bool goesOn = close(within(masked, attested), enough, Phase.Unmask, VoidReason.TooFewSurvivors);
        assertEq(progress(task, round).u3, bitmapOf(inU3));
        return goesOn;
    }

    function unmask() private returns (bool) {
        uint256 count = say(Phase.Unmask, inU3, answered);
        return close(within(inU3, answered), count >= t, Phase.Sum, VoidReason.TooFewAnswers);
    }

    function vote() private {
        say(Phase.Vote, inU3, voted);
        uint256[5] memory votes;
        for (uint256 i; i < n; ++i) if (voted[i]) ++votes[verdicts[i]];
        (uint256 worse, uint256 better) = (votes[1], votes[3]);
        bool complete = within(inU3, voted);
        if (votes[4] > c) {
            close(complete, false, Phase.Settled, VoidReason.SumDisputed);
        } else if (worse + votes[2] + better <= c) {
            close(complete, false, Phase.Settled, VoidReason.TooFewVotes);
        } else {
            close(complete, true, Phase.Settled, VoidReason.None);
            bool rejected = training && worse > better && 3 * (worse + better) >= size(inU3);
            assertTrue(progress(task, round).accepted == !rejected, "accepted");
        }
    }

    // ------------------------------------------------------------ lists

    function within(bool[128] storage inner, bool[128] storage outer) private view returns (bool) {
        for (uint256 i; i < n; ++i) if (inner[i] && !outer[i]) return false;
        return true;
    }

    function size(bool[128] storage set) private view returns (uint256 count) {
        for (uint256 i; i < n; ++i) if (set[i]) ++count;
    }

    function bitmapOf(bool[128] storage set) private view returns (uint256 bitmap) {
        for (uint256 i; i < n; ++i) if (set[i]) bitmap |= 1 << i;
    }
}
