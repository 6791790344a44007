// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, TaskParameters} from "../src/alliance/AllianceTypes.sol";
import {AllianceTest} from "./base/AllianceTest.sol";

/// @dev Every call is a transaction of its own (isolate), with its base gas, calldata and cold storage, in the second round of a
/// task. bench/gas.ts reads the same from receipts.
contract GasTest is AllianceTest {
    uint256 private constant LIMIT = 12_000;

    event Cost(uint8 phase, uint256 gasPerRecord);

    /// forge-config: default.isolate = true
    function testBatchesOf4() public {
        measure(4, type(uint256).max);
    }

    /// forge-config: default.isolate = true
    function testBatchesOf100() public {
        measure(100, LIMIT);
    }

    function measure(uint256 n, uint256 limit) private {
        TaskParameters memory p = parameters();
        (p.stake, p.sumBond, p.pool) = (0, 0, 0);
        uint256 task = taskWith(p, n);
        settle(task, n, 2);
        uint32 round = alliance.open(task);
        cost(task, round, Phase.Join, everybody(n), keccak256("join 2"), type(uint256).max);
        pass(80);
        alliance.postBeacon(task, round, beaconOf(task, round));
        cost(task, round, Phase.Share, everybody(n), keccak256("share 2"), limit);
        // Another matrix than in the first round, so that every word of it changes.
        uint256 most = everybody(n) & ~uint256(n == 4 ? 0 : 1);
        cost(task, round, Phase.Ack, everybody(n), bytes32(most), limit);
        // Whom nobody acknowledged is out: the matrices differ by one member from here on.
        cost(task, round, Phase.Mask, most, keccak256("mask 2"), limit);
        cost(task, round, Phase.Have, most, bytes32(most), limit);
        if (n == 4) postAnswers(task, round, most);
        else cost(task, round, Phase.Unmask, most, keccak256("answer 2"), limit);
        bondAndSum(task, round);
        cost(task, round, Phase.Vote, most, voteDigest(2), limit);
        assertPhase(task, round, Phase.Settled);
    }

    function cost(uint256 task, uint32 round, Phase phase, uint256 members, bytes32 digest, uint256 limit) private {
        bytes memory records = recordsOf(task, round, phase, members, digest);
        alliance.postRecords(task, round, 0, uint8(phase), records);
        uint256 each = vm.lastCallGas().gasTotalUsed / (records.length / 98);
        emit Cost(uint8(phase), each);
        assertTrue(each <= limit, "a record costs too much");
    }
}
