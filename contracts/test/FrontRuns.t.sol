// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Skip, TaskParameters} from "../src/alliance/AllianceTypes.sol";
import {BatchTest} from "./base/BatchTest.sol";

/// @dev Somebody sees a batch on its way and takes records out of it first. Nothing is lost by that.
contract FrontRunsTest is BatchTest {
    address private constant ATTACKER = address(0xBAD);
    uint256 private task;

    function setUp() public override {
        super.setUp();
        task = taskWith(parameters(), 5);
    }

    /// @dev The attacker posts member 3's record alone, then the whole batch comes.
    function overtaken(uint32 round, Phase phase, bytes32 digest) private {
        bytes memory batch = recordsOf(task, round, phase, 31, digest);
        vm.prank(ATTACKER);
        alliance.postRecords(task, round, 0, uint8(phase), recordOf(task, round, phase, 3, digest));
        Outcome memory o = postBatch(task, round, phase, batch);
        assertOneSkip(o, 3, Skip.Duplicate);
        assertEq(o.packed.length, 4 * 34);
    }

    function testOneRecordOfTheJoins() public {
        uint32 round = alliance.open(task);
        overtaken(round, Phase.Join, "join");
        // The attacker chose who comes first in the roster, and no more than that.
        uint8[5] memory wanted = [3, 0, 1, 2, 4];
        uint16[] memory roster = alliance.getRoster(task, round);
        for (uint256 i; i < 5; ++i) assertEq(roster[i], wanted[i]);
    }

    function testOneRecordInEveryLaterPhase() public {
        uint32 round = toShare(task, 5);
        overtaken(round, Phase.Share, "share");
        overtaken(round, Phase.Ack, bytes32(uint256(31)));
        overtaken(round, Phase.Mask, "mask");
        overtaken(round, Phase.Have, bytes32(uint256(31)));
        overtakenAnswers(round);
        bondAndSum(task, round);
        overtaken(round, Phase.Vote, voteDigest(3));
        assertPhase(task, round, Phase.Settled);
        assertEq(progress(task, round).better, 5);
    }

    function overtakenAnswers(uint32 round) private {
        vm.prank(ATTACKER);
        postAnswers(task, round, 8);
        bytes[] memory answers = new bytes[](5);
        for (uint256 i; i < 5; ++i) answers[i] = "answer";
        bytes memory records = recordsOf(task, round, Phase.Unmask, 31, sha256("answer"));
        Outcome memory o = postUnmask(task, round, records, answers);
        assertOneSkip(o, 3, Skip.Duplicate);
        assertEq(o.packed.length, 4 * 34);
    }

    /// @dev The whole batch was taken: the phase is over, and the batch that comes second does not revert.
    function testTheWholeBatch() public {
        uint32 round = toShare(task, 5);
        bytes memory batch = recordsOf(task, round, Phase.Share, 31, "share");
        vm.prank(ATTACKER);
        alliance.postRecords(task, round, 0, uint8(Phase.Share), batch);
        assertPhase(task, round, Phase.Ack);
        Outcome memory o = postBatch(task, round, Phase.Share, batch);
        assertEq(o.packed.length, 0);
        assertEq(o.skipped.length, 5);
        for (uint256 i; i < 5; ++i) assertEq(uint256(o.reasons[i]), uint256(Skip.Late));
    }

    /// @dev An answer without its record's bytes does not use the slot up.
    function testAnAnswerTornFromItsRecord() public {
        uint32 round = toUnmask(task, 5);
        bytes memory one = recordOf(task, round, Phase.Unmask, 3, sha256("answer"));
        bytes[] memory torn = new bytes[](1);
        torn[0] = "another";
        assertSkip(postUnmask(task, round, one, torn), 3, Skip.BadDigest);
        assertSkipped(task, round, Phase.Unmask, one, Skip.BadDigest);
        postAnswers(task, round, 31);
        assertEq(progress(task, round).answered, 31);
    }

    /// @dev A registration in flight is sent by somebody else: the wallet is registered, with its own key and stake.
    function testARegistrationSentByAnother() public {
        fund(wallet(6), 100e18);
        vm.prank(ATTACKER);
        uint16 id = register(task, 6);
        assertEq(alliance.getRegistration(task, id).sessionKey, vm.addr(SESSION + 6));
        assertEq(alliance.getRegistration(task, id).wallet, wallet(6));
        assertEq(flock.balanceOf(wallet(6)), 0);
    }

    /// @dev In a full roster the first come first; who was overtaken may join the next round.
    function testOvertakenInAFullRoster() public {
        TaskParameters memory p = parameters();
        p.maxCohort = 3;
        task = taskWith(p, 5);
        uint32 round = alliance.open(task);
        vm.prank(ATTACKER);
        alliance.postRecords(task, round, 0, 1, recordOf(task, round, Phase.Join, 4, "join"));
        Outcome memory o = postBatch(task, round, Phase.Join, recordsOf(task, round, Phase.Join, 31, "join"));
        assertEq(o.packed.length, 2 * 34);
        assertEq(o.skipped.length, 3);
        Skip[3] memory wanted = [Skip.Full, Skip.Full, Skip.Duplicate];
        for (uint256 i; i < 3; ++i) assertEq(uint256(o.reasons[i]), uint256(wanted[i]));
    }
}
