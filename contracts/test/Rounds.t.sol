// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.30;

import {Phase, Progress, RoundView, TaskParameters, TaskStatus, VoidReason} from "../src/alliance/AllianceTypes.sol";
import {IAlliance} from "../src/alliance/IAlliance.sol";
import {AllianceTest} from "./base/AllianceTest.sol";
import {FakeBeacon} from "./base/FakeBeacon.sol";

/// @dev docs/protocol.md, section 4, line by line. Four members: C = 1, t = 3.
contract RoundsTest is AllianceTest {
    uint256 private task;

    function setUp() public override {
        super.setUp();
        TaskParameters memory p = parameters();
        p.maxVoids = 10;
        task = taskWith(p, 6);
    }

    // ------------------------------------------------------------ opening

    function testOpen() public {
        uint32 round = alliance.open(task);
        Progress memory p = progress(task, round);
        assertEq(round, 1);
        assertEq(uint256(p.phase), uint256(Phase.Join));
        assertEq(p.endsAt, clock + 60);
        assertEq(p.joinEndsAt, clock + 60);
        assertEq(p.openedAtBlock, block.number);
        // Every 3 s, strictly later than the end of joining plus 10 s.
        assertEq(p.beaconRound, (clock + 70) / 3 + 2);
        assertTrue((p.beaconRound - 1) * 3 > clock + 70, "the beacon round comes too early");
        vm.expectRevert(abi.encodeWithSelector(IAlliance.RoundStillLive.selector, task, round));
        alliance.open(task);
    }

    function testRoundNumbersNeverRepeat() public {
        for (uint32 i = 1; i < 5; ++i) {
            assertEq(alliance.open(task), i);
            pass(61);
        }
        assertEq(alliance.getTask(task).step, 0);
        // Anybody may open a round, so one that nobody joined does not count against the task.
        assertEq(alliance.getTask(task).voids, 0);
    }

    // ------------------------------------------------------------ join and beacon

    function testJoinNeverEndsEarly() public {
        uint32 round = join(task, 6);
        assertPhase(task, round, Phase.Join);
        pass(60);
        assertPhase(task, round, Phase.Join);
        pass(1);
        assertPhase(task, round, Phase.Beacon);
        assertEq(progress(task, round).endsAt, clock - 1 + 90);
    }

    function testTooFewJoined() public {
        uint32 round = join(task, 2);
        pass(61);
        assertVoid(task, round, VoidReason.TooFewJoined);
    }

    function testBeaconShownWhileJoinsAreOpen() public {
        uint32 round = join(task, 4);
        bytes memory signature = beaconOf(task, round);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.WrongPhase.selector, Phase.Beacon, Phase.Join));
        alliance.postBeacon(task, round, signature);
        vm.expectRevert(abi.encodeWithSelector(FakeBeacon.BadSignature.selector, progress(task, round).beaconRound));
        alliance.reportEarlyBeacon(task, round, "no signature");
        alliance.reportEarlyBeacon(task, round, signature);
        assertVoid(task, round, VoidReason.BeaconEarly);
    }

    function testNoEarlyBeaconAfterJoining() public {
        uint32 round = join(task, 4);
        bytes memory signature = beaconOf(task, round);
        pass(61);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.WrongPhase.selector, Phase.Join, Phase.Beacon));
        alliance.reportEarlyBeacon(task, round, signature);
    }

    function testBeacon() public {
        uint32 round = join(task, 4);
        pass(75);
        bytes memory signature = beaconOf(task, round);
        vm.expectRevert(abi.encodeWithSelector(FakeBeacon.BadSignature.selector, progress(task, round).beaconRound));
        alliance.postBeacon(task, round, abi.encode(1));
        alliance.postBeacon(task, round, signature);
        assertPhase(task, round, Phase.Share);
        assertEq(progress(task, round).endsAt, clock + 30);
        assertEq(alliance.getRound(task, round).beacon, sha256(signature));
    }

    function testNoBeacon() public {
        uint32 round = join(task, 4);
        pass(60 + 90);
        assertPhase(task, round, Phase.Beacon);
        pass(1);
        assertVoid(task, round, VoidReason.BeaconMissing);
    }

    // ------------------------------------------------------------ share, ack, mask, have, unmask

    function testEverybodyEndsAPhaseAtOnce() public {
        uint32 round = toShare(task, 4);
        pass(7);
        post(task, round, Phase.Share, 15, "share");
        assertPhase(task, round, Phase.Ack);
        assertEq(progress(task, round).endsAt, clock + 30);
    }

    function testADeadlineEndsAPhaseAsOfItself() public {
        uint32 round = toShare(task, 4);
        post(task, round, Phase.Share, 7, "share");
        pass(30);
        assertPhase(task, round, Phase.Share);
        pass(1);
        assertPhase(task, round, Phase.Ack);
        assertEq(progress(task, round).endsAt, clock - 1 + 30);
        vm.expectEmit();
        emit IAlliance.PhaseChanged(task, round, Phase.Ack, uint64(clock - 1));
        alliance.sync(task);
    }

    function testTooFewShares() public {
        uint32 round = toShare(task, 4);
        post(task, round, Phase.Share, 3, "share");
        pass(31);
        assertVoid(task, round, VoidReason.TooFewShares);
    }

    function testAckWaitsForDealersOnly() public {
        uint32 round = toShare(task, 4);
        post(task, round, Phase.Share, 7, "share");
        pass(31);
        post(task, round, Phase.Ack, 8, bytes32(uint256(7)));
        assertPhase(task, round, Phase.Ack);
        post(task, round, Phase.Ack, 7, bytes32(uint256(15)));
        assertPhase(task, round, Phase.Mask);
        assertEq(progress(task, round).u2, 7);
    }

    function testTooFewAcks() public {
        uint32 round = toAck(task, 4);
        post(task, round, Phase.Ack, 15, bytes32(uint256(3)));
        assertVoid(task, round, VoidReason.TooFewAcks);
        assertEq(progress(task, round).u2, 0);
    }

    function testTooFewMasked() public {
        uint32 round = toMask(task, 4);
        post(task, round, Phase.Mask, 3, "mask");
        pass(31);
        assertVoid(task, round, VoidReason.TooFewMasked);
    }

    function testHaveWaitsForThoseWithARoot() public {
        uint32 round = toMask(task, 4);
        post(task, round, Phase.Mask, 7, "mask");
        pass(31);
        post(task, round, Phase.Have, 8, bytes32(uint256(15)));
        assertPhase(task, round, Phase.Have);
        post(task, round, Phase.Have, 7, bytes32(uint256(15)));
        assertPhase(task, round, Phase.Unmask);
        assertEq(progress(task, round).u3, 7);
    }

    /// @dev Attesting to oneself is nothing: with C = 1 two others are needed.
    function testTooFewSurvivors() public {
        uint32 round = toHave(task, 4);
        for (uint256 i; i < 4; ++i) {
            // Member 0 and 1 are seen by all, 2 by itself and 0, 3 by itself.
            uint256 seen = 3 | (1 << i) | (i == 0 ? 4 : 0);
            post(task, round, Phase.Have, 1 << i, bytes32(seen));
        }
        assertVoid(task, round, VoidReason.TooFewSurvivors);
        assertEq(progress(task, round).u3, 3);
    }

    function testSurvivorFloor() public {
        TaskParameters memory p = parameters();
        (p.minCohort, p.survivorFloor, p.stake) = (4, 4, 0);
        task = taskWith(p, 4);
        uint32 round = toMask(task, 4);
        post(task, round, Phase.Mask, 7, "mask");
        pass(31);
        post(task, round, Phase.Have, 15, bytes32(uint256(15)));
        assertVoid(task, round, VoidReason.TooFewSurvivors);
    }

    function testTooFewAnswers() public {
        uint32 round = toUnmask(task, 4);
        postAnswers(task, round, 3);
        pass(31);
        assertVoid(task, round, VoidReason.TooFewAnswers);
    }

    function testEnoughAnswers() public {
        uint32 round = toUnmask(task, 4);
        postAnswers(task, round, 7);
        pass(31);
        assertPhase(task, round, Phase.Sum);
    }

    // ------------------------------------------------------------ sum and vote

    function testNoSum() public {
        uint32 round = toSum(task, 4);
        pass(31);
        assertVoid(task, round, VoidReason.SumMissing);
    }

    function testSumNeedsItsBond() public {
        uint32 round = toSum(task, 4);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.InsufficientDeposit.selector, 0, 5e18));
        alliance.postSum(task, round, SUM, MODEL);
        bondAndSum(task, round);
        assertEq(alliance.deposits(CREATOR), 0);
        RoundView memory view_ = alliance.getRound(task, round);
        assertEq(view_.sumRoot, SUM);
        assertEq(view_.modelHash, MODEL);
        assertEq(view_.sumPoster, CREATOR);
        assertPhase(task, round, Phase.Vote);
        vm.expectRevert(abi.encodeWithSelector(IAlliance.WrongPhase.selector, Phase.Sum, Phase.Vote));
        alliance.postSum(task, round, SUM, MODEL);
    }

    /// @dev Votes by a list of verdicts in order of index, 0 for silence.
    function vote(uint32 round, uint8[4] memory verdicts) private {
        for (uint256 i; i < 4; ++i) {
            if (verdicts[i] != 0) post(task, round, Phase.Vote, 1 << i, voteDigest(verdicts[i]));
        }
        pass(31);
        alliance.sync(task);
    }

    function testSettledStatistics() public {
        uint32 round = toVote(task, 4);
        vm.expectEmit();
        emit IAlliance.RoundSettled(task, round, 0, true, MODEL);
        post(task, round, Phase.Vote, 15, voteDigest(1));
        assertEq(alliance.getTask(task).modelHash, MODEL);
        assertEq(alliance.getTask(task).step, 1);
        assertEq(alliance.deposits(CREATOR), 5e18);
    }

    function testDisputed() public {
        uint32 round = toVote(task, 4);
        vote(round, [4, 4, 3, 3]);
        assertVoid(task, round, VoidReason.SumDisputed);
        assertEq(alliance.deposits(CREATOR), 0);
        assertEq(alliance.deposits(TREASURY), 5e18);
        vm.prank(TREASURY);
        alliance.withdrawDeposit(5e18);
        assertEq(flock.balanceOf(TREASURY), 5e18);
    }

    function testOneLiarDoesNotStopTheRound() public {
        uint32 round = toVote(task, 4);
        vote(round, [4, 2, 2, 0]);
        assertPhase(task, round, Phase.Settled);
    }

    function testTooFewVotes() public {
        uint32 round = toVote(task, 4);
        vote(round, [2, 0, 0, 0]);
        assertVoid(task, round, VoidReason.TooFewVotes);
        assertEq(alliance.deposits(CREATOR), 5e18);
    }

    function testTrainingCandidates() public {
        settle(task, 4, 2);
        // worse > better, and decisive for a third of U3
        uint32 round = toVote(task, 4);
        vote(round, [1, 1, 2, 2]);
        assertTrue(!progress(task, round).accepted, "two of four say worse");
        assertEq(alliance.getTask(task).step, 2);
        round = toVote(task, 4);
        vote(round, [1, 2, 2, 2]);
        assertTrue(progress(task, round).accepted, "one of four is not decisive");
        round = toVote(task, 4);
        vote(round, [1, 3, 2, 2]);
        assertTrue(progress(task, round).accepted, "a tie stands");
        assertEq(alliance.getTask(task).step, 4);
        // The evaluation step cannot be rejected, and it ends the task.
        round = toVote(task, 4);
        vote(round, [1, 1, 1, 1]);
        assertTrue(progress(task, round).accepted, "evaluation");
        assertEq(uint256(alliance.getTask(task).status), uint256(TaskStatus.Finished));
        vm.expectRevert(abi.encodeWithSelector(IAlliance.TaskNotRunning.selector, task));
        alliance.open(task);
    }

    function testRejectedKeepsTheModel() public {
        settle(task, 4, 2);
        bytes32 before = alliance.getTask(task).modelHash;
        uint32 round = toSum(task, 4);
        vm.prank(CREATOR);
        alliance.postSum(task, round, SUM, keccak256("worse model"));
        bytes32 digest = sha256(abi.encodePacked(SUM, keccak256("worse model")));
        post(task, round, Phase.Vote, 15, (digest & ~bytes32(uint256(255))) | bytes32(uint256(1)));
        assertTrue(!progress(task, round).accepted, "rejected");
        assertEq(alliance.getTask(task).modelHash, before);
        assertEq(alliance.getTask(task).step, 2);
    }

    // ------------------------------------------------------------ time

    /// @dev However long nobody touched it: every phase ended at its own time, and the view says so before any transaction.
    function testAllDeadlinesAtOnce() public {
        uint32 round = toAck(task, 4);
        post(task, round, Phase.Ack, 7, bytes32(uint256(15)));
        pass(31);
        // Ack has ended with U2 = everybody; Mask begins as of its end and misses everybody.
        assertPhase(task, round, Phase.Mask);
        assertEq(progress(task, round).u2, 15);
        Progress memory future = alliance.getRoundAt(task, round, uint64(clock + 30)).progress;
        assertEq(uint256(future.voidReason), uint256(VoidReason.TooFewMasked));
        pass(1000);
        assertVoid(task, round, VoidReason.TooFewMasked);
        vm.expectEmit();
        emit IAlliance.RoundVoid(task, round, VoidReason.TooFewMasked);
        alliance.open(task);
    }

    function testTheViewIsWhatSyncWrites(uint16[8] memory waits) public {
        uint32 round = toShare(task, 4);
        post(task, round, Phase.Share, 7, "share");
        for (uint256 i; i < waits.length; ++i) {
            pass(waits[i] % 40);
            RoundView memory before = alliance.getRound(task, round);
            alliance.sync(task);
            assertEq(keccak256(abi.encode(alliance.getRound(task, round))), keccak256(abi.encode(before)));
        }
    }

    function testVoidsInARowEndTheTask() public {
        TaskParameters memory p = parameters();
        p.stake = 0;
        task = taskWith(p, 4);
        toShare(task, 4);
        pass(31);
        settle(task, 4, 2);
        assertEq(alliance.getTask(task).voids, 0);
        for (uint256 i; i < 2; ++i) {
            toShare(task, 4);
            pass(31);
        }
        vm.expectEmit();
        emit IAlliance.TaskEnded(task, TaskStatus.Failed);
        alliance.sync(task);
    }
}
